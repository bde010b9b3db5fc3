"""A data folder, damage to it, and what each command says about it.

`python -m tests.load.damaged FOLDER URL` runs the commands on a folder, or on the database at a URL that isn't "",
and prints what each said, as JSON: in a process of its own, which may crash or hang and not take the trial along.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.asking.service import ask
from bot.operations.backup import back_up
from bot.operations.restore import restore
from bot.resources import open_store
from bot.workspace.workspace import Place
from embeddings.errors import TopicbotError
from embeddings.library import Library
from tests.bot.conftest import workspace_in
from tests.conftest import article
from tests.hashed import HashedEncoder

BACKUP = "good.tar"
ARTICLES, LATER, QUESTIONS, USER = 60, 6, 20, "U012AB3CD"
_SECONDS = 240
_BYTES = 16  # of random bytes in a page
_NEXT_STEP = re.compile(
    r"topicbot \w+|\b(run|restore|remove|move|choose|put|add|make|name|set|end|install|unset|take|try|use)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Damage:
    """Which file was damaged, and how."""

    file: str
    done: str


def texts(number: int) -> tuple[str, str]:
    """Return what the article of this number says."""
    return (
        f"The crane number {number} is in the harbour of town{number}, beside quay{number * 3}.",
        f"It lifts {number * 7 + 5} tonnes, and was painted colour{number} by painter{number % 7}.",
    )


def make_folder(folder: Path) -> Path:
    """Return a folder that holds `data`, whose databases have logs that are not emptied yet, and a backup."""
    sound, data = folder / "sound", folder / "sound" / "data"
    sound.mkdir()
    with workspace_in(data) as workspace:
        for number in range(ARTICLES):
            workspace.library.local.add(article(f"Crane {number}", *texts(number)))
        for number in range(QUESTIONS):
            ask(workspace, f"k{number}", f"where is crane number {number}?", Place(USER, "C1"))
    # The last ones are in the logs alone: a process adds them and is killed.
    child = subprocess.run(
        [sys.executable, "-c", _ADD_AND_DIE, str(data)], cwd=Path(__file__).parents[2], check=False
    )
    assert child.returncode == -signal.SIGKILL
    copy = shutil.copytree(data, folder / "copy")  # opening the databases for a backup empties the logs
    back_up(copy, sound / BACKUP)
    shutil.copy(copy / "last-backup.json", data)
    return sound


_ADD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from bot.asking.service import ask
from bot.workspace.workspace import Place
from tests.bot.conftest import workspace_in
from tests.conftest import article
from tests.load.damaged import ARTICLES, LATER, QUESTIONS, USER, texts
with workspace_in(Path(sys.argv[1])) as workspace:
    for number in range(ARTICLES, ARTICLES + LATER):
        workspace.library.local.add(article(f"Crane {number}", *texts(number)))
        ask(workspace, f"k{number}", f"where is crane number {number}?", Place(USER, "C1"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def damage(sound: Path, to: Path, chance: random.Random) -> Damage:
    """Copy the folder and damage one file of the copy."""
    shutil.copytree(sound, to)
    inside = to / "data"
    files = [one for one in sorted(inside.rglob("*")) if one.is_file() and one.stat().st_size]
    files = [one for one in files if one.suffix != ".lock" and not one.name.endswith("-shm")]
    main = [one for one in files if one.suffix == ".db"]
    file = chance.choice([*files, *main, to / BACKUP])
    ways: list[Callable[[Path, random.Random], str]] = [_bytes, _bytes, _truncated, _emptied, _deleted]
    done = chance.choice(ways)(file, chance)
    return Damage(str(file.relative_to(to if file.name == BACKUP else inside)), done)


def _bytes(file: Path, chance: random.Random) -> str:
    content = bytearray(file.read_bytes())
    places = chance.choice([1, 5, 40])
    for _ in range(places):
        start = chance.randrange(len(content))
        length = len(content[start : start + _BYTES])
        content[start : start + length] = chance.randbytes(length)
    file.write_bytes(content)
    return f"{_BYTES} random bytes in {places} places"


def _truncated(file: Path, chance: random.Random) -> str:
    size = file.stat().st_size
    os.truncate(file, left := chance.randrange(1, size) if size > 1 else 0)
    return f"cut from {size} to {left} bytes"


def _emptied(file: Path, _: random.Random) -> str:
    os.truncate(file, 0)
    return "cut to nothing"


def _deleted(file: Path, _: random.Random) -> str:
    file.unlink()
    return "deleted"


def trial(sound: Path, folder: Path, *, backup_only: bool, may_be_older: bool) -> tuple[str, list[str]]:
    """Run the commands on a damaged folder; return how it ended, and what must not have happened.

    `may_be_older`: with a deleted log its last commits are gone, and nothing knows of them.
    """
    said = _said(folder)
    if isinstance(said, str):
        return "crashed", [said]
    faults = [fault for one in said["commands"] for fault in _message_faults(one)]
    faults += said["wrong"]
    alarmed = list(dict.fromkeys(one["name"] for one in said["commands"] if one["exit"]))
    if not alarmed and not may_be_older:
        faults += said["missing"]
    if said["backed_up"] is not None:
        faults += _backup_faults(Path(said["backed_up"]), folder / "again", complete=not may_be_older)
    if not backup_only:
        restore(sound / BACKUP, folder / "data", replace=True)
        faults += [f"after restoring: {one}" for one in state_faults(folder / "data")]
    return f"reported by {', '.join(alarmed)}" if alarmed else "nothing lost" if not said[
        "missing"
    ] else "older", faults


def postgres_trial(folder: Path, url: str, *, must_be_noticed: bool) -> tuple[str, list[str]]:
    """Run the commands on a damaged database; return how it ended, and what must not have happened."""
    said = _said(folder, url)
    if isinstance(said, str):
        return "crashed", [said]
    faults = [fault for one in said["commands"] for fault in _message_faults(one)] + said["wrong"]
    alarmed = list(dict.fromkeys(one["name"] for one in said["commands"] if one["exit"]))
    if must_be_noticed and "doctor" not in alarmed:
        faults.append("doctor says nothing of it")
    if not alarmed:
        faults += said["missing"]
    return f"reported by {', '.join(alarmed)}" if alarmed else "nothing lost", faults


def _said(folder: Path, url: str = "") -> dict[str, Any] | str:
    """Return what the commands said of a folder, or of the database at `url`; or how their process ended."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.load.damaged", str(folder), url],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        text=True,
    )
    if ran.returncode:
        return f"the process ended with {ran.returncode}: {ran.stderr[-300:]}"
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _message_faults(said: dict[str, Any]) -> list[str]:
    if said["crash"]:
        return [f"{said['name']}: {said['crash']}"]
    if said["exit"] and not (said["output"].strip() and _NEXT_STEP.search(said["output"])):
        return [f"{said['name']} doesn't say what to do: {said['output']!r}"]
    return []


