"""What is remembered of a database, and until when."""

from __future__ import annotations

from embeddings.store.versions import VersionCache


def test_values_hold_for_their_version_alone() -> None:
    cache: VersionCache[str, int] = VersionCache(10)
    assert cache.get(1, "a") is None
    cache.put(1, "a", 5)
    assert (cache.get(1, "a"), cache.get(1, "b"), cache.get(2, "a")) == (5, None, None)
    cache.put(2, "b", 6)
    assert (cache.get(2, "a"), cache.get(2, "b"), cache.get(1, "a")) == (None, 6, None)


def test_a_value_is_read_once_for_each_version() -> None:
    cache: VersionCache[str, int] = VersionCache(10)
    read = iter(range(10))
    found = [cache.read(version, "a", lambda: next(read)) for version in (1, 1, 2, 2, 1)]
    assert found == [0, 0, 1, 1, 2]


def test_the_values_used_last_are_kept() -> None:
    cache: VersionCache[int, int] = VersionCache(2)
    for number in range(3):
        cache.put(1, number, number)
        cache.get(1, 0)
    assert [cache.get(1, number) for number in range(3)] == [0, None, 2]
