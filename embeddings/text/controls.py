"""Characters that steer a terminal or turn a line round: controls of C0 and C1, and those of text direction."""

from __future__ import annotations

import re

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Each of them but tab and line feed."""


def escape_json(line: str) -> str:
    """Return the JSON text with these characters as `\\uXXXX`: the same value, harmless where it is printed."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
