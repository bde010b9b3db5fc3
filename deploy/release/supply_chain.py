"""Lock, bill of materials and audit: `lock`, `sbom`, `audit`, which `make` runs with the release tools.

Exit codes of `audit`: 0 nothing is known against any package, 1 something is, 3 no advisory database is reached.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK, CUDA_LOCK = ROOT / "requirements.lock", ROOT / "requirements-cuda.lock"
UNREACHABLE = 3
_TOOLS = Path(sys.executable).parent
_EXTRAS = ("postgres",)
_ONLY_CUDA = re.compile(r"^(torch|triton|(?:nvidia|cuda)-[\w-]+)==", re.MULTILINE)
_OFFLINE = re.compile(r"ConnectionError|Max retries|Name or service|Connection refused|timed out|ProxyError")


def lock() -> None:
    """Write both locks at the versions that constraints.txt pins.

    PyTorch and what only its CUDA build needs are in a lock of their own: the build without CUDA has another hash,
    and depends on none of them.
    """
    cuda = compiled("torch")
    apart = [argument for name in _ONLY_CUDA.findall(cuda) for argument in ("--no-emit-package", name)]
    extras = [argument for extra in _EXTRAS for argument in ("--extra", extra)]
    LOCK.write_text(compiled(None, "--no-annotate", *extras, *apart))
    CUDA_LOCK.write_text(cuda)
    for written in (LOCK, CUDA_LOCK):
        count = len(re.findall(r"^[\w.-]+==", written.read_text(), re.MULTILINE))
        sys.stdout.write(f"{written.name}: {count} packages with their hashes\n")


def compiled(package: str | None, *arguments: str) -> str:
    """Return the lock of this project, or of one package."""
    return subprocess.run(
        [
            str(_TOOLS / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-sources",
            "--python-version", "3.11", "--custom-compile-command", "make lock", "--constraint", "constraints.txt",
            *arguments, "-" if package else "pyproject.toml",
        ],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, input=package,
    ).stdout  # fmt: skip


def sbom() -> None:
    """Write the bill of materials of everything that the locks install, in CycloneDX's JSON."""
    target = ROOT / "dist" / "topicbot.cdx.json"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "requirements.txt"
        both.write_text(merged())
        subprocess.run(
            [
                str(_TOOLS / "cyclonedx-py"), "requirements", str(both), "--pyproject", "pyproject.toml",
                "--output-reproducible", "--output-format", "JSON", "--output-file", str(target),
            ],
            cwd=ROOT, check=True,
        )  # fmt: skip
    sys.stdout.write(f"Wrote {target.relative_to(ROOT)}.\n")


def audit() -> int:
    """Compare every locked version with the advisories that are known, and return the exit code."""
    pins = merged()
    first = audited(pins.partition("\n")[0])  # one is enough to learn that the database is away
    found = None if first is None or verdict(first)[0] == UNREACHABLE else audited(pins)
    code, lines = verdict(found)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return code


def audited(pins: str) -> list[dict[str, Any]] | None:
    """Return what pip-audit found on each of these packages, or `None` when it found no database."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text(pins)
        done = subprocess.run(
            [
                str(_TOOLS / "pip-audit"), "--requirement", str(listed), "--disable-pip", "--no-deps",
                "--progress-spinner", "off", "--timeout", "10", "--format", "json",
            ],
            cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        if not _OFFLINE.search(done.stderr):
            raise SystemExit(f"pip-audit failed:\n{done.stderr}") from None
        return None
    return found


def verdict(found: Sequence[Mapping[str, Any]] | None) -> tuple[int, list[str]]:
    """Return exit code and report. A registry without advisories answers for no package: that is no clean bill."""
    skipped = [one for one in found or () if "skip_reason" in one]
    if found is None or len(skipped) == len(found):
        return UNREACHABLE, ["Not audited: no advisory database could be reached. Run it where pypi.org can be."]
    lines = [
        f"{one['name']} {one['version']}: {known['id']}, fixed in {', '.join(known['fix_versions']) or 'none'}"
        for one in found
        for known in one.get("vulns", ())
    ]
    code = 1 if lines else 0
    lines += [f"{one['name']}: not audited: {one['skip_reason']}" for one in skipped]
    return code, [*lines, f"Audited {len(found) - len(skipped)} of {len(found)} packages."]


def merged() -> str:
    """Return the pins of both locks, each package once, without hashes."""
    pins: dict[str, str] = {}
    for path in (LOCK, CUDA_LOCK):
        for name, rest in re.findall(r"^([\w.-]+)(==[^\\\n]+)", path.read_text(), re.MULTILINE):
            pins.setdefault(name, f"{name}{rest.strip()}")
    return "".join(f"{pin}\n" for pin in sorted(pins.values()))


if __name__ == "__main__":
    sys.exit({"lock": lock, "sbom": sbom, "audit": audit}[sys.argv[1]]())
