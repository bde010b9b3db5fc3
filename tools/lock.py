"""Write requirements.lock: every package that constraints.txt pins, with the hashes of its files.

PyTorch gets the hashes of its build with CUDA (PyPI) and of the one without (`torch-cpu.txt`), so that either can
be installed with `pip install --constraint requirements.lock topicbot`, which checks whatever the file names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
UV = Path(sys.executable).parent / "uv"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
HEADER = "# Made by `make lock` from pyproject.toml and constraints.txt. Do not edit.\n"


def compiled(requirements: Path, *options: str) -> str:
    """Return what uv resolves these requirements to, each with the hashes of all its files."""
    command = [str(UV), "pip", "compile", str(requirements), "--generate-hashes", "--no-header", "--no-annotate"]
    clean = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"}
    done = subprocess.run([*command, "--quiet", *options], cwd=ROOT, check=True, stdout=subprocess.PIPE, env=clean)
    return done.stdout.decode()


def without_cuda(torch: str) -> str:
    """Return the hash lines of PyTorch's build without CUDA."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
        wanted.write(f"{torch}+cpu\n")
        wanted.flush()
        # A folder of wheels (FIND_LINKS) serves where PyTorch's own index can't be reached.
        links = os.environ.get("FIND_LINKS")
        source = ["--no-index", "--find-links", links] if links else ["--index-url", CPU_INDEX]
        found = compiled(Path(wanted.name), "--no-deps", *source)
    return " \\\n".join(f"    {one}" for one in re.findall(r"--hash=sha256:\w+", found))


def main() -> None:
    """Write the file."""
    lock = compiled(
        ROOT / "pyproject.toml", "--universal", "--no-sources", "--extra", "dev", "--constraint", "constraints.txt"
    )
    pinned = re.search(r"^torch==[\d.]+", lock, re.MULTILINE)
    if pinned is None:
        raise SystemExit("The lock has no line for PyTorch. Does constraints.txt pin it?")
    line = re.compile(rf"^{re.escape(pinned[0])}.*$", re.MULTILINE)
    LOCK.write_text(HEADER + line.sub(lambda found: f"{pinned[0]} \\\n{without_cuda(pinned[0])} \\", lock))
    sys.stdout.write(
        f"{LOCK.name} now holds the hashes of {len(re.findall('^[a-z]', lock, re.MULTILINE))} packages\n"
    )


if __name__ == "__main__":
    main()
