"""Backing up and restoring: what comes back is what was there, and a bad file changes nothing."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.asking import service as asking
from bot.asking import store as questions
from bot.config import SettingsError
from bot.operations import restore as restoring
from bot.operations.archive import MANIFEST, BackupError, sha256_of, unpack
from bot.operations.backup import back_up, last_backup
from bot.operations.restore import restore
from bot.resources import DATABASE_FILE as STORE_FILE
from bot.resources import open_store
from bot.store.leases import lock_data_dir
from bot.workspace.workspace import Place
from embeddings.library import DATABASE_FILE, Library
from tests.bot.conftest import workspace_in
from tests.conftest import NOON, article
from tests.hashed import HashedEncoder

Edit = Callable[[dict[str, bytes]], object]

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an article and a question."""
    found = tmp_path / "data"
    with workspace_in(found) as workspace:
        workspace.library.local.add(article("Crane", "The crane stands by the river.", id="crane"))
        asking.ask(workspace, "first", "who built the tower?", Place("UANN", "CNEWS"))
    return found


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    """Its backup."""
    return back_up(folder, tmp_path / "backup.tar", now=lambda: NOON)[0]


def held(folder: Path) -> tuple[list[str], list[str]]:
    """The articles and the unanswered questions in a data folder."""
    with Library(folder, HashedEncoder()) as library, closing(open_store(folder)) as store:
        assert library.check() == []
        with store.reading() as connection:
            asked = [one.text for one in questions.unanswered(connection, "T1", 10)]
        return [one.citation.article_id for one in library.local.articles()], asked


def edited(backup: Path, edit: Edit, *, header: Callable[[tarfile.TarInfo], None] = lambda _: None) -> Path:
    """The backup with its members changed, by their names."""
    with tarfile.open(backup) as tar:
        members = {one.name: (tar.extractfile(one) or io.BytesIO()).read() for one in tar}
    edit(members)
    changed = backup.with_name("changed.tar")
    with tarfile.open(changed, "w") as tar:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            if name != MANIFEST:
                header(info)
            tar.addfile(info, io.BytesIO(body))
    return changed


def with_manifest(change: Callable[[dict[str, object]], None]) -> Edit:
    """An edit of what the manifest says."""

    def edit(members: dict[str, bytes]) -> None:
        fields = json.loads(members[MANIFEST])
        change(fields)
        members[MANIFEST] = json.dumps(fields).encode()

    return edit


