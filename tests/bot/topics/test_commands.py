"""`topicbot topic`, `stories`, `gaps` and `digest` as a person or a program runs them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.conftest import EXAMPLES


@pytest.fixture
def folder(samples_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample library as the settings' own."""
    own = tmp_path / "data"
    shutil.copytree(samples_folder, own)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(own))
    monkeypatch.chdir(tmp_path)
    return own


def told(*arguments: str, code: int = 0) -> str:
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == code, ran.output
    return ran.output


def shape(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(*arguments, "--json"))
    return found


@pytest.mark.usefixtures("folder")
def test_a_topic_keeps_its_shape_and_tells_what_is_new_since() -> None:
    first = shape("topic", "Alibaba")
    assert (first["subject"], first["enough"], first["since"]) == ("Alibaba", True, None)
    names = {
        "text",
        "shown",
        "antecedent",
        "article_id",
        "paragraph",
        "start",
        "end",
        "title",
        "url",
        "published_at",
    }
    assert all(set(point) == names for point in first["points"])
    assert all(set(one) == {"date", "headline", "article_id"} for one in first["timeline"])
    assert all(set(one) == {"article_id", "title", "url", "source", "published_at"} for one in first["sources"])
    second = shape("topic", "alibaba")
    assert second["since"] is not None
    assert second["new_articles"] == []
    said = told("topic", "Alibaba")
    assert "What the articles say on Alibaba" in said
    assert "Nothing new since you last asked" in said


@pytest.mark.usefixtures("folder")
def test_a_topic_that_is_not_there_and_trends() -> None:
    assert "I found nothing on Tencent." in told("topic", "Tencent")
    assert shape("topic", "Tencent")["points"] == []
    assert "In the news here" in told("topic", "--until", "2021-09-28")
    assert shape("topic", "--until", "2021-09-28")["largest"][0]["articles"] == 1


@pytest.mark.usefixtures("folder")
def test_the_coverage_as_a_picture(tmp_path: Path) -> None:
    told("topic", "Alibaba", "--plot", "coverage.png")
    assert (tmp_path / "coverage.png").read_bytes().startswith(b"\x89PNG")
    assert "does not end in .png" in told("topic", "Alibaba", "--plot", "coverage.jpg", code=1)
    assert "can't be written" in told("topic", "Alibaba", "--plot", "nowhere/coverage.png", code=1)


def test_without_matplotlib_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    hint = "Pictures need matplotlib. Install it: pip install 'topicbot[bench]'"
    assert hint in told("topic", "Alibaba", "--plot", "coverage.png", code=1)
    bench = ("bench", str(EXAMPLES / "questions.jsonl"), "--articles", str(EXAMPLES / "articles"))
    assert hint in told(*bench, "--plot", "stages.png", code=1)


@pytest.mark.usefixtures("folder")
def test_stories_as_a_table_and_as_json() -> None:
    found = shape("stories")["stories"]
    assert {"story_id", "headline", "article_ids", "first_seen", "last_seen"} <= set(found[0])
    assert len(found) == 9, "files without a date or a publisher tell no story"
    assert len(shape("stories", "--since", "2021-09-01", "--until", "2021-09-30")["stories"]) == 1
    assert "Headline" in told("stories")
    assert "There is no story there." in told("stories", "--since", "2031-01-01")


@pytest.mark.usefixtures("folder")
def test_gaps_and_digests_before_there_are_any() -> None:
    assert shape("gaps") == {"gaps": []}
    assert "No question has been left without an answer." in told("gaps")
    assert shape("digest", "list") == {"digests": []}
    assert "Set one up in Slack with /digest" in told("digest", "list")
    assert "There is no digest 'x'" in told("digest", "preview", "x", code=1)
    assert "There is no digest 'x'" in told("digest", "post", "x", code=1)


@pytest.mark.usefixtures("folder")
def test_a_preview_of_a_topic_that_nobody_subscribed_to() -> None:
    archive = shape("digest", "preview", "--topic", "Alibaba")
    assert archive["sections"] == [], "an archive that was only just added is no news"
    found = shape("digest", "preview", "--topic", "Alibaba", "--since", "2021-01-01")
    told_of = [one["headline"] for part in found["sections"] for one in part["stories"]]
    assert "China fines Alibaba a record 18.2 billion yuan" in told_of
    assert "Alibaba" in told("digest", "preview", "--topic", "Alibaba", "--since", "2021-01-01")


@pytest.mark.usefixtures("folder")
def test_ask_summarises_an_article_or_a_subject_where_that_is_asked_for() -> None:
    article = told("ask", "summarise the article on the Wuzhen summit")
    assert "In short: Internet giants promise to help small businesses" in article
    assert "100 billion yuan" in " ".join(article.split())
    assert "What the articles say on Wirecard" in told("ask", "what is Wirecard about?")
    assert "What the articles say on Alibaba" in told("ask", "what's new on Alibaba?")
    assert "Name the article by words of its title" in told("ask", "summarise the article")
    asked = shape("ask", "what is Wirecard about?")
    assert "passages" in asked, "programs get an answer as ever; `topicbot topic` is theirs"


@pytest.mark.usefixtures("folder")
def test_what_somebody_worries_about_is_a_question() -> None:
    assert "What the articles say" not in told("ask", "what is Elon Musk worried about?")


@pytest.mark.usefixtures("folder")
def test_one_article_by_its_id() -> None:
    told_of = shape("articles", "list")["articles"]
    (wirecard,) = [one["article_id"] for one in told_of if "Wirecard" in one["title"]]
    found = shape("topic", "--article", wirecard)
    assert {point["article_id"] for point in found["points"]} == {wirecard}
    assert 3 <= len(found["points"]) <= 7
    assert "no article 'nowhere'" in told("topic", "--article", "nowhere", code=1)
