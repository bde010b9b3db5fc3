"""People of several workspaces that have installed the app: each is a caller of their own workspace alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.web.access.members import Members
from embeddings.errors import NotAllowedError
from embeddings.library import Library
from tests.flows.many import many
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer


def test_a_person_is_a_caller_of_the_workspace_that_has_the_app_and_of_no_other(tmp_path: Path) -> None:
    with (
        SlackServer() as slack,
        Library(tmp_path, HashedEncoder()) as library,
        many(slack, library, tmp_path) as bots,
    ):
        bots.install("T2")
        members = Members(bots.installed)
        zoe = members.caller("T2", "UZOE")
        assert (zoe.team, zoe.user, zoe.collections) == ("T2", "UZOE", None)
        for team, user in (("T1", "UANN"), ("T1", "UZOE"), ("T2", "UANN"), ("T9", "UZOE")):
            with pytest.raises(NotAllowedError):
                members.caller(team, user)
        bots.installed.leave("T2", bots.installed.now())
        with pytest.raises(NotAllowedError):
            members.caller("T2", "UZOE")