def _backup_faults(made: Path, to: Path, *, complete: bool) -> list[str]:
    restore(made, to)
    return [f"backed up as good: {one}" for one in state_faults(to, complete=complete)]


def state_faults(data: Path, *, complete: bool = True) -> list[str]:
    """Return what a folder lacks of the sound one, or holds in another way."""
    wanted = {f"crane-{number}": texts(number) for number in range(ARTICLES + LATER)}
    with Library(data, HashedEncoder()) as library:
        ids = {one.citation.article_id for one in library.local.articles()}
        found = {one: tuple(part.text for part in library.local.article(one).paragraphs) for one in ids}
        faults = library.check()
    faults += [f"{one} says something else" for one, said in found.items() if wanted.get(one) != said]
    if complete and (lost := wanted.keys() - ids):
        faults.append(f"{len(lost)} articles are missing")
    kept = _questions(data)
    if complete and len(kept) != QUESTIONS + LATER:
        faults.append(f"{len(kept)} questions are kept")
    return faults + [
        f"a question became {one!r}" for one in kept if not re.fullmatch(r"where is crane number \d+\?", one)
    ]


def _questions(data: Path) -> list[str]:
    from sqlalchemy import select

    from bot.store.tables import question

    with closing(open_store(data)) as store, store.reading() as connection:
        return list(connection.scalars(select(question.c.text)))


