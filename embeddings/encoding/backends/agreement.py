"""Whether two ways to compute a model give the same vectors, by texts on which they are likeliest to differ."""

from __future__ import annotations

import numpy as np

from embeddings.encoding.backends.base import Backend, Role, Vectors

SAMPLES = (
    "What did the e-commerce giant pledge?",
    "Shares fell on Monday: the largest antitrust penalty in the country's history, 18.2 billion yuan.",
    "  UPPER and lower case, “quotes”, naïve café — 3.5 % of £2m\tin 2021\n",
    "在乌镇举行的会议上，公司承诺投入一千亿元。 🌍 Ünïcödé",
    "a",
    "",
    "A crane stood by the river bank and flew off at dusk, people of the village said. " * 60,
)
"""Texts of all lengths, one beyond every usual window, and characters that tokenizers differ on."""


def of_samples(backend: Backend) -> Vectors:
    """Return the backend's vectors of `SAMPLES`, as questions and as passages, one below the other.

    The long one is a batch of its own, for the others would be padded to its length.
    """
    return np.concatenate([backend.few(texts, role) for role in Role for texts in (SAMPLES[:-1], SAMPLES[-1:])])


def least_cosine(found: Vectors, expected: Vectors) -> float:
    """Return the least cosine between rows of the same place: 1 where both ways agree in all texts."""
    there = np.any(expected, axis=1)  # a text without a single token has zeros
    return float(np.min(np.sum(found * expected, axis=1)[there]))
