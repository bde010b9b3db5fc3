"""Scores as probabilities."""

from __future__ import annotations

import math


def logistic(value: float) -> float:
    """1 / (1 + e^-value), without overflow."""
    return 0.5 * (1 + math.tanh(value / 2))
