"""What people do with modals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.slack_server import inputs, payloads
from tests.slack_server.elements import options, plain
from tests.slack_server.hands import Hands, check_open
from tests.slack_server.records import Ack, Interaction
from tests.slack_server.responses import submitted
from tests.slack_server.surfaces import stack
from tests.slack_server.world import View


class Modals(Hands):
    """Submitting and closing."""

    def submit(self, user: str, view: View, values: Mapping[str, Mapping[str, Any]] | None = None) -> Interaction:
        """Submit a modal. `values` are choices by block_id and action_id, the rest stays as shown.

        AssertionError if Slack's client would not send it: a required input is empty, or there is no such input.
        """

        def act() -> Interaction:
            check_open(user, view)
            assert view.body["type"] == "modal", "only modals are submitted"
            blocks = view.body["blocks"]
            for block_id, chosen in (values or {}).items():
                for action_id, value in chosen.items():
                    inputs.find(blocks, action_id, block_id, 0)
                    view.state.setdefault(block_id, {})[action_id] = value
            state = inputs.state_values(blocks, view.state)
            empty = inputs.missing(blocks, state)
            assert not empty, f"Slack asks for {empty} before it submits"
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("view_submission", workspace, workspace.users[user])
            sent = self._interaction(Interaction, body, workspace, user, view)
            body |= {"response_urls": [], "view": payloads.view(workspace, view, state)}

            def answered(ack: Ack) -> None:
                submitted(self.platform, workspace, sent, view, ack)

            self._send("view_submission", "interactive", sent, answered)
            return sent

        return self._do(act)

    def search(self, user: str, view: View, action_id: str, typed: str) -> Interaction:
        """Type into a search menu (an external select). Its ack's body holds the `options`, checked."""

        def act() -> Interaction:
            check_open(user, view)
            block, element = inputs.find(view.body["blocks"], action_id, None, 0)
            assert element["type"] == "external_select", f"{action_id} is no search menu"
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("block_suggestion", workspace, workspace.users[user])
            body |= {"action_id": action_id, "block_id": block["block_id"], "value": typed}
            body |= {"container": {"type": "view", "view_id": view.id}, "view": payloads.view(workspace, view)}
            sent = Interaction(body, user, "")

            def answered(ack: Ack) -> None:
                offered = (ack.body or {}).get("options")
                problems = list(options(100, plain(75))(offered, "options")) if offered else []
                if problems:
                    self.platform.refuse("block_suggestion", problems)

            self._send("block_suggestion", "interactive", sent, answered)
            return sent

        return self._do(act)

    def close(self, user: str, view: View) -> Interaction | None:
        """Close a modal by its cross. The app hears of it, as an interaction, if the view has notify_on_close."""

        def act() -> Interaction | None:
            check_open(user, view)
            for one in stack(view):
                one.is_open = False
            if not view.body.get("notify_on_close"):
                return None
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("view_closed", workspace, workspace.users[user])
            body |= {"view": payloads.view(workspace, view), "is_cleared": False}
            closed = Interaction(body, user, "")
            self._send("view_closed", "interactive", closed)
            return closed

        return self._do(act)