class _Encoder(HashedEncoder):
    """The fast encoder with what `topicbot doctor` asks of a model."""

    folder = Path("tests")
    backend = type("Backend", (), {"about": "hashed words"})()


def _run(folder: Path, url: str) -> dict[str, Any]:
    """Run each command on the folder, or on the database at `url`."""
    from typer.testing import CliRunner

    import bot.console.session
    import bot.operations.doctor
    from bot.cli import app

    os.environ["TOPICBOT_DATA_DIR"] = str(folder / "data")
    if url:
        os.environ["TOPICBOT_DATABASE_URL"] = url
    modules: list[Any] = [bot.console.session, bot.operations.doctor]
    for module in modules:
        module.open_encoder = lambda _: _Encoder()
    commands, wrong, missing = [], [], []

    def run(name: str, *arguments: str) -> str | None:
        ran = CliRunner().invoke(app, [name, *arguments])
        crash = None if ran.exception is None or isinstance(ran.exception, SystemExit) else repr(ran.exception)
        commands.append({"name": name, "exit": ran.exit_code, "output": ran.output, "crash": crash})
        return None if ran.exit_code else ran.output

    asked = [*range(0, ARTICLES, 7), ARTICLES + LATER - 1]
    for number in asked:
        text = texts(number)[0]
        shown = run("ask", "--json", "-k", "10", text)
        if shown is not None:
            wrong += _wrong_answers(json.loads(shown.splitlines()[-1]), number)
            if f'crane-{number}"' not in shown:
                missing.append(f"the answer lacks crane-{number}")
    exported = run("export", str(folder / "articles.jsonl"))
    if exported is not None:
        wrong += _wrong_lines(folder / "articles.jsonl")
    people = run("export", "--user", USER, "-")
    if people is not None and people.count("where is crane number") < QUESTIONS + LATER:
        missing.append("questions are missing")
    listed = run("articles", "list")
    if listed is not None and (count := len(set(re.findall(r"crane-\d+", listed)))) < ARTICLES + LATER:
        missing.append(f"{count} articles are listed")
    run("doctor")
    shape = {"commands": commands, "wrong": wrong, "missing": missing}
    if url:  # pg_dump and pg_restore are the server's own
        return {**shape, "backed_up": None}
    made = folder / "made.tar"
    backed_up = run("backup", str(made)) is not None
    try:
        restore(folder / BACKUP, folder / "restored")
    except TopicbotError as error:
        commands.append({"name": "restore", "exit": 1, "output": str(error), "crash": None})
        wrong += ["a refused restore left a folder"] if (folder / "restored").exists() else []
    else:
        wrong += [f"restored as good: {one}" for one in state_faults(folder / "restored")]
    return {**shape, "backed_up": str(made) if backed_up else None}


def _wrong_answers(answer: dict[str, Any], number: int) -> list[str]:
    """Return what an answer shows that no article says."""
    faults = []
    for one in answer["passages"]:
        name = one["article_id"]
        known = texts(int(name.removeprefix("crane-"))) if re.fullmatch(r"crane-\d+", name) else ()
        if one["text"] not in known:
            faults.append(f"asked for {number}, {name} is quoted with {one['text'][:80]!r}")
    return faults


def _wrong_lines(file: Path) -> list[str]:
    faults = []
    for line in file.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        number = fields["id"].removeprefix("crane-")
        if not number.isdigit() or fields["text"] != "\n\n".join(texts(int(number))):
            faults.append(f"exported as right: {fields['id']}")
    return faults


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(Path(sys.argv[1]), sys.argv[2])) + "\n")
