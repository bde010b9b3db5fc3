"""`topicbot eval` and `topicbot bench`. What measures is loaded by the commands."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.console.options import Json, size
from bot.console.session import open_library, print_json, print_rich, progress, report_errors, say
from embeddings.errors import QuestionError


def evaluate(
    questions: Annotated[
        Path | None,
        typer.Argument(
            help="A .jsonl file of questions with known answers. Without it --calibrate makes questions of the"
            " library's own sentences.",
            show_default=False,
        ),
    ] = None,
    articles: Annotated[
        list[Path] | None,
        typer.Option(
            help="Measure over these articles, in a library made for it, instead of your own. May be repeated."
        ),
    ] = None,
    half_out: Annotated[
        int,
        typer.Option(min=0, help="How many times to take half of the articles out and measure the decision."),
    ] = 0,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Also show what each part of the score is worth.")
    ] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Also fit the confidence anew and show it.")
    ] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="With --calibrate: decide with what was fitted from now on, in your library."),
    ] = False,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTIONS=ARTICLES",
            help="With --calibrate: fit on these questions on these articles too. May be repeated.",
        ),
    ] = None,
    typos: Annotated[bool, typer.Option("--typos", help="Also ask each question with a typo in it.")] = False,
    stories: Annotated[
        bool,
        typer.Option(
            "--stories", help="The file holds articles, each with its 'event': measure how well events are found."
        ),
    ] = False,
    summaries: Annotated[
        bool,
        typer.Option(
            "--summaries",
            help="The file holds subjects with 'facts', or questions with 'sentences': measure what is said.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure how well questions with known answers are answered, events are found, or subjects are summarised."""
    from bot.bench.evaluation import measure
    from bot.config import read_settings

    if questions is None:
        _check_none_needs_questions(
            {
                "--articles": articles,
                "--half-out": half_out,
                "--ablation": ablation,
                "--also": also,
                "--typos": typos,
                "--stories": stories,
                "--summaries": summaries,
            }
        )
        _fit_to_own(calibrate=calibrate, keep=keep, as_json=as_json)
        return
    if stories:
        _evaluate_stories([questions, *(articles or ())], as_json=as_json)
        return
    if summaries:
        _evaluate_summaries(questions, articles or [], as_json=as_json)
        return
    with report_errors():
        if also and not calibrate:
            raise QuestionError("--also takes part in a fit only. Give --calibrate with it.")
        shape, tables = measure(
            read_settings(),
            questions,
            articles or [],
            half_out,
            ablation=ablation,
            fit=calibrate,
            typos=typos,
            keep=keep,
            also=[_pair(one) for one in also or ()],
            progress=progress,
        )
    if as_json:
        print_json(shape)
    else:
        for title, table in tables:
            say(f"\n{title}")
            print_rich(table)


def _check_none_needs_questions(given: Mapping[str, object]) -> None:
    with report_errors():
        for option, value in given.items():
            if value:
                raise QuestionError(f"{option} needs QUESTIONS. Name a .jsonl file of questions before it.")


def _fit_to_own(*, calibrate: bool, keep: bool, as_json: bool) -> None:
    from dataclasses import asdict

    from bot.bench.evaluation import finite
    from bot.bench.report import own_fit_page
    from embeddings.evaluate.own_fit import LEAST_QUESTIONS, fit_to_own, keep_own_fit

    with report_errors():
        if not calibrate:
            raise QuestionError("Name a .jsonl file of questions, or give --calibrate to fit without one.")
    with open_library() as library:
        with progress("Fitting the confidence") as advance:
            found = (keep_own_fit if keep else fit_to_own)(library, advance)
        if found is None:
            raise QuestionError(
                f"The confidence can't be fitted: {LEAST_QUESTIONS} questions could not be made of the library's "
                "sentences. Add more articles first."
            )
    if as_json:
        print_json({"own_fit": finite(asdict(found))})
    else:
        print_rich(own_fit_page(found, kept=keep))


def _pair(given: str) -> tuple[Path, Path]:
    questions, sign, articles = given.partition("=")
    if not (questions and sign and articles):
        raise QuestionError(f"--also {given!r} is not QUESTIONS=ARTICLES. Write --also questions.jsonl=articles")
    return Path(questions), Path(articles)


def _evaluate_stories(files: list[Path], *, as_json: bool) -> None:
    from dataclasses import asdict

    from bot.bench.evaluation import measure_stories
    from bot.bench.report import pair_figures_table
    from bot.config import read_settings

    with report_errors():
        found = measure_stories(read_settings(), files, progress)
    if as_json:
        print_json(asdict(found))
    else:
        print_rich(pair_figures_table(found))


def _evaluate_summaries(labelled: Path, articles: list[Path], *, as_json: bool) -> None:
    from bot.bench.evaluation import measure_summaries_of
    from bot.bench.report import summary_figures_table
    from bot.config import read_settings

    with report_errors():
        found, shape = measure_summaries_of(read_settings(), labelled, articles, progress)
    if as_json:
        print_json(shape)
    else:
        print_rich(summary_figures_table(found))


class Part(StrEnum):
    """A part of what `bench` measures."""

    ALL = "all"
    ENCODING = "encoding"
    LIBRARIES = "libraries"
    MEMORY = "memory"
    WEB = "web"


def bench(
    questions: Annotated[Path, typer.Argument(help="A .jsonl file of questions to ask.")],
    articles: Annotated[list[Path], typer.Option(help="Articles to make libraries of. May be repeated.")],
    sizes: Annotated[
        str, typer.Option(help="Sizes of the libraries, in paragraphs; a million needs 15 GB while it runs.")
    ] = "1k,10k",
    part: Annotated[
        Part,
        typer.Option(
            help="Starting, encoding, adding; libraries of several sizes; a bot's memory; asking over HTTP;"
            " or all, the last two up to 10,000 paragraphs."
        ),
    ] = Part.ALL,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Beside it, turn about, the plain way, and txtai if it is installed."),
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="A .png to draw the stages of asking to, a bar for each size.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="A page of documentation whose tables are written anew; its picture goes beside it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how long starting, encoding, adding, asking and opening take, in libraries of several sizes."""
    from bot.bench.running import Wanted, run_parts
    from bot.config import read_settings

    counts = [size(one) for one in sizes.split(",")]
    with report_errors():
        wanted = Wanted(
            questions,
            tuple(articles),
            tuple(counts),
            tuple(one for one in Part if one is not Part.ALL) if part is Part.ALL else (part,),
            baseline=baseline,
            plot=plot,
            page=write,
            command=shlex.join(["topicbot", *sys.argv[1:]]),
        )
        shape = run_parts(wanted, read_settings(), None if as_json else print_rich)
    if as_json:
        print_json(shape)
