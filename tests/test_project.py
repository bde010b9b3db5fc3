"""What holds for the whole project: who imports whom, and that the documents tell the truth."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import app
from bot.config import Settings, setting_name
from bot.server import routes
from bot.slack.messages import SCOPES
from tests import kept

ROOT = Path(__file__).parents[1]


def test_embeddings_never_imports_bot() -> None:
    for path in (ROOT / "embeddings").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(module.split(".")[0] == "bot" for module in modules), path


def test_embeddings_reads_no_environment_and_names_no_setting() -> None:
    """The sandbox alone names the environment: it passes on to its workers what Python and the models need."""
    for path in (ROOT / "embeddings").rglob("*.py"):
        banned = r"getenv|TOPICBOT_" if path.name == "sandbox.py" else r"os\.environ|getenv|TOPICBOT_"
        assert not re.search(banned, path.read_text()), path


def test_only_the_two_databases_and_indexes_know_which_of_them_is_used() -> None:
    """`library` chooses once; a migration makes what the one or the other needs."""
    for path in (*(ROOT / "embeddings").rglob("*.py"), *(ROOT / "bot").rglob("*.py")):
        if "migrations" in path.parts:
            continue
        source = path.read_text()
        assert not re.search(r"isinstance\([^)]*(Database|Index)\)|dialect\.name", source), path
        room = path.relative_to(ROOT).as_posix()
        if room.startswith("embeddings/") and "sqlalchemy.dialects" in source:
            assert re.match(r"embeddings/(store|index)/|embeddings/subscriptions/(store|entries)", room), room


def test_settings_env_example_and_readme_name_the_same_settings() -> None:
    settings = {setting_name(name): field.description for name, field in Settings.model_fields.items()}
    example = (ROOT / ".env.example").read_text()
    table = (ROOT / "README.md").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == set(settings)
    assert set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == set(settings)
    for description in settings.values():
        assert description
        assert description in example
        assert description in table


def test_the_readme_names_every_command_and_no_other() -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    commands = set(group.commands)
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `topicbot ([a-z]+)", readme, re.MULTILINE))
    assert named == commands


def test_the_readme_s_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        assert set(re.findall(r"`?make ([a-z-]+)", (ROOT / document).read_text())) <= targets


def test_the_recipes_name_what_is_there() -> None:
    """A recipe that names the wrong file misleads more than none."""
    recipes = (ROOT / "CONTRIBUTING.md").read_text()
    for path in set(re.findall(r"`((?:bot|embeddings|tests|deploy|docs)/[\w./-]*[\w/])`", recipes)):
        assert (ROOT / path).exists(), path
    named = re.findall(
        r"`(\w+)`(?: and `(\w+)`)? (?:of|in|\(|\(all in )\s*`((?:bot|embeddings)/[\w/]+\.py)`", recipes
    )
    assert len(named) > 10
    for *names, path in named:
        for name in filter(None, names):
            assert re.search(rf"^(def |class )?{name}\b", (ROOT / path).read_text(), re.MULTILINE), (name, path)


def test_the_slack_manifest_asks_for_what_the_listeners_need_and_no_more() -> None:
    manifest = json.loads((ROOT / "deploy" / "slack-manifest.json").read_text())
    features, settings = manifest["features"], manifest["settings"]
    assert {one["command"] for one in features["slash_commands"]} == set(routes.COMMANDS)
    assert {one["callback_id"] for one in features["shortcuts"]} == set(routes.SHORTCUTS)
    assert {one["type"] for one in features["shortcuts"]} == {"message"}
    messages = {f"message.{kind}" for kind in ("channels", "groups", "im", "mpim")}
    events = set(settings["event_subscriptions"]["bot_events"])
    assert (
        events
        == set(routes.EVENTS) - {"message"}
        | set(routes.ARRIVALS)
        | set(routes.SIGNALS)
        | set(routes.FAREWELLS)
        | messages
    )
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert settings["interactivity"]["is_enabled"]
    assert settings["socket_mode_enabled"]
    assert 1 <= len(features["agent_view"]["suggested_prompts"]) <= 4
    assert 174 <= len(manifest["display_information"]["long_description"]) <= 4000
    assert len(manifest["display_information"]["description"]) <= 140


def test_every_scope_is_needed_by_something() -> None:
    source = "".join(path.read_text() for path in (ROOT / "bot").rglob("*.py"))
    uses = {
        "app_mentions:read": '"app_mention"',
        "assistant:write": "assistant_threads_setStatus",
        "channels:history": "conversations_replies",
        "channels:read": "conversations_info",
        "chat:write": "chat_postMessage",
        "commands": '"/ask"',
        "files:read": "url_private_download",
        "groups:history": "conversations_replies",
        "groups:read": "conversations_info",
        "im:history": "conversations_history",
        "im:write": "conversations_open",
        "mpim:history": "conversations_replies",
        "reactions:write": "reactions_add",
        "users:read": "users_info",
    }
    assert set(uses) == SCOPES
    assert [scope for scope, use in uses.items() if use not in source] == []


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [
        one for extra in project["optional-dependencies"].values() for one in extra
    ]
    names = {re.split(r"[<>=\[]", line)[0].lower().replace("_", "-") for line in wanted}
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert names - {"topicbot"} <= {name.lower().replace("_", "-") for name in pinned}


def test_pytorch_without_cuda_is_pinned_at_the_same_version() -> None:
    (pinned,) = re.findall(r"^torch==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    ours = re.findall(r"^torch==([\d.]+)", (ROOT / "torch-cpu.txt").read_text(), re.MULTILINE)
    assert set(ours) == {pinned}


@pytest.mark.slow
def test_the_readme_s_python_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]
    monkeypatch.chdir(ROOT)
    kept.seed(tmp_path)
    shown = subprocess.run(
        [sys.executable, "-c", code.replace("my-library", str(tmp_path))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("True The e-commerce giant had pledged")