def test_what_was_backed_up_comes_back(folder: Path, backup: Path, tmp_path: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert last_backup(folder) is not None
    elsewhere = tmp_path / "elsewhere" / "data"
    restored = restore(backup, elsewhere)
    assert restored.before is None
    assert restored.manifest.made_at == NOON
    assert restored.manifest.same_instant
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert held(elsewhere) == held(folder) == (["crane"], ["who built the tower?"])
    assert [path.name for path in elsewhere.parent.iterdir()] == ["data"]


def test_a_backup_in_a_folder_is_named_after_the_time_and_overwrites_none(folder: Path, tmp_path: Path) -> None:
    written, _ = back_up(folder, tmp_path, now=lambda: NOON)
    assert written.name == "topicbot-20240501T120000Z.tar"
    before = written.read_bytes()
    with pytest.raises(BackupError, match="--force"):
        back_up(folder, written)
    assert written.read_bytes() == before
    back_up(folder, written, replace=True)
    assert written.read_bytes() != before
    assert not list(tmp_path.glob(".topicbot-backup-*"))


def test_a_folder_without_a_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no library"):
        back_up(tmp_path, tmp_path / "backup.tar")


def test_a_backup_made_while_others_write_is_one_instant(folder: Path, tmp_path: Path) -> None:
    """Each article is added before the question that names it: no backup may hold the question alone."""
    ended = threading.Event()

    def write() -> None:
        with workspace_in(folder) as workspace:
            number = 0
            while not ended.is_set():
                workspace.library.local.add(
                    article(f"Tower {number}", f"Tower {number} is high.", id=f"tower-{number}")
                )
                asking.ask(workspace, f"key {number}", f"unknown {number}", Place("UANN", "CNEWS"))
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            file, manifest = back_up(folder, tmp_path / f"{number}.tar")
            restore(file, tmp_path / f"restored-{number}")
            articles = manifest.members[DATABASE_FILE].rows["article"]
            asked = manifest.members[STORE_FILE].rows["question"]
            assert not manifest.same_instant or 0 <= articles - asked <= 1
    finally:
        ended.set()
        writer.join()


def test_a_library_is_overwritten_only_when_asked_and_then_set_aside(folder: Path, backup: Path) -> None:
    with workspace_in(folder) as workspace:
        workspace.library.local.add(article("Later", "The crane fell.", id="later"))
    with pytest.raises(BackupError, match="holds a library already"):
        restore(backup, folder)
    assert held(folder)[0] == ["later", "crane"]
    restored = restore(backup, folder, replace=True)
    assert held(folder)[0] == ["crane"]
    assert restored.before is not None
    assert held(restored.before)[0] == ["later", "crane"]


def test_other_files_are_not_moved_unasked(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear")
    with pytest.raises(BackupError, match="holds other files"):
        restore(backup, tmp_path / "home")
    (tmp_path / "empty").mkdir()
    assert restore(backup, tmp_path / "empty").before is None
    assert not list(tmp_path.glob("*before-restore*"))


def test_a_linked_folder_stays_where_it_is(folder: Path, backup: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    restored = restore(backup, link, replace=True)
    assert link.is_symlink()
    assert restored.before is not None
    assert restored.before.parent == folder.parent
    assert held(link) == held(folder)


def test_it_works_where_folders_cannot_change_places_in_one_step(
    folder: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_exchange", lambda one, other: False)
    restored = restore(backup, folder, replace=True)
    assert restored.before is not None
    assert held(folder) == held(restored.before)


def test_nothing_is_restored_under_a_running_bot(folder: Path, backup: Path) -> None:
    with lock_data_dir(folder), pytest.raises(SettingsError, match="Another `topicbot run`"):
        restore(backup, folder, replace=True)
    assert held(folder)[0] == ["crane"]


def a_trigger(members: dict[str, bytes]) -> None:
    """A trigger that deletes articles, in a backup whose manifest was written to fit."""
    path = Path("evil.db")
    path.write_bytes(members[DATABASE_FILE])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER evil AFTER INSERT ON article BEGIN DELETE FROM article; END")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    members[DATABASE_FILE] = path.read_bytes()
    fitting = {"sha256": sha256_of(path), "bytes": len(members[DATABASE_FILE])}
    with_manifest(lambda fields: fields["members"][DATABASE_FILE].update(fitting))(members)  # type: ignore[index]  # JSON


def renamed(old: str, new: str) -> Edit:
    """An edit that gives a member another name, in the manifest too."""

    def edit(members: dict[str, bytes]) -> None:
        members[new] = members.pop(old)
        fields = json.loads(members[MANIFEST])
        fields["members"][new] = fields["members"].pop(old)
        members[MANIFEST] = json.dumps(fields).encode()

    return edit


def flipped(members: dict[str, bytes]) -> None:
    """One bit of the library."""
    body = bytearray(members[DATABASE_FILE])
    body[len(body) // 2] ^= 1
    members[DATABASE_FILE] = bytes(body)


BAD: dict[str, tuple[Edit, str]] = {
    "a bit": (flipped, "differs"),
    "a member less": (lambda members: members.pop(STORE_FILE), "is missing"),
    "a member more": (lambda members: members.update(extra=b"x"), "not in its manifest"),
    "a path": (renamed(STORE_FILE, "../bot.db"), "which no backup does"),
    "an absolute path": (renamed(STORE_FILE, "/tmp/bot.db"), "which no backup does"),  # noqa: S108 - nothing is there
    "a shorter member": (lambda members: members.update({STORE_FILE: members[STORE_FILE][:-1]}), "another size"),
    "no manifest": (lambda members: members.pop(MANIFEST), "is no backup"),
    "no JSON": (lambda members: members.update({MANIFEST: b"{"}), "manifest can't be read"),
    "other rows": (
        with_manifest(lambda fields: fields["members"][STORE_FILE]["rows"].update(question=7)),  # type: ignore[index]  # JSON
        "other rows",
    ),
    "a newer format": (with_manifest(lambda fields: fields.update(format=2)), "newer topicbot"),
    "a newer schema": (
        with_manifest(lambda fields: fields["members"][DATABASE_FILE].update(schema="9999")),  # type: ignore[index]  # JSON
        "newer topicbot",
    ),
    "a trigger": (a_trigger, "never makes: trigger evil"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_backup_that_was_tampered_with_changes_nothing(
    folder: Path, backup: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    edit, words = BAD[what]
    bad = edited(backup, edit)
    (tmp_path / "evil.db").unlink(missing_ok=True)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BackupError, match=words):
        restore(bad, folder, replace=True)
    with pytest.raises(BackupError, match=words):
        restore(bad, tmp_path / "new")
    assert sorted(tmp_path.iterdir()) == before
    assert held(folder)[0] == ["crane"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(backup: Path, tmp_path: Path, kind: bytes) -> None:
    def header(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    with pytest.raises(BackupError, match="not in its manifest"):
        restore(edited(backup, lambda members: None, header=header), tmp_path / "new")


def test_a_file_cut_off_anywhere_is_refused(backup: Path, tmp_path: Path) -> None:
    body = backup.read_bytes()
    whole = unpack(backup, None)
    ends = 2 * tarfile.BLOCKSIZE  # an archive ends with two empty blocks, which hold nothing
    last = sum(-(-one.bytes // tarfile.BLOCKSIZE) + 1 for one in whole.members.values()) * tarfile.BLOCKSIZE
    cut = tmp_path / "cut.tar"
    for length in [0, 1, 511, 512, 513, 2000, len(body) // 3, len(body) // 2, last - ends]:
        cut.write_bytes(body[:length])
        with pytest.raises(BackupError):
            restore(cut, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(BackupError, match=r"gone\.tar can't be read"):
        restore(tmp_path / "gone.tar", tmp_path / "new")


def test_a_damaged_library_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    path = folder / DATABASE_FILE
    with path.open("rb+") as file:
        for page in range(3, path.stat().st_size // 16384):
            file.seek(page * 16384)
            file.write(b"\xff" * 4096)
    with pytest.raises(BackupError, match="doctor"):
        back_up(folder, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()
    assert last_backup(folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_root_restores_for_the_owner_of_the_folder(folder: Path, backup: Path) -> None:
    os.chown(folder, 65534, 65534)
    restore(backup, folder, replace=True)
    assert {path.stat().st_uid for path in (folder, folder / DATABASE_FILE, folder / STORE_FILE)} == {65534}
