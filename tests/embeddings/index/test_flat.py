"""The exact index: the nearest by brute force, whether all vectors are compared or only the likeliest."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.index.flat import Exact

DIM, PARAGRAPHS, WANTED = 48, 600, 10


def unit(rows: np.ndarray) -> np.ndarray:
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return rows.astype(np.float32)


def vectors(spread: float) -> np.ndarray:
    """Two views a paragraph, `spread` around one centre."""
    chance = np.random.default_rng(5)
    return unit(chance.standard_normal(DIM) + spread * chance.standard_normal((PARAGRAPHS * 2, DIM)))


def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each search from now on compares but the likeliest vectors exactly, rather than all."""
    compared: list[bool] = []
    real = Exact._compared

    def noted(self: Exact, *given: object) -> object:
        found = real(self, *given)  # type: ignore[arg-type]
        compared.append(found is not None)
        return found

    monkeypatch.setattr(Exact, "_compared", noted)
    return compared


# Far apart, few vectors are nearly as near as those wanted; close together, too many to tell them by bytes.
@pytest.mark.parametrize("spread", [5.0, 0.01], ids=["apart", "close together"])
def test_the_nearest_are_those_of_brute_force(spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = vectors(spread)
    compared = comparisons(monkeypatch)
    index = Exact.empty(DIM)
    there: dict[int, np.ndarray] = {}
    for start in range(0, PARAGRAPHS, 100):
        ids = np.arange(start, start + 100, dtype=np.int64)
        index.put(ids, rows[2 * start : 2 * start + 200])
        there |= {number: rows[2 * number : 2 * number + 2] for number in ids.tolist()}
    for gone in (3, 4, 250, 599):
        index.remove(np.array([gone, 10**6]))
        del there[gone]
    index.put(np.array([7, 250]), rows[:4])
    there |= {7: rows[:2], 250: rows[2:4]}
    for number in range(30):
        question = unit(rows[number * 7 : number * 7 + 1] + 0.2)[0]
        for allowed in (None, sorted(there)[::3], sorted(there)[5:8]):
            scores = {one: float((there[one] @ question).max()) for one in allowed or there}
            best = sorted(scores.values(), reverse=True)[:WANTED]
            found = index.search(question, WANTED, None if allowed is None else np.array(allowed))
            assert [scores[one] for one in found] == pytest.approx(best, abs=1e-6)
    assert all(compared) is (spread > 1)


def test_vectors_with_larger_numbers_than_the_first_ones_need_no_comparison_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(8)
    drawn = chance.standard_normal((PARAGRAPHS * 2, DIM))
    drawn[:200] = np.sign(drawn[:200])  # all numbers equally small
    drawn[600:] **= 3  # a few of them large
    rows = unit(drawn)
    compared, index = comparisons(monkeypatch), Exact.empty(DIM)
    for start in range(0, PARAGRAPHS, 100):
        index.put(np.arange(start, start + 100, dtype=np.int64), rows[2 * start : 2 * start + 200])
    index.remove(np.array([0]))
    rows[:2] = 0.0
    for question in unit(chance.standard_normal((30, DIM)) ** 3):
        scores = (rows @ question).reshape(-1, 2).max(axis=1)
        found = index.search(question, WANTED, None)
        assert scores[found] == pytest.approx(np.sort(scores)[::-1][:WANTED], abs=1e-6)
    assert all(compared)


def test_a_damaged_vector_of_huge_numbers_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = vectors(5.0)
    rows[:2] *= 30_000
    compared, index = comparisons(monkeypatch), Exact.empty(DIM)
    index.put(np.arange(PARAGRAPHS, dtype=np.int64), rows)
    for question in unit(rows[2::40] + 0.2):
        scores = (rows @ question).reshape(-1, 2).max(axis=1)
        scores[0] = -1
        found = index.search(question, WANTED, None)
        assert scores[found] == pytest.approx(np.sort(scores)[::-1][:WANTED], abs=1e-6)
    assert all(compared)
