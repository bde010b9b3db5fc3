"""Files that somebody uploads: kept on disk while they are read, never whole in memory."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.web.access.callers import Shelf
from embeddings.ingest.pdf import MAX_BYTES
from embeddings.team import TeamLibrary
from embeddings.text.sentences import storable

PATH = "/add"
MAX_UPLOAD_BYTES = MAX_BYTES + 1_000_000
"""What one request may hold: the largest file that is read at all, and the form around it."""

FOR_ME = "me"
_FILES, _NAME, _PIECE = 20, 80, 1_000_000


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One file on its way: its name, and where the server keeps it until the request ends."""

    name: str
    part: UploadFile


async def add_uploaded(request: Request, shelf: Shelf) -> dict[str, Any]:
    """Add the files of the request's form; return the report as `topicbot add --json` prints it.

    Raises `NotAllowedError` before anything is read of somebody who may add nothing.
    """
    shelf.check_adding()
    async with request.form(max_files=_FILES, max_fields=_FILES) as form:
        wanted, audience = form.get("collection"), form.get("audience")
        for_me = audience == FOR_ME
        library = shelf.where_to_add(for_me=for_me)
        given = storable(wanted) if isinstance(wanted, str) and wanted else None
        collection = given if for_me else shelf.collection_for(given)
        files = [
            Uploaded(storable(one.filename or "file"), one)
            for one in form.getlist("files")
            if isinstance(one, UploadFile) and one.filename
        ]
        request.state.subject = ", ".join(one.name for one in files)  # for the audit log
        return await run_in_threadpool(_add, library, files, collection)


def _add(library: TeamLibrary, files: list[Uploaded], collection: str | None) -> dict[str, Any]:
    from embeddings.importer import add_sources

    with TemporaryDirectory() as folder:
        paths = [_kept(one, Path(folder) / str(number)) for number, one in enumerate(files)]
        report = add_sources(library, list(paths), collection, lambda *_: None).to_json()
    for failed in report["failed"]:
        failed["source"] = Path(failed["source"]).name
    return report


def _kept(given: Uploaded, folder: Path) -> Path:
    """Write the file into the folder under a name that no file system refuses; return where."""
    plain = Path(re.sub(r"[\x00-\x1f/\\]", "", given.name))
    path = folder / f"{plain.stem[:_NAME] or 'file'}{plain.suffix[:_NAME]}"
    folder.mkdir()
    with path.open("wb") as target:
        shutil.copyfileobj(given.part.file, target, _PIECE)
    return path
