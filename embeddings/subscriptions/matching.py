"""Which entries of a feed are known from an earlier look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from embeddings.ingest.feed import Entry
from embeddings.subscriptions.entries import KnownEntry
from embeddings.text.terms import words
from embeddings.text.urls import identity

_LONG = 20
"""This many words are not the same in two texts by chance."""

_SAME_TITLE, _SAME_TEXT = 0.34, 0.25
"""The shares of words in common below which a title and a text are those of another entry."""

TextOf = Callable[[KnownEntry], str]
"""Returns the text of an entry's article, or "" when there is none."""


def match(known: Sequence[KnownEntry], listed: Sequence[Entry], text_of: TextOf) -> list[KnownEntry | None]:
    """Return for each entry of the feed the one that it was before, or `None` for a new one.

    Entries with distinct ids are distinct. One whose id the feed has dropped, or that never named one, is known by
    its address, else by title and words. An id that is used again for another text is a new entry.
    """
    matcher = _Matcher(known, listed, text_of)
    found = [matcher.same(one) for one in listed]
    return [one if one is not None else matcher.changed(entry) for entry, one in zip(listed, found, strict=True)]


def has_changed(before: KnownEntry, entry: Entry) -> bool:
    """Return whether the entry's article has to be read anew: its title, link or words are others.

    Other numbers alone count when the entry has no page, or when it also has another date.
    """
    if before.digest.partition(":")[0] != entry.words_digest or before.url != entry.url:
        return True
    return before.digest != entry.digest and (entry.url is None or before.published_at != entry.published_at)


class _Matcher:
    def __init__(self, known: Sequence[KnownEntry], listed: Sequence[Entry], text_of: TextOf) -> None:
        self._text_of = text_of
        self._ids = Counter(one.guid for one in listed if one.guid is not None)
        self._addresses = Counter(_address(one) for one in listed if one.url is not None)
        self._by: dict[Hashable, list[KnownEntry]] = defaultdict(list)
        self._taken: set[int] = set()
        for one in known:
            self._by["digest", one.guid, one.digest].append(one)
            if one.guid is not None:
                self._by["id", one.guid].append(one)
            if one.url is not None:
                self._by["address", _address(one)].append(one)
            self._by["words", one.digest.partition(":")[0]].append(one)
            if one.title and one.published_at:
                self._by["title", one.title, one.published_at].append(one)

    def same(self, entry: Entry) -> KnownEntry | None:
        """Return the known entry that says the very same, by id, address and words."""
        alike = self._free("digest", entry.guid, entry.digest)
        return self._take(next((one for one in alike if one.url == entry.url), None))

    def changed(self, entry: Entry) -> KnownEntry | None:
        """Return the known entry of which this is a newer state."""
        if entry.guid is not None and self._by.get(("id", entry.guid)):
            return self._take(self._by_id(entry))
        return self._take(self._without_id(entry))

    def _by_id(self, entry: Entry) -> KnownEntry | None:
        found = self._free("id", entry.guid)
        titled = [one for one in found if one.title == entry.title]
        if titled:
            return next((one for one in titled if one.url == entry.url), titled[-1])
        if self._ids[entry.guid or ""] > 1 or not found:
            return None  # an id that several entries share names none of them
        before = found[-1]
        return None if self._is_another(before, entry) else before

    def _without_id(self, entry: Entry) -> KnownEntry | None:
        """By words and address, then by address alone, then by title and date."""
        marks = (
            ("words", entry.words_digest),
            ("address", _address(entry)),
            ("title", entry.title, entry.published_at),
        )
        for mark in marks:
            found = [one for one in self._free(*mark) if self._may_be(one, entry)]
            if found:
                return next((one for one in found if one.url == entry.url), found[0])
        return None

    def _may_be(self, one: KnownEntry, entry: Entry) -> bool:
        """Return whether an entry whose id is of no help is this one: regular reports share a title, each has its
        day.
        """
        if one.guid is not None and one.guid in self._ids:
            return False  # that one is still in the feed
        same_words = one.digest.partition(":")[0] == entry.words_digest
        same_address = one.url is not None and one.url == entry.url
        if one.published_at == entry.published_at:
            if entry.published_at is not None:
                return same_words or (same_address and self._addresses[_address(entry)] == 1)
            if entry.guid is None and one.guid is None and entry.url is None:
                return same_words
        is_alone = same_address and self._addresses[_address(entry)] == 1
        if entry.guid is None or one.guid is None:
            return is_alone
        is_long = len(words(entry.content)) >= _LONG
        return (is_alone and same_words) or (is_long and one.digest == entry.digest)

    def _is_another(self, before: KnownEntry, entry: Entry) -> bool:
        """Return whether the id was given to another text: neither title nor words have much in common."""
        if _in_common(before.title, entry.title) >= _SAME_TITLE or not (before.title and entry.title):
            return False
        text = self._text_of(before)
        if text and entry.content:
            return _in_common(entry.content, text) < _SAME_TEXT
        return before.url != entry.url

    def _free(self, *mark: Hashable) -> list[KnownEntry]:
        return [one for one in self._by.get(mark, ()) if one.key not in self._taken]

    def _take(self, one: KnownEntry | None) -> KnownEntry | None:
        if one is not None:
            self._taken.add(one.key)
        return one


def _address(one: Entry | KnownEntry) -> str:
    """Return the address with its fragment: entries may differ in that alone."""
    url = one.url or ""
    return identity(url) + "".join(url.partition("#")[1:])


def _in_common(text: str, other: str) -> float:
    """Return which share of the text's distinct words the other one has too."""
    own = set(words(text.casefold()))
    return len(own & set(words(other.casefold()))) / len(own) if own else 0.0
