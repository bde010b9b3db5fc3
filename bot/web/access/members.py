"""The people of the Slack workspaces that the bot serves, as callers: what each sees and may do is as in Slack."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException

from slack_sdk.errors import SlackApiError

from bot.slack.messages import SlackUnavailableError
from bot.slack.people import kept_name
from bot.web.access.callers import Caller
from bot.workspace.audience import seen_by_person
from bot.workspace.installations import NotInstalledError
from bot.workspace.registry import Workspaces
from embeddings.errors import NotAllowedError


@dataclass(frozen=True, slots=True)
class Members:
    """Whom the workspaces know."""

    workspaces: Workspaces

    def caller(self, team: str, user: str) -> Caller:
        """Return the person as a caller: what a direct message with the bot would show them, they see here.

        Slack is asked who somebody is once in ten minutes, and who is in a channel once in three. Raises
        `NotAllowedError` for whoever may not ask the bot, and `SlackUnavailableError` when Slack can't say.
        """
        refused = NotAllowedError("This page is for members of a workspace that topicbot is in. Ask your admin.")
        if team not in self.workspaces.teams():
            raise refused
        workspace = self.workspaces.workspace(team)
        try:
            client = self.workspaces.client(team)
            person = workspace.people.person(client, user)
            if not person.may_ask(workspace.settings):
                raise refused
            seen = seen_by_person(workspace, client, user, "")
        except NotInstalledError:
            raise refused from None
        except (SlackApiError, OSError, HTTPException) as error:
            raise SlackUnavailableError(type(error).__name__) from error
        return Caller(
            f"person {kept_name(workspace.settings, team, user)}",
            workspace.articles.team,
            may_write=person.may_manage(workspace.settings),
            audiences=seen.articles.audiences,
            user=user,
        )
