"""How much memory this process takes, as far as the system tells."""

from __future__ import annotations

from pathlib import Path

_STATUS, _MAPS = Path("/proc/self/status"), Path("/proc/self/smaps")
_KIB = 1024


def anonymous() -> int | None:
    """Bytes of memory that belong to no file; `None` where the system doesn't tell."""
    if not _STATUS.exists():
        return None
    lines = (line.split() for line in _STATUS.read_text().splitlines())
    return next((int(words[1]) * _KIB for words in lines if words[0] == "RssAnon:"), None)


def mapped(folder: Path) -> int | None:
    """Bytes in memory of the files in `folder` that are mapped; `None` where the system doesn't tell."""
    if not _MAPS.exists():
        return None
    total, inside = 0, False
    for line in _MAPS.read_text().splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):  # the first line of a mapping: addresses, rights, and its file last
            inside = str(folder.resolve()) in rest
        elif inside and name == "Rss:":
            total += int(rest.split()[0]) * _KIB
    return total
