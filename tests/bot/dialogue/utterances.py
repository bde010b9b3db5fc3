"""Utterances with their dialogue act, half to develop the rules and half to measure them.

The first 288 were written before the rules, the others, most of them not English, together with theirs.

In `utterances.txt` a line is an act and an utterance. A mention is of another person unless it is of the bot
(UBOT1). `DEVELOP` and `REPORT` take turns line by line.
"""

from __future__ import annotations

from pathlib import Path

_LINES = (Path(__file__).parent / "utterances.txt").read_text(encoding="utf-8").splitlines()

ALL = tuple((text, act) for act, text in (line.split("\t", 1) for line in _LINES if line))
"""Each utterance with the value of its act."""

DEVELOP, REPORT = ALL[::2], ALL[1::2]
