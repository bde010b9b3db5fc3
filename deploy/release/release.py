"""The steps of a release, which `make release` runs: `begin VERSION`, `check TOPICBOT`, `tag VERSION`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
_UNRELEASED = "## [Unreleased]\n"


def begin(version: str) -> None:
    """Move the changelog's heading, set the version and commit both. The working tree must be clean."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version!r} is no version. Call: make release VERSION=1.2.3")
    if _git("status", "--porcelain", "--untracked-files=no"):
        raise SystemExit("There are changes that are not committed. Commit or stash them first.")
    if _git("tag", "--list", f"v{version}"):
        raise SystemExit(f"The tag v{version} exists already. Choose the next version.")
    changelog, project = ROOT / "CHANGELOG.md", ROOT / "pyproject.toml"
    changelog.write_text(released(changelog.read_text(), version, datetime.now(UTC).date().isoformat()))
    project.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text(), count=1))
    _git("commit", "--all", "--message", f"Release {version}")


def released(changelog: str, version: str, day: str) -> str:
    """Return the changelog with what was unreleased under the version's own heading."""
    head, found, rest = changelog.partition(_UNRELEASED)
    if not found or not rest.partition("\n## [")[0].strip():
        raise SystemExit("CHANGELOG.md has nothing under [Unreleased], so there is nothing to release.")
    return f"{head}{_UNRELEASED}\n## [{version}] - {day}\n{rest}"


def check(topicbot: str) -> None:
    """Add the samples and ask them with the installed program, away from the sources."""
    program = str(Path(topicbot).absolute())
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment["TOPICBOT_DATA_DIR"] = f"{folder}/data"
        subprocess.run(
            [program, "add", str(ROOT / "examples" / "articles")], cwd=folder, env=environment, check=True
        )
        asked = subprocess.run(
            [program, "ask", "what did Alibaba pledge?", "-k", "1"],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    sys.stdout.write(asked.stdout)
    if "100 billion yuan" not in asked.stdout:
        raise SystemExit("The installed wheel does not answer the sample question. Nothing was tagged.")
    sys.stdout.write("The wheel works by itself.\n")


def tag(version: str) -> None:
    """Tag the commit that was checked."""
    _git("tag", "--annotate", f"v{version}", "--message", f"topicbot {version}")
    sys.stdout.write(f"Tagged v{version}; wheel and sdist are in dist/. Push with: git push --follow-tags\n")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    {"begin": begin, "check": check, "tag": tag}[sys.argv[1]](sys.argv[2])
