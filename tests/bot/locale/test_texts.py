"""The texts in the reader's language, and the catalogues that they are from."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import bot
from bot.locale.library import translated
from bot.locale.texts import (
    ENGLISH,
    FOLDER,
    LANGUAGES,
    accepted,
    catalogue,
    format_date,
    format_number,
    gettext,
    language,
    language_of,
    ngettext,
    speaking,
)
from bot.sources.blocks import added
from bot.wording import ago, dated, look_line, period_words, place_words
from embeddings.errors import QuestionError
from embeddings.import_report import Failure, ImportReport
from embeddings.search.languages import language_note
from embeddings.search.question import parse
from embeddings.subscriptions.model import LookSummary
from embeddings.subscriptions.refresh import TOO_OLD
from embeddings.text.periods import Period

OTHERS = [one for one in LANGUAGES if one != ENGLISH]
_TEMPLATES = {"trim_blocks": "true"}


@cache
def kept(name: str) -> Catalog:
    """What the file of a language holds."""
    with (FOLDER / name / "LC_MESSAGES" / "topicbot.po").open("rb") as file:
        return read_po(file, locale=name)


@cache
def in_code() -> frozenset[str]:
    """Every text of the program that is marked for translation."""
    found = extract_from_dir(
        Path(bot.__file__).parent,
        [("**.py", "python"), ("**.html", "jinja2")],
        {"**.html": _TEMPLATES},
        DEFAULT_KEYWORDS,
    )
    return frozenset(one[2] if isinstance(one[2], str) else one[2][0] for one in found)


def names(text: str) -> set[str]:
    """The placeholders of a text, in either form."""
    braces = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return braces | set(re.findall(r"%\((\w+)\)s", text))


def pairs(message: Message) -> list[tuple[str, str]]:
    """Each form of a text in English with what it is in the other language."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


@pytest.mark.parametrize("name", OTHERS)
def test_a_catalogue_compiles_and_is_complete(name: str) -> None:
    assert catalogue(name).gettext("Found") != "Found"
    listed = {pairs(one)[0][0] for one in kept(name) if one.id}
    assert in_code() - listed == set(), "run `make messages` and translate what is new"
    assert listed - in_code() == set(), "run `make messages`: these texts are gone"
    empty = [one.id for one in kept(name) if one.id and not all(said for _, said in pairs(one))]
    assert empty == []


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_placeholders_of_the_text(name: str) -> None:
    wrong = [
        (text, said)
        for one in kept(name)
        if one.id
        for text, said in pairs(one)
        if said and names(text) != names(said)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", OTHERS)
def test_translations_keep_the_blanks_and_the_end_of_the_text(name: str) -> None:
    wrong = []
    for text, said in (pair for one in kept(name) if one.id for pair in pairs(one)):
        if said and (text[:1].isspace(), text[-1:].isspace()) != (said[:1].isspace(), said[-1:].isspace()):
            wrong.append((text, said))
        if said and text.endswith(".") != said.endswith("."):
            wrong.append((text, said))
    assert wrong == []


def test_a_language_is_spoken_inside_and_not_outside() -> None:
    with speaking("de"):
        assert (language(), gettext("Found")) == ("de", "Gefunden")
        with speaking("fr"):
            assert gettext("Found") == "Trouvé"
        assert gettext("Found") == "Gefunden"
    assert (language(), gettext("Found")) == ("en", "Found")


def test_a_text_that_no_catalogue_has_is_said_in_english() -> None:
    with speaking("es"):
        assert gettext("There is {what} like this.", what="no text") == "There is no text like this."
        assert gettext("") == ""


def test_values_are_not_read_for_placeholders() -> None:
    with speaking("de"):
        assert gettext("You asked: {question}", question="{title} 100 %") == "Sie haben gefragt: {title} 100 %"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-DE", "de"),
        ("de_AT", "de"),
        ("fr-CA", "fr"),
        ("es-419", "es"),
        ("en-GB", "en"),
        ("xx-YY", "en"),
        ("ja-JP", "en"),
        ("", "en"),
        ("../../etc", "en"),
        (None, "en"),
        (7, "en"),
    ],
)
def test_a_locale_has_a_language(locale: object, expected: str) -> None:
    assert language_of(locale) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en;q=0.3, de;q=0.9", "de"),
        ("ja, es-MX;q=0.4", "es"),
        ("ja", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("", "en"),
        (";;q=,=, \x00", "en"),
        ("de;q=nan", "en"),
        ("xx" * 5000, "en"),
    ],
)
def test_a_browser_names_its_languages(header: str, expected: str) -> None:
    assert accepted(header) == expected


