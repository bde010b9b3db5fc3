"""What the codes of a large index are of, and that what they choose is near."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import faiss
import numpy as np
import pytest

from embeddings.encoding.backends.base import Vectors
from embeddings.index.ivf import Approximate, Lists
from embeddings.index.training import train
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

DIM, LISTS, PARAGRAPHS = 48, 8, 6000


@cache
def rows_in(directions: int) -> Vectors:
    """Two rows a paragraph, unit length, that differ in this many directions and hardly in the others."""
    chance = np.random.default_rng(directions)
    spread = np.linalg.qr(chance.normal(size=(DIM, DIM)))[0][:directions]
    rows = chance.normal(size=(PARAGRAPHS * VIEWS, directions)) @ spread
    rows += chance.normal(scale=0.01, size=rows.shape)
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def filled(trained: faiss.Index, rows: Vectors) -> Lists:
    lists = Lists(trained)
    lists.add(np.arange(1, PARAGRAPHS + 1), rows)
    return lists


@cache
def trained_on(directions: int) -> faiss.Index:
    """An empty index for `rows_in`, to be copied: training takes a second."""
    return train(rows_in(directions), LISTS, lambda: None)


def lists_in(directions: int) -> Lists:
    return filled(faiss.clone_index(trained_on(directions)), rows_in(directions))


def nearest(rows: Vectors, question: Vectors) -> Ids:
    ids: Ids = np.argsort(-(rows @ question).reshape(-1, VIEWS).max(axis=1))[:10] + 1
    return ids


def test_vectors_of_few_directions_get_smaller_codes_and_are_found(tmp_path: Path) -> None:
    rows, lists = rows_in(12), lists_in(12)
    assert lists.index.code_size == DIM * 4 // 12 // 2
    faiss.write_index(lists.whole, str(tmp_path / "base"))
    assert Lists(faiss.read_index(str(tmp_path / "base"))).matrix == pytest.approx(lists.matrix)
    index, found = Approximate(lists), 0
    for question in rows[:50]:
        known, others = index.search(question, 10, None)
        assert known == {}  # no file of vectors is beside it
        found += len(set(others) & set(nearest(rows, question).tolist()))
    assert found >= 0.97 * 500
    index.put(np.array([PARAGRAPHS + 1]), rows[:VIEWS])  # in the lists of what is recent, by the same codes
    assert {1, PARAGRAPHS + 1} <= set(index.search(rows[0], 10, None)[1][:3])


def test_vectors_that_use_all_directions_alike_keep_half_a_byte_for_two_numbers() -> None:
    lists = lists_in(DIM)
    assert lists.matrix is None
    assert lists.index.code_size == DIM // 4


@pytest.mark.parametrize("directions", [12, DIM])
def test_codes_that_come_in_the_place_of_removed_ones_are_their_own(directions: int) -> None:
    rows, lists = rows_in(directions), lists_in(directions)
    lists.remove(np.arange(1, 400))
    lists.add(np.arange(1, 400), rows[: 399 * VIEWS])
    index = Approximate(lists)
    for number in range(1, 400, 20):
        assert number in index.search(rows[number * VIEWS - 1], 1, None)[1][:3]


def test_the_oldest_and_the_newest_vectors_do_not_choose_the_codes_for_all() -> None:
    rows, odd = rows_in(DIM).copy(), rows_in(12)
    rows[:2000], rows[-200:] = odd[:2000], odd[-200:]
    assert filled(train(rows, LISTS, lambda: None), rows).matrix is None
