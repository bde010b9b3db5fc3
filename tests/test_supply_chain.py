"""The locks hold what is pinned, each file with its hash; an audit that asked nobody is no clean bill."""

from __future__ import annotations

import re
import runpy
import tomllib
from typing import Any

import pytest

from tests.test_project import ROOT

SCRIPT = runpy.run_path(str(ROOT / "deploy" / "release" / "supply_chain.py"))
CLEAN = {"name": "idna", "version": "3.10", "vulns": []}
KNOWN = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "own", "skip_reason": "not found"}


def pins(name: str) -> dict[str, str]:
    """Return the version of each package in a file of pins."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {package.lower().replace("_", "-"): version for package, version in found}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-cuda.lock"])
def test_a_lock_has_the_pinned_versions_and_a_hash_for_each(name: str) -> None:
    pinned, locked = pins("constraints.txt"), pins(name)
    assert locked
    assert {
        package: version for package, version in locked.items() if pinned.get(package, version) != version
    } == {}
    entries = re.split(r"\n(?=\w)", (ROOT / name).read_text())
    assert [one for one in entries if "==" in one and "--hash=sha256:" not in one] == []


def test_the_lock_has_every_dependency_but_pytorch_and_its_cuda() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {re.split(r"[<>=\[]", line)[0] for line in [*project["dependencies"], *extras["postgres"]]}
    locked = set(pins("requirements.lock"))
    assert wanted - locked == {"torch"}
    assert [one for one in locked if re.match("nvidia|cuda|triton", one)] == []
    assert "torch" in pins("requirements-cuda.lock")


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        (None, 3, "Not audited"),
        ([SKIPPED], 3, "Not audited"),
        ([CLEAN, SKIPPED], 0, "own: not audited: not found"),
        ([CLEAN, KNOWN], 1, "old 1.0: PYSEC-1, fixed in 1.1"),
    ],
)
def test_what_an_audit_comes_to(found: Any, code: int, said: str) -> None:
    result, lines = SCRIPT["verdict"](found)
    assert result == code
    assert lines[0].startswith(said)
