"""`topicbot add --workers` and `--ray`, as their users meet them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.hashed import HashedEncoder
from tests.test_project import ROOT

pytestmark = pytest.mark.slow


LINES = [
    {"id": "one", "title": "The crane returns", "text": "A crane was seen.\n\nIt flew off at dusk."},
    {"title": "News in brief", "text": "A dog barked."},
    {"title": "News in brief", "text": "A dog slept.", "published_at": "2024-01-01"},
    {"id": "two", "title": "The dog", "text": "A dog walked by the river."},
]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    Path("articles").mkdir()
    text = "".join(json.dumps(line) + "\n" for line in LINES)
    Path("articles/some.jsonl").write_text(text + "no JSON\n")
    Path("articles/note.txt").write_text("A note\n\nThe crane is a bird.")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run_json(*arguments: str, code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def topicbot(*arguments: str) -> Any:
    """What the program prints as JSON, in a process of its own."""
    command = [sys.executable, "-m", "bot", *arguments, "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert shown.returncode == 1, shown.stderr  # one line of the articles is bad
    return json.loads(shown.stdout)


def listed() -> list[dict[str, Any]]:
    """The articles, but for when they came."""
    articles: list[dict[str, Any]] = run_json("articles", "list")["articles"]
    return [{name: value for name, value in one.items() if name != "added_at"} for one in articles]


@pytest.mark.parametrize("option", ["--workers=2", "--ray=local"])
def test_a_folder_is_added_the_same_in_parallel(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    if "ray" in option and find_spec("ray") is None:
        pytest.skip("the extra 'ray' is not installed")
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    adding = ("add", "articles", "--collection", "c")
    plain, there = run_json(*adding, code=1), listed()
    monkeypatch.setenv("TOPICBOT_DATA_DIR", "parallel")
    # Ray has threads and warnings of its own, which this process is kept free of.
    parallel = topicbot(*adding, option) if "ray" in option else run_json(*adding, option, code=1)
    assert {**plain, "seconds": 0} == {**parallel, "seconds": 0}
    assert (plain["added"], len(plain["failed"])) == (5, 1)
    assert listed() == there
    again = run_json(*adding, "--workers=1", code=1)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 5)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--workers", "0"], "greater than or equal to 1"),
        (["--workers", "-3"], "greater than or equal to 1"),
        (["--workers", "two"], "valid integer"),
        (["--workers", "2", "--ray", "local"], "not both"),
    ],
)
def test_what_makes_no_sense_is_bad_usage(monkeypatch: pytest.MonkeyPatch, options: list[str], told: str) -> None:
    monkeypatch.setattr("embeddings.encoding.encoder.SentenceTransformerEncoder", lambda *_, **__: HashedEncoder())
    result = run("add", "articles", *options)
    assert (result.exit_code, told in result.stderr) == (2, True)


def test_without_ray_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.encoding.encoder.SentenceTransformerEncoder", lambda *_, **__: HashedEncoder())
    monkeypatch.setitem(sys.modules, "ray", None)
    for given in (["--ray", "local"], ["--ray"], ["--ray", "--json"]):
        result = run("add", "articles", *given)
        assert (result.exit_code, "pip install 'topicbot[ray]'" in result.stderr) == (1, True)


ADDRESSES = ["nowhere", "127.0.0.1:{port}", "ray://127.0.0.1:{port}"]
UNREACHABLE = """
import sys
from embeddings.encoding.ray import Cluster
from embeddings.errors import TopicbotError
from tests.hashed import HashedEncoder
for address in sys.argv[1:]:
    try:
        Cluster(address, HashedEncoder, "")
    except TopicbotError as error:
        print(str(error).replace(chr(10), " "))
"""


@pytest.fixture(scope="module")
def refusals() -> dict[str, tuple[str, str]]:
    """What is said of each address, as it was named: in one process, which imports Ray once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        named = [address.format(port=taken.getsockname()[1]) for address in ADDRESSES]
    told = subprocess.run(
        [sys.executable, "-c", UNREACHABLE, *named], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(zip(ADDRESSES, zip(named, told.stdout.splitlines(), strict=True), strict=True))


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra 'ray' is not installed")
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_cluster_that_isn_t_there_is_told(address: str, refusals: dict[str, tuple[str, str]]) -> None:
    named, told = refusals[address]
    assert told.startswith(f"The Ray cluster at '{named}' can't be reached: ")
    assert "HOST:6379" in told


RAY = """
import os, sys
os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_AUTO_CONNECT="0")
from pathlib import Path
from embeddings.encoding import ray as module
from embeddings.encoding.ray import Cluster
from embeddings.importer import load
from embeddings.errors import TopicbotError
from embeddings.library import Library
from tests.deadly import DeadlyEncoder, DeadlyOnce, another_encoder
from tests.embeddings.test_load import many
from tests.hashed import HashedEncoder
folder, told = Path(sys.argv[1]), []
with Library(folder, HashedEncoder()) as library:
    fingerprint = library.encoder.fingerprint
    with Cluster("local", DeadlyOnce(folder / "once"), fingerprint, processors=1) as cluster:
        outcomes = [added.outcome.value for _, added in load(library.local, many(120, deadly=70), cluster)]
        for make in (another_encoder, DeadlyEncoder):
            cluster._make = make
            module.STALLED = 3 if make is DeadlyEncoder else 60
            try:
                list(load(library.local, [*many(120), *many(130, deadly=125)[120:]], cluster))
            except TopicbotError as error:
                told.append(str(error).replace(chr(10), " "))
    print(*told, sep=chr(10))
    print(len(outcomes), set(outcomes), (folder / "once").exists())
    print([one.citation.article_id for one in library.local.articles()][::-1] == [f"a{n}" for n in range(120)])
    print(library.check(), library.encoder.encoded)
"""


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra 'ray' is not installed")
def test_a_process_of_ray_that_is_killed_loses_nothing_and_another_model_ends_the_load(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", RAY, str(tmp_path / "library")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    told, endless, counts, same, kept = shown.stdout.splitlines()[-5:]  # before them Ray tells of its processes
    assert "has the model another" in told
    assert "Ray has given nothing back" in endless
    assert counts == "120 {'added'} True"
    assert (same, kept) == ("True", "[] []")
