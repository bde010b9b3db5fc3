"""Writing an article's paragraphs. Every function works inside the transaction that it is passed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as deletion
from sqlalchemy.dialects.postgresql import insert as upsert

from embeddings.encoding.paragraphs import ENCODING, EncodedParagraph
from embeddings.store import checksums, metadata
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import paragraph_checksum as sums
from embeddings.store.tables import removal


def ids_of(connection: Connection, key: int) -> list[int]:
    """Return the ids of the article's paragraphs, in order of position."""
    return [number for (number,) in _IDS.rows(connection, {"key": key})]


def add(connection: Connection, key: int, rows: Sequence[EncodedParagraph]) -> list[int]:
    """Write the paragraphs of the article with this key, which has none yet; return their ids."""
    return _write(connection, key, rows, {}, metadata.next_revision(connection))


def replace(connection: Connection, key: int, rows: Sequence[EncodedParagraph]) -> list[int]:
    """Make these the paragraphs of the article with this key; return their ids.

    Those whose text stays keep theirs. No index may hold the former ones any longer.
    """
    old = _TEXTS.rows(connection, {"key": key})
    kept = _kept_ids([text for _, text in old], [row.text for row in rows], [number for number, _ in old])
    revision = metadata.next_revision(connection)
    delete(connection, [number for number, _ in old if number not in kept.values()], revision)
    now = _write(connection, key, rows, kept, revision)
    _ENCODE.run(connection, {"encoded": key})
    return now


def delete(connection: Connection, ids: Sequence[int], revision: int) -> None:
    """Delete the paragraphs with these ids, and note with which revision of the library."""
    gone = [{"number": number, "revision": revision} for number in ids]
    _DELETE.run_each(connection, gone)
    _REMOVED.run_each(connection, gone)


def sums_of(number: int, row: Mapping[str, Any]) -> dict[str, int]:
    """Return the row of checksums of the paragraph with this id, whose columns are `row`."""
    return {
        "paragraph_id": number,
        "shown": checksums.of_row(row, checksums.SHOWN),
        "scored": checksums.of_row(row, checksums.SCORED),
        "indexed": checksums.of_row(row, checksums.INDEXED),
    }


def _write(
    connection: Connection, key: int, rows: Sequence[EncodedParagraph], kept: Mapping[int, int], revision: int
) -> list[int]:
    """Write the rows, those in the positions of `kept` over the ones with these ids; return all ids."""
    written = [
        {"article_key": key, "position": position, "revision": revision, **row.columns()}
        for position, row in enumerate(rows)
    ]
    _UPDATE.run_each(connection, [{"kept": number, **written[position]} for position, number in kept.items()])
    fresh = [position for position in range(len(rows)) if position not in kept]
    numbers = _INSERT.scalar_each(connection, [written[position] for position in fresh])
    id_at = {**kept, **dict(zip(fresh, numbers, strict=True))}
    ids = [id_at[position] for position in range(len(rows))]
    _SEAL.run_each(connection, [sums_of(number, row) for number, row in zip(ids, written, strict=True)])
    return ids


def _kept_ids(old: list[str], new: list[str], ids: list[int]) -> dict[int, int]:
    """Return new position to old id, for the paragraphs whose text stays; of equal texts the first is first."""
    places: dict[str, deque[int]] = defaultdict(deque)
    for text, number in zip(old, ids, strict=True):
        places[text].append(number)
    return {place: places[text].popleft() for place, text in enumerate(new) if places[text]}


# Built once: building a statement takes longer than running it.
_OWN = paragraphs.c.article_key == bindparam("key")
_IDS = Prepared(select(paragraphs.c.id).where(_OWN).order_by(paragraphs.c.position))
_TEXTS = Prepared(select(paragraphs.c.id, paragraphs.c.text).where(_OWN).order_by(paragraphs.c.position))

_VALUES: dict[str, Any] = {
    name: bindparam(name) for name in ("article_key", "position", "revision", *EncodedParagraph.__slots__)
}
_INSERT = Prepared(insert(paragraphs).values(_VALUES).returning(paragraphs.c.id, sort_by_parameter_order=True))
_UPDATE = Prepared(update(paragraphs).where(paragraphs.c.id == bindparam("kept")).values(_VALUES))
_DELETE = Prepared(deletion(paragraphs).where(paragraphs.c.id == bindparam("number")))
_REMOVED = Prepared(insert(removal).values(paragraph_id=bindparam("number"), revision=bindparam("revision")))
_ENCODE = Prepared(update(articles).where(articles.c.key == bindparam("encoded")).values(encoding=ENCODING))

_UPSERT = upsert(sums).values({column.name: bindparam(column.name) for column in sums.c})
_SEAL = Prepared(
    _UPSERT.on_conflict_do_update(
        index_elements=["paragraph_id"],
        set_={name: _UPSERT.excluded[name] for name in ("shown", "scored", "indexed")},
    )
)
