"""The documentation site: built strictly, complete, and without anything from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

import embeddings
from bot.cli import app
from tests.test_project import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_a_reader_s_browser_asks_nobody_else(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"?(https?://[^\s\">]+)", text)
        loaded += re.findall(r"<link[^>]* href=\"?(https?://[^\s\">]+)", text)
        assert loaded == [], page.name
        assert not re.search(r"unpkg\.com|fonts\.g", text), page.name


def test_the_cli_reference_has_every_command(site: Path) -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    headings = set(re.findall(r'<h\d id="topicbot-([\w-]+)"', (site / "cli.html").read_text()))
    assert headings >= set(group.commands)


def test_the_python_reference_has_every_public_name(site: Path) -> None:
    found = set(re.findall(r'id="embeddings\.(\w+)"', (site / "api.html").read_text()))
    assert found >= set(embeddings.__all__)


def test_code_in_a_numbered_list_stays_code(site: Path) -> None:
    assert "```" not in re.sub(r"<code>.*?</code>", "", (site / "use-slack.html").read_text(), flags=re.DOTALL)
