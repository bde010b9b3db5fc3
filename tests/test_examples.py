"""The scripts in examples/python/ run as printed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import kept
from tests.conftest import EXAMPLES
from tests.test_project import ROOT


def run(script: str, folder: Path, *arguments: str) -> str:
    """Return what the script prints when it is started in `folder`."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "python" / script), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_folder_is_indexed_asked_and_summarised(tmp_path: Path) -> None:
    kept.seed(tmp_path / "my-library")
    (tmp_path / "articles").mkdir()
    for name in ("alibaba-fine.md", "notre-dame.txt", "webb-images.html", "wuzhen-2021.md"):
        shutil.copy(EXAMPLES / "articles" / name, tmp_path / "articles")
    assert "100 billion yuan" in run("ask_a_folder.py", tmp_path, "articles", "what did Alibaba pledge?")
    assert "Alibaba" in run("summarise.py", tmp_path, "Alibaba")


@pytest.mark.slow
def test_an_encoder_of_ones_own(tmp_path: Path) -> None:
    assert "A crane flew over the harbour" in run("own_encoder.py", tmp_path)
