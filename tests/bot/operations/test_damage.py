"""What was damaged, lost or left behind is noticed, named, and never backed up over something good."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.operations.archive import BackupError
from bot.operations.backup import STAGING, back_up, last_backup, leftovers, staging_folder
from bot.operations.checks import Check
from bot.operations.doctor import examine_all
from bot.operations.health import Health
from bot.operations.restore import restore
from bot.resources import opened_store
from bot.store.lost import LibraryLostError, MemoryLostError
from embeddings.errors import DamagedError, NotFoundError
from embeddings.library import Library
from tests.bot.conftest import workspace_in
from tests.conftest import article
from tests.hashed import HashedEncoder


@pytest.fixture(scope="module")
def four_cranes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data folder of four articles that the bot has worked with, and its backup."""
    folder = tmp_path_factory.mktemp("four-cranes")
    with workspace_in(folder / "data") as workspace:
        for number in range(4):
            workspace.library.local.add(
                article(f"Crane {number}", f"The crane number {number} stands in the harbour.")
            )
    back_up(folder / "data", folder / "good.tar")
    return folder


@pytest.fixture
def folder(four_cranes: Path, tmp_path: Path) -> Path:
    """A data folder of one's own with the four articles, its backup beside it."""
    shutil.copytree(four_cranes, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


def execute(file: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


losing = pytest.mark.parametrize(
    "lose", [Path.unlink, lambda file: file.write_bytes(b"")], ids=["deleted", "cut to nothing"]
)
"""Each way in which a file is lost."""


@losing
def test_a_lost_library_is_not_replaced_by_an_empty_one(
    folder: Path, lose: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for left in folder.glob("library.db-*"):
        left.unlink()
    lose(folder / "library.db")  # type: ignore[operator]
    good = (folder.parent / "good.tar").read_bytes()
    with pytest.raises(LibraryLostError, match="belong to a library that was there, with 4 articles"):
        back_up(folder, folder.parent / "good.tar", replace=True)
    assert (folder.parent / "good.tar").read_bytes() == good
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(folder))
    for command in (
        ["ask", "where is the crane?"],
        ["articles", "list"],
        ["backup", str(folder.parent / "b.tar")],
    ):
        ran = CliRunner().invoke(app, command)
        assert ran.exit_code == 1, command
        assert "topicbot restore FILE" in ran.output
    found = {check.name: check for check in examine_all(Settings(data_dir=folder))}
    assert not found["library"].ok
    restore(folder.parent / "good.tar", folder, replace=True)
    assert CliRunner().invoke(app, ["articles", "list"]).output.count("crane-") == 4


@pytest.mark.slow
@losing
def test_a_lost_memory_is_not_replaced_by_an_empty_one(
    folder: Path, lose: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for left in folder.glob("bot.db-*"):
        left.unlink()
    lose(folder / "bot.db")  # type: ignore[operator]
    with pytest.raises(MemoryLostError, match="holds what the bot remembered"):
        back_up(folder, folder.parent / "second.tar")
    with pytest.raises(MemoryLostError), opened_store(Settings(data_dir=folder)):
        pass
    found = {check.name: check for check in examine_all(Settings(data_dir=folder))}
    assert (found["memory"].ok, "topicbot restore" in found["memory"].finding) == (False, True)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(folder))
    ran = CliRunner().invoke(app, ["export", "--user", "U012AB3CD", "-"])
    assert (ran.exit_code, "topicbot restore FILE" in ran.output) == (1, True)
    restore(folder.parent / "good.tar", folder, replace=True)
    with opened_store(Settings(data_dir=folder)):
        pass


@pytest.mark.slow
def test_doctor_sees_damage_to_the_librarys_indexes(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'paragraph'"
        page = connection.execute(query).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray((folder / "library.db").read_bytes())
    content[page * size - 40 : page * size] = b"\xa5" * 40  # the newest entries of the index
    (folder / "library.db").write_bytes(content)
    found = {check.name: check for check in examine_all(Settings(data_dir=folder))}
    assert (found["tables"].ok, "topicbot restore" in found["tables"].advice) == (False, True)


def test_a_running_bot_is_not_ready_without_its_files(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        workspace.library.local.add(article("Crane", "The crane stands."))
        health = Health(workspace.settings, workspace.library, workspace.store, team="T1")
        assert health.checks()["database"].ok
        (tmp_path / "library.db").rename(tmp_path / "elsewhere.db")
        found = health.checks()["database"]
        assert (found.ok, "library.db was moved, deleted or replaced" in found.finding) == (False, True)


def test_a_running_bot_on_a_full_disk_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with workspace_in(tmp_path) as workspace:
        health = Health(workspace.settings, workspace.library, workspace.store, team="T1")
        monkeypatch.setattr("bot.operations.health.TemporaryFile", full)
        found = health.checks()["database"]
        assert (found.ok, "deliveries can't be stored" in found.finding) == (False, True)
        assert "No space left" in found.finding


def test_a_backup_that_shrinks_by_more_than_half_needs_force(folder: Path) -> None:
    with workspace_in(folder) as workspace:
        for number in range(3):
            workspace.library.local.remove(f"crane-{number}")
    with pytest.raises(BackupError, match=r"holds 1 articles.*held 4.*--force"):
        back_up(folder, folder.parent / "second.tar")
    assert not (folder.parent / "second.tar").exists()
    back_up(folder, folder.parent / "second.tar", replace=True)
    made = last_backup(folder)
    assert made is not None
    assert made.articles == 1


DAMAGES = {
    "text": "UPDATE paragraph SET text = replace(text, 'crane', 'crime') WHERE id = 2",
    "title": "UPDATE article SET title = 'Another' WHERE key = 2",
    "vectors": "UPDATE paragraph SET views = randomblob(length(views)) WHERE id = 2",
    "infinite vectors": "UPDATE paragraph SET "
    "sentence_vectors = zeroblob(length(sentence_vectors) - 2) || x'007c' WHERE id = 2",
    "places of sentences": "UPDATE paragraph SET sentence_spans = x'00000000ff000000' WHERE id = 2",
    "a paragraph is gone": "DELETE FROM paragraph WHERE id = 2",
    "address": "UPDATE article SET url = 'https://other.example' WHERE key = 2",
    "day": "UPDATE article SET published_at = '1999-01-01' WHERE key = 2",
    "heading": "UPDATE paragraph SET heading = 'Another' WHERE id = 2",
    "no text": "UPDATE paragraph SET text = CAST(x'6372616e65ff' AS TEXT) WHERE id = 2",
    "words that are scored": "UPDATE paragraph SET term_hashes = zeroblob(length(term_hashes)) WHERE id = 2",
    "words that are searched": "UPDATE paragraph SET terms = CAST(x'6372616e65ff' AS TEXT) WHERE id = 2",
    "a number that is text": "UPDATE paragraph SET position = 'x' WHERE id = 2",
    "no checksum": "DELETE FROM paragraph_checksum WHERE paragraph_id = 2",
    "story": "UPDATE telling SET story_id = (SELECT story_id FROM telling WHERE article_key = 1) "
    "WHERE article_key = 2",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_article_is_named_and_never_backed_up_and_can_be_added_again(folder: Path, damage: str) -> None:
    good = folder.parent / "good.tar"
    before = good.read_bytes()
    execute(folder / "library.db", damage)
    with pytest.raises(BackupError, match=r"crane-1.*articles remove"):
        back_up(folder, good, replace=True)
    assert good.read_bytes() == before
    with workspace_in(folder) as workspace:
        assert any("1 articles are damaged: crane-1" in line for line in workspace.library.check())
        workspace.library.local.remove("crane-1")
        workspace.library.local.add(article("Crane 1", "The crane number 1 stands in the harbour."))
        assert workspace.library.check() == []
    back_up(folder, good, replace=True)


@pytest.mark.parametrize("column", ["views", "sentence_vectors"])
def test_damaged_vectors_never_win(folder: Path, column: str) -> None:
    execute(folder / "library.db", f"UPDATE paragraph SET {column} = randomblob(length({column})) WHERE id = 2")  # noqa: S608
    with workspace_in(folder) as workspace:
        found = workspace.library.local.ask("where does the crane number 1 stand?", limit=10)
    assert {one.citation.article_id for one in found.passages} == {"crane-0", "crane-2", "crane-3"}


SCORED = ("vectors", "infinite vectors", "words that are scored")
UNSEEN = ("words that are searched", "story")
"""What decides only how an article is found, or what it belongs together with."""


@pytest.mark.parametrize("name", [one for one in DAMAGES if one not in UNSEEN])
def test_damaged_rows_are_never_shown(folder: Path, name: str) -> None:
    execute(folder / "library.db", DAMAGES[name])
    sound = {"crane-0", "crane-2", "crane-3"}
    with workspace_in(folder) as workspace:
        library = workspace.library.local
        found = library.ask("where does the crane number 1 stand?", limit=10)
        assert {one.citation.article_id for one in found.passages} == sound
        assert {one.citation.article_id for one in library.about("crane", least=0.0)} == sound
        assert {one.citation.article_id for one in library.topic("crane in the harbour").points} <= sound
        for read in (library.article, library.lead, library.summary) if name not in SCORED else ():
            with pytest.raises((DamagedError, NotFoundError), match=r"crane-1"):
                read("crane-1")


def test_a_paragraph_that_has_become_another_articles_is_not_shown(folder: Path) -> None:
    execute(folder / "library.db", "UPDATE paragraph SET article_key = 3 WHERE id = 2")
    with workspace_in(folder) as workspace:
        library = workspace.library.local
        found = library.ask("where does the crane number 1 stand?", limit=10)
        assert {one.citation.article_id for one in found.passages} == {"crane-0", "crane-2", "crane-3"}
        with pytest.raises(DamagedError, match=r"crane-2 is damaged\. Remove it"):
            library.article("crane-2")


@pytest.mark.parametrize("name", ["title", "address", "day"])
def test_damaged_articles_are_not_listed(folder: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    execute(folder / "library.db", DAMAGES[name])
    with workspace_in(folder) as workspace:
        library = workspace.library.local
        sound = {"crane-0", "crane-2", "crane-3"}
        assert {one.citation.article_id for one in library.articles()} == sound
        assert {cited.article_id for one in library.stories() for cited in one.articles} == sound
        assert "damaged articles are left out of answers: crane-1" in caplog.text


def test_an_article_whose_story_is_damaged_is_in_no_story(folder: Path) -> None:
    execute(folder / "library.db", DAMAGES["story"])
    with workspace_in(folder) as workspace:
        told = {cited.article_id for one in workspace.library.local.stories() for cited in one.articles}
        assert told == {"crane-0", "crane-2", "crane-3"}


def test_long_articles_are_checked_wherever_they_are_read(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        texts = [f"The crane number {number} lifts {number} tonnes." for number in range(300)]
        workspace.library.local.add(article("Cranes", *texts))
    execute(
        tmp_path / "library.db", "UPDATE paragraph SET text = replace(text, 'tonnes', 'pounds') WHERE id = 250"
    )
    with workspace_in(tmp_path) as workspace:
        found = workspace.library.local.ask("what does the crane number 249 lift?", limit=10)
        assert found.passages
        assert not any("pounds" in one.text for one in found.passages)


def test_other_addresses_are_checked(tmp_path: Path) -> None:
    text = "The crane stands in the harbour of the town beside the quay. " * 5
    with Library(tmp_path, HashedEncoder()) as library:
        for host in ("one", "two"):
            library.local.add(
                replace(
                    article("Crane", text), origin=f"https://{host}.example/a", url=f"https://{host}.example/a"
                )
            )
        assert library.local.ask("crane").passages[0].also_in
    execute(tmp_path / "library.db", "UPDATE link SET url = 'https://other.example'")
    with Library(tmp_path, HashedEncoder()) as library:
        assert library.local.ask("crane").passages[0].also_in == ()
        assert "one of its other addresses is wrong" in " ".join(library.check())


def test_damaged_articles_are_not_encoded_anew(folder: Path) -> None:
    execute(folder / "library.db", DAMAGES["text"])
    with workspace_in(folder) as workspace, pytest.raises(DamagedError, match="crane-1"):
        workspace.library.reindex()


def test_an_export_leaves_damaged_articles_out_and_names_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(folder / "library.db", DAMAGES["text"])
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(folder))
    ran = CliRunner().invoke(app, ["export", str(folder / "out.jsonl")])
    assert ran.exit_code == 1
    assert "crane-1 is damaged" in " ".join(ran.output.split())
    assert [json.loads(line)["id"] for line in (folder / "out.jsonl").read_text().splitlines()] == [
        "crane-0",
        "crane-2",
        "crane-3",
    ]
    removed = CliRunner().invoke(app, ["articles", "remove", "crane-1"])
    assert removed.exit_code == 0
    assert CliRunner().invoke(app, ["export", str(folder / "out.jsonl")]).exit_code == 0


def test_articles_that_nobody_removed_are_missed(folder: Path) -> None:
    execute(folder / "library.db", "DELETE FROM paragraph WHERE article_key = 2")
    execute(folder / "library.db", "DELETE FROM article WHERE key = 2")
    with workspace_in(folder) as workspace:
        (said,) = workspace.library.check()
        assert "1 articles are missing that nobody removed. Restore a backup" in said
        workspace.library.local.remove("crane-3")
        assert "1 articles are missing" in workspace.library.check()[0]
        workspace.library.accept()
        assert workspace.library.check() == []


def test_what_was_removed_is_in_no_file(folder: Path) -> None:
    def is_kept(word: bytes) -> bool:
        return any(word in file.read_bytes() for file in folder.glob("library.db*"))

    with workspace_in(folder) as workspace:
        for number in range(30):
            workspace.library.local.add(article(f"Yak {number}", f"The zyzzyva{number} eats at Xanadu."))
        workspace.library.local.add(article("Wolf", "The wolverine eats at Xanadu."))
        assert is_kept(b"zyzzyva7")
        for number in range(30):
            workspace.library.local.remove(f"yak-{number}")
        assert workspace.library.overwrite_removed()
        assert not is_kept(b"zyzzyva")
        assert is_kept(b"wolverine")
        assert workspace.library.local.ask("wolverine").passages
        assert workspace.library.check() == []


def test_sound_libraries_show_no_damage(samples: Library) -> None:
    assert samples.check() == []


@pytest.mark.slow
def test_what_killed_backups_and_restores_left_is_named_and_removed(folder: Path) -> None:
    back_up(folder, folder.parent / "good.tar", replace=True)  # what is left is looked for beside the last one
    left = [folder.parent / f"{STAGING}999999999-x", folder.parent / ".data-restoring-999999999-x"]
    for one in left:
        one.mkdir()
        (one / "library.db").write_bytes(b"everything")
    found = {check.name: check for check in examine_all(Settings(data_dir=folder))}
    assert not found["leftovers"].ok
    assert all(str(one) in found["leftovers"].advice for one in left)
    back_up(folder, folder.parent / "second.tar")
    restore(folder.parent / "second.tar", folder, replace=True)
    assert not any(one.exists() for one in left)


def test_leftovers_are_known_when_another_process_has_their_number(tmp_path: Path) -> None:
    left = tmp_path / f"{STAGING}{os.getpid()}-left"
    left.mkdir()
    assert leftovers(tmp_path, STAGING) == []  # it may be about to be locked
    os.utime(left, (0, 0))
    with staging_folder(tmp_path, STAGING) as used:
        os.utime(used, (0, 0))
        assert leftovers(tmp_path, STAGING) == [left]


@pytest.mark.slow
def test_damage_to_the_bots_memory_is_seen(folder: Path) -> None:
    assert {check.name: check for check in examine_all(Settings(data_dir=folder))}["memory"].ok
    for left in folder.glob("bot.db-*"):
        left.unlink()
    file = folder / "bot.db"
    content = bytearray(file.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 64] = b"\xa5" * 64
    file.write_bytes(content)
    assert not {check.name: check for check in examine_all(Settings(data_dir=folder))}["memory"].ok


def test_a_record_of_an_older_version_is_still_read(folder: Path) -> None:
    record = folder / "last-backup.json"
    fields = json.loads(record.read_text())
    del fields["articles"]
    record.write_text(json.dumps(fields))
    made = last_backup(folder)
    assert made is not None
    assert made.articles == 0


@pytest.mark.slow
def test_doctor_names_a_damaged_log_until_somebody_has_seen_to_it(folder: Path) -> None:
    def logs() -> Check:
        return next(check for check in examine_all(Settings(data_dir=folder)) if check.name == "logs")

    assert logs().ok
    copy = folder / "library.db-wal.damaged"
    copy.write_bytes(b"a log")
    found = logs()
    assert (found.ok, str(copy) in found.finding, f"rm {copy}" in found.advice) == (False, True, True)
    copy.unlink()
    assert logs().ok