def test_numbers_and_dates_are_written_as_in_the_language() -> None:
    assert (format_number(1234567), format_date("2024-05-01")) == ("1,234,567", "2024-05-01")
    with speaking("de"):
        assert (format_number(1234567), format_date("2024-05-01")) == ("1.234.567", "01.05.2024")
        assert (format_date("2024"), format_date("")) == ("2024", "")
        assert ngettext("{count} article", "{count} articles", 4321) == "4.321 Artikel"
        assert dated("2020-03-01", datetime(2024, 5, 1, tzinfo=UTC)) == "01.03.2020 (4 Jahre alt)"
        assert place_words(11, 4) == "Seite 4, Absatz 12"
    with speaking("fr"):
        assert format_date("2024-05-01") == "1 mai 2024"


def test_periods_are_named_in_the_language() -> None:
    first, last = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)
    assert period_words(Period(first, last)) == "21–27 November 2026"
    with speaking("de"):
        assert period_words(Period(first, None)) == "seit dem 21. November 2026"
        assert period_words(Period(first, last)) == "21.–27. Nov. 2026"
    with speaking("es"):
        assert period_words(Period(None, last)) == "hasta el 27 de noviembre de 2026"


def test_the_time_between_is_said_in_the_language() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    with speaking("de"):
        assert ago(now - timedelta(days=3), now) == "vor 3 Tagen"
        assert ago(now - timedelta(days=1), now) == "vor 1 Tag"


@pytest.mark.parametrize("question", ["", "?!", "a" * 3000])
def test_what_the_library_refuses_is_said_in_the_language(question: str) -> None:
    with pytest.raises(QuestionError) as refused:
        parse(question)
    said = str(refused.value)
    assert translated(said) == said
    with speaking("de"):
        assert translated(said).startswith("Die Frage")
    with speaking("fr"):
        assert translated(said).startswith("La question")
        assert translated("Something that it never says.") == "Something that it never says."


def test_why_a_file_was_not_added_is_said_in_the_language() -> None:
    failed = (Failure("a.pdf", "has more than 100 MB. Split it up."), Failure("b", "is odd."))
    report = ImportReport(0, 0, 0, failed, 0, 0.0, None)
    with speaking("de"):
        said = json.dumps(added(report).blocks, ensure_ascii=False)
        assert "hat mehr als 100 MB. Teilen Sie die Datei auf." in said
        assert "is odd." in said
    assert "has more than 100 MB. Split it up." in json.dumps(added(report).blocks)


def test_two_languages_are_named_in_that_of_the_question_where_it_is_spoken_here() -> None:
    german = language_note(("de", "en"), answered=False)
    assert translated(german).endswith("Fragen Sie auf Englisch, um mehr zu finden.")
    with speaking("fr"):
        assert translated(german).startswith("Ihre Frage ist auf Deutsch, die nächstliegenden Stellen")
        italian = translated(language_note(("it", "en"), answered=True))
        assert italian == "Votre question est en italien, les passages les plus proches sont en anglais."
    english = language_note(("it", "de"), answered=True)
    assert translated(english) == english


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("answers with status 503. Open it in a browser to see why.", "antwortet mit Status 503. Öffnen"),
        (
            "can't be fetched (no connection). Check the address.",
            "kann nicht abgerufen werden (keine Verbindung).",
        ),
        ("is not a feed that can be read. Check the address.", "ist kein lesbarer Feed."),
    ],
)
def test_why_a_feed_fails_is_said_in_the_language(error: str, said: str) -> None:
    assert translated(error) == error
    with speaking("de"):
        assert translated(error).startswith(said)


def test_what_a_look_left_out_is_said_in_the_language() -> None:
    found = LookSummary(listed=3, taken=1, known=0, left_out={TOO_OLD: 2})
    with speaking("de"):
        assert look_line(found).endswith("2 ausgelassen (älter, als Artikel aufbewahrt werden)")
