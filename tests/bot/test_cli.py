"""The command line as its users meet it: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from embeddings.errors import StoreError
from embeddings.library import Library
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.conftest import EXAMPLES
from tests.hashed import HashedEncoder

CRANE = "The crane returns\n\nA crane was seen on the river bank.\n\nIt flew off at dusk, people said."


@pytest.fixture(autouse=True)
def _own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a library of its own, with the fast encoder, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    # A fit on a library's own sentences asks each of its questions twice: here it is about what is shown.
    monkeypatch.setattr("embeddings.evaluate.own_fit.MOST_QUESTIONS", 60)
    for module in ("embeddings.encoding.encoder", "bot.bench.evaluation"):
        monkeypatch.setattr(
            f"{module}.SentenceTransformerEncoder", lambda model, **_: HashedEncoder(model or "hashed")
        )


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=text)


def run_json(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_add_reports_what_happened_to_each_article() -> None:
    crane = write("crane.txt", CRANE)
    first = run_json("add", crane)
    assert {key: first[key] for key in ("added", "updated", "unchanged", "failed", "paragraphs")} == {
        "added": 1,
        "updated": 0,
        "unchanged": 0,
        "failed": [],
        "paragraphs": 2,
    }
    assert run_json("add", crane)["unchanged"] == 1
    write("crane.txt", CRANE + "\n\nIt came back.")
    again = run_json("add", crane)
    assert (again["updated"], again["paragraphs"]) == (1, 3)


def test_bad_lines_are_told_by_number_and_the_rest_is_added() -> None:
    good = json.dumps({"title": "Crane", "text": "A crane."})
    result = run("add", write("mixed.jsonl", f"{good}\nnonsense\n{json.dumps({'title': 'No text'})}\n"))
    assert result.exit_code == 1
    assert "1 article added, 2 failed" in result.stdout
    assert "line 2" in result.stderr
    assert "line 3" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.txt", b"", "is empty"),
        ("binary.txt", b"\x00\x01\x02" * 50, "binary"),
        ("strange.doc", b"PK", ".doc files can't be read"),
        ("strange.docx", b"PK", "is no .docx file"),
        ("only-title.txt", b"Just a title", "no paragraph"),
    ],
)
def test_a_file_that_can_t_be_read_fails_with_its_name_and_reason(name: str, content: bytes, told: str) -> None:
    Path(name).write_bytes(content)
    result = run("add", name)
    assert result.exit_code == 1
    assert name in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_file_fails_and_others_are_still_added() -> None:
    result = run("add", "missing.txt", write("crane.txt", CRANE))
    assert result.exit_code == 1
    assert "1 article added" in result.stdout
    assert "missing.txt: there is no such file" in result.stderr
    assert run("add", "missing.txt").exit_code == 1


def test_ask_prints_the_contract_s_shape() -> None:
    run("add", write("crane.txt", CRANE))
    answer = run_json("ask", "where was the crane seen?")
    assert list(answer) == [
        "question", "answered", "confidence", "corrected", "differ", "passages", "asked", "notes", "languages",
        "took_ms",
    ]  # fmt: skip
    best = answer["passages"][0]
    assert {*best} >= {
        "rank", "score", "article_id", "title", "url", "source", "author", "published_at", "collection",
        "paragraph", "text", "highlight", "also_in",
    }  # fmt: skip
    assert best["paragraph"] == 0
    assert (
        best["text"][best["highlight"]["start"] : best["highlight"]["end"]]
        == "A crane was seen on the river bank."
    )


def test_ask_shows_passages_numbered_with_their_citations() -> None:
    run("add", write("crane.txt", CRANE))
    shown = run("ask", "where was the crane seen?").stdout
    assert "[1] The crane returns · paragraph 1" in shown
    assert "**A crane was seen on the river bank.**" in shown


def test_article_text_with_markup_is_shown_as_it_stands() -> None:
    run("add", write("odd.txt", "Odd news\n\nThe [bold]crane[/bold] said <!channel> and \\[red] today."))
    assert (
        "The [bold]crane[/bold] said <!channel> and \\[red] today." in run("ask", "what did the crane say?").stdout
    )


def test_ask_dash_writes_one_json_line_for_each_line_in_order() -> None:
    run("add", write("crane.txt", CRANE))
    result = run("ask", "-", "--json", text="where was the crane?\n\nwhen did it fly off?\n")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["question"] for line in lines] == ["where was the crane?", "", "when did it fly off?"]
    assert "empty" in lines[1]["error"]
    assert result.exit_code == 0


@pytest.mark.parametrize("question", ["", "x", "🙂", "a" * 10_000])
def test_a_question_that_can_t_be_asked_is_bad_usage(question: str) -> None:
    run("add", write("crane.txt", CRANE))
    result = run("ask", question)
    assert result.exit_code == 2
    assert "question" in result.stderr
    assert result.stdout == ""


def test_a_bad_date_is_bad_usage_and_an_unknown_collection_a_failure() -> None:
    run("add", write("crane.txt", CRANE))
    bad_date = run("ask", "crane?", "--since", "whenever")
    assert (bad_date.exit_code, "whenever" in bad_date.stderr) == (2, True)
    unknown = run("ask", "where is the crane?", "--collection", "nope")
    assert (unknown.exit_code, "default" in unknown.stderr) == (1, True)


def test_an_empty_library_says_how_to_fill_it() -> None:
    assert "topicbot add" in run("ask", "what did Alibaba pledge?").stdout
    assert "topicbot add" in run("articles", "list").stdout


def test_articles_are_listed_shown_and_removed() -> None:
    run("add", write("crane.txt", CRANE), "--collection", "birds")
    listed = run_json("articles", "list")["articles"]
    assert [(one["article_id"], one["collection"], one["paragraphs"]) for one in listed] == [("crane", "birds", 2)]
    assert "crane" in run("articles", "list").stdout
    assert "It flew off at dusk" in run("articles", "show", "crane").stdout
    assert run("articles", "remove", "crane").stdout == "Removed crane.\n"
    gone = run("articles", "show", "crane")
    assert (gone.exit_code, "'crane'" in gone.stderr) == (1, True)


def test_another_model_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", write("crane.txt", CRANE))
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", "other")
    refused = run("ask", "where was the crane?")
    assert (refused.exit_code, "topicbot reindex" in refused.stderr) == (1, True)
    assert run_json("reindex") == {"paragraphs": 2}
    assert run("ask", "where was the crane?").exit_code == 0


@pytest.mark.slow
def test_eval_measures_articles_given_to_it_and_leaves_the_library_alone() -> None:
    articles, questions = str(EXAMPLES / "articles"), str(EXAMPLES / "questions.jsonl")
    shape = run_json(
        "eval",
        questions,
        "--articles",
        articles,
        "--ablation",
        "--half-out",
        "1",
        "--calibrate",
        "--typos",
        "--keep",
    )
    assert shape["report"]["questions"] == 60
    assert 0 < shape["half_out"]["answerable"] < 44
    methods = {row["method"]: row["hit_at_1"] for row in shape["ablation"]}
    assert methods["the full score"] == shape["report"]["hit_at_1"]
    assert shape["calibration"]["near_misses"] > 0
    assert run_json("articles", "list")["articles"] == []
    assert "nDCG@10" in run("eval", questions, "--articles", articles).stdout


@pytest.mark.slow
def test_bench_measures_each_size_and_leaves_the_library_alone() -> None:
    articles, questions = str(EXAMPLES / "articles"), str(EXAMPLES / "questions.jsonl")
    shape = run_json("bench", questions, "--articles", articles, "--sizes", "50,100", "--part", "libraries")
    assert [one["paragraphs"] for one in shape["sizes"]] == [50, 100]
    assert all(one["ask_p95"] >= one["ask_p50"] > 0 for one in shape["sizes"])
    assert run_json("articles", "list")["articles"] == []
    assert run("bench", questions, "--articles", articles, "--sizes", "many").exit_code == 2


def test_eval_names_a_line_that_is_no_question() -> None:
    result = run("eval", write("questions.jsonl", '{"question": "who?", "article": null}\nnonsense\n'))
    assert (result.exit_code, "line 2" in result.stderr) == (1, True)


def test_version_and_help_need_no_pytorch() -> None:
    script = "import sys, bot.cli; sys.exit(any(m in sys.modules for m in ('torch', 'faiss', 'sqlalchemy')))"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=EXAMPLES.parent)
    assert run("--version").stdout.startswith("topicbot ")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["add"],
        ["ask"],
        ["articles", "list"],
        ["eval"],
        ["bench"],
        ["reindex"],
        ["doctor"],
        ["backup"],
        ["restore"],
    ],
)
def test_every_command_has_help(command: list[str]) -> None:
    assert "Usage:" in run(*command, "--help").stdout


def test_an_env_file_that_is_not_text_is_named() -> None:
    Path(".env").write_bytes(b"TOPICBOT_DATA_DIR=\xff\xfe\x00")
    result = run("articles", "list")
    assert (result.exit_code, ".env" in result.stderr) == (1, True)


@pytest.mark.parametrize("source", ["", "  ", "ftp://example.com/a.html", "file:///etc/passwd"])
def test_a_source_that_is_neither_path_nor_page_is_bad_usage(source: str) -> None:
    write("crane.txt", CRANE)
    result = run("add", source)
    assert result.exit_code == 2
    assert run_json("articles", "list")["articles"] == []


def test_bytes_that_are_no_text_are_told_and_the_other_questions_answered() -> None:
    run("add", write("crane.txt", CRANE))
    result = CliRunner().invoke(app, ["ask", "-", "--json"], input=b"where was the crane?\nbad \xff\nwhen?\n")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["question"] for line in lines] == ["where was the crane?", "bad \ufffd", "when?"]
    assert (run("ask", "mine \udcff").exit_code, run("articles", "show", "\udcff").exit_code) == (2, 2)


def test_control_characters_of_an_article_never_reach_the_terminal() -> None:
    run("add", write("evil.txt", "Evil \x1b]0;owned\x07 title\n\nThe crane \x1b[2Jwas seen there."))
    for shown in (run("ask", "what was the crane?"), run("articles", "list"), run("articles", "show", "evil")):
        assert not any(ord(c) < 32 and c != "\n" for c in shown.stdout)
    assert "\ufffd[2Jwas seen" in run("ask", "what was the crane?").stdout


def test_a_period_that_ends_before_it_begins_is_bad_usage() -> None:
    assert run("ask", "crane?", "--since", "2022-01-01", "--until", "2021-01-01").exit_code == 2
    assert run("ask", "crane?", "--until", "9999-12-31T23:59-05:00").exit_code == 2


def test_removing_is_all_or_nothing() -> None:
    run("add", write("crane.txt", CRANE))
    assert run("articles", "remove", "crane", "nosuch").exit_code == 1
    assert len(run_json("articles", "list")["articles"]) == 1


def test_breaking_off_says_that_the_rest_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_off(library: object, article: object, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("embeddings.library.TeamLibrary.add_encoded", broken_off)
    result = run("add", write("crane.txt", CRANE))
    assert (result.exit_code, "What was added is kept" in result.stderr) == (1, True)


def test_questions_without_answers_give_figures_all_the_same() -> None:
    questions = write("questions.jsonl", '{"question": "who is there?", "article": null}\n')
    articles = str(EXAMPLES / "articles" / "svb-collapse.txt")
    shape = run_json("eval", questions, "--articles", articles, "--ablation")
    assert shape["report"]["hit_at_1"] is None
    assert "can't be fitted" in run("eval", questions, "--articles", articles, "--calibrate").stderr
    assert "QUESTIONS=ARTICLES" in run("eval", questions, "--calibrate", "--also", "more.jsonl").stderr
    assert "--calibrate" in run("eval", questions, "--also", f"{questions}={articles}").stderr


def test_a_home_folder_that_isn_t_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPICBOT_DATA_DIR", "~nobody-of-this-name/x")
    result = run("articles", "list")
    assert (result.exit_code, "TOPICBOT_DATA_DIR" in result.stderr) == (1, True)


def test_a_question_needs_no_quotes() -> None:
    run("add", write("crane.txt", CRANE))
    quoted = run_json("ask", "where was a crane seen")
    unquoted = run_json("ask", "where", "was", "a", "crane", "seen")
    assert {**unquoted, "took_ms": 0} == {**quoted, "took_ms": 0}
    assert quoted["question"] == "where was a crane seen"
    assert run("ask").exit_code == 2


def test_a_folder_s_unreadable_kinds_are_listed_and_one_bad_file_ends_nothing() -> None:
    Path("papers").mkdir()
    Path("papers/crane.txt").write_text(CRANE, encoding="utf-8")
    Path("papers/photo.png").write_bytes(b"\x89PNG")
    Path("papers/bad.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    result = run("add", "papers", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["added"] == 1
    assert [(Path(one["source"]).name, bool(one["reason"])) for one in found["skipped"]] == [("photo.png", True)]
    assert [Path(one["source"]).name for one in found["failed"]] == ["bad.pdf"]
    assert "Skipped: papers/photo.png" in run("add", "papers", "--dry-run").stdout


def test_a_date_in_the_first_or_the_last_year_ends_no_add() -> None:
    for number, date in enumerate(("0001-01-01", "9999-12-31T23:59:59")):
        line = json.dumps({"title": f"Crane {number}", "text": "A crane was seen.", "published_at": date})
        assert run("add", write(f"odd{number}.jsonl", line)).exit_code == 0


def test_a_question_in_a_heading_is_answered_by_what_is_below_it() -> None:
    page = "# Rules of the house\n\n## May I bring my own phone?\n\nNo. It may only join the guest network.\n"
    other = "## When does the canteen open?\n\nAt eleven, but on Fridays at ten.\n"
    run("add", write("rules.md", f"{page}\n{other}"))
    best = run_json("ask", "may I bring my own phone?")["passages"][0]
    assert (best["heading"], best["text"]) == (
        "May I bring my own phone?",
        "No. It may only join the guest network.",
    )
    assert "May I bring my own phone?" in run("ask", "may I bring my own phone?").stdout


def test_a_row_of_a_table_is_found_and_says_what_it_is() -> None:
    table = "| Department | 2024 | 2023 |\n|---|---|---|\n| Staff | 512 | 498 |\n| Guests | 77 | 69 |\n"
    run("add", write("figures.md", f"# Annual figures\n\n## People in the house\n\n{table}"))
    best = run_json("ask", "how many staff were there in 2023?")["passages"][0]
    assert best["table"] is True
    assert best["text"] == "Department: Staff · 2024: 512 · 2023: 498"
    assert best["heading"] == "People in the house"


def stations() -> str:
    """A file of articles that questions can be made of."""
    crossed = "Engineers closed the old railway station near {} for {} weeks and replaced the rusty signals."
    places = [
        f"{first}{last}" for first in ("Al", "Ber", "Cal", "Dun", "El", "Far") for last in ("ton", "gen", "sund")
    ]
    lines = [
        json.dumps({"title": f"{place} {number}", "text": f"{crossed.format(place, number + 11)}\n\n{crossed}"})
        for number, place in enumerate(places)
    ]
    return write("news.jsonl", "\n".join(lines))


@pytest.mark.parametrize("command", ["add", "reindex"])
def test_the_report_comes_before_the_fit_and_a_fit_that_fails_is_no_failure(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("The disk is full.")

    path = stations()
    monkeypatch.setattr("embeddings.evaluate.own_fit.fit_to_own", fails)
    arguments = ["add", path] if command == "add" else ["reindex"]
    if command == "reindex":
        run("add", path)
    result = run(*arguments, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["paragraphs"] == 36
    assert "The disk is full. The running bot will fit it later." in result.stderr

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("embeddings.evaluate.own_fit.fit_to_own", interrupted)
    result = run(*arguments, write("more.txt", CRANE)) if command == "add" else run(*arguments)
    assert result.exit_code != 0
    assert "paragraphs" in result.stdout


def test_a_figure_that_does_not_apply_is_null_and_a_dash() -> None:
    """No name can be swapped where all is lower case."""
    words = "engineers closed the old railway station near river {} for nine weeks and replaced rusty signals"
    text = "\n\n".join(words.replace("river", f"{a}{b}").format(b) for a in "xyz" for b in "abcdefghijkl")
    run("add", write("lower.txt", f"rail\n\n{text}"))
    found = run("eval", "--calibrate", "--json")
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["own_fit"]["swapped_answered"] is None
    (row,) = [line for line in run("eval", "--calibrate").stdout.splitlines() if "name swapped" in line]
    assert row.split()[3] == "-"


@pytest.mark.parametrize(
    "option",
    [
        ["--articles", "x"],
        ["--also", "a=b"],
        ["--typos"],
        ["--ablation"],
        ["--half-out", "2"],
        ["--stories"],
        ["--summaries"],
    ],
)
def test_an_option_of_eval_that_needs_questions_says_so(option: list[str]) -> None:
    result = run("eval", "--calibrate", *option)
    assert result.exit_code == 2
    assert f"{option[0]} needs QUESTIONS" in result.stderr


def test_a_model_without_a_shipped_fit_gets_one_of_the_librarys_own_sentences() -> None:
    assert "30 questions could not be made" in run("eval", "--calibrate").stderr
    assert run("eval").exit_code == 2
    run_json("add", stations())
    with Library("data", HashedEncoder()) as library:
        assert library.decision() != DEFAULT_CONFIDENCE
    shape = run_json("eval", "--calibrate")["own_fit"]
    assert shape["questions"] >= 30
    with Library("data", HashedEncoder()) as library:
        library.searcher.keep_confidence(None)
    assert "Nothing was changed" in run("eval", "--calibrate").stdout
    with Library("data", HashedEncoder()) as library:
        assert library.decision() == DEFAULT_CONFIDENCE
    assert "decides with it from now on" in run("eval", "--calibrate", "--keep").stdout
    with Library("data", HashedEncoder()) as library:
        assert library.decision() != DEFAULT_CONFIDENCE
        library.searcher.keep_confidence(None)
    run_json("reindex")
    with Library("data", HashedEncoder()) as library:
        assert library.decision() != DEFAULT_CONFIDENCE
