"""What one audience has, nobody else reads: by no question, id, count, word, story or copy, in either store."""

from __future__ import annotations

from itertools import combinations

import pytest

from embeddings.errors import NotFoundError
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.team import TeamLibrary
from embeddings.types import Answer, Article, Outcome
from tests.conftest import NOON, article

AUDIENCES = (None, "UANN", "UBOB", "CPRIV")
WORDS = {None: "quorvath", "UANN": "narvolent", "UBOB": "axolumber", "CPRIV": "pangorix"}
"""A word that only the article of this audience has."""


def own(audience: str | None) -> Article:
    word = WORDS[audience]
    texts = (
        f"The zebra of the {word} costs 12 dollars.",
        f"The {word} is where the zebra lives, said Otis {word.title()}.",
    )
    return article(
        f"Zebra {word}", *texts, published_at=NOON.isoformat(), source="Quint Daily", collection=f"of-{word}"
    )


def fill(library: Library, team: str) -> dict[str | None, str]:
    """Add one article for each audience; return their ids."""
    of_team = library.of(team)
    return {one: (of_team if one is None else of_team.only_for(one)).add(own(one)).article_id for one in AUDIENCES}


def viewers() -> list[tuple[str, ...]]:
    people = [one for one in AUDIENCES if one]
    return [found for size in range(len(people) + 1) for found in combinations(people, size)]


def everything(seen: TeamLibrary, ids: dict[str | None, str]) -> str:
    """All that can be read through the handle, as text."""
    said: list[object] = []
    for question in ("where does the zebra live?", *(f"what is the {word}?" for word in WORDS.values())):
        said.append(without_question(seen.ask(question, limit=20)))
    said += [
        seen.topic("zebra"),
        seen.about("zebra", least=0.0),
        seen.stories(),
        seen.articles(),
        seen.collections(),
    ]
    said += [seen.stats(), seen.story_vectors([one.story_id for one in seen.stories()]).keys()]
    for article_id in ids.values():
        for read in (seen.article, seen.lead, seen.summary):
            try:
                said.append(read(article_id))
            except NotFoundError:
                continue
    return repr(said).lower()


def without_question(answer: Answer) -> str:
    """An answer without the question itself."""
    passages = answer.passages
    return repr((passages, answer.notes, answer.differ))


def test_each_sees_what_is_for_all_and_its_own(library: Library) -> None:
    ids = fill(library, "T1")
    fill(library, "T2")
    for audiences in viewers():
        seen = library.of("T1", audiences)
        said = everything(seen, ids)
        for audience, word in WORDS.items():
            assert (word in said) == (audience is None or audience in audiences), (audiences, audience)
        assert seen.stats().articles == 1 + len(audiences)
    assert library.audiences("T1") == ["CPRIV", "UANN", "UBOB"]
    assert library.audiences("T") == []


@pytest.mark.parametrize(("typed", "audience"), [("narvolet", "UANN"), ("axolumer", "UBOB"), ("quorvaht", None)])
def test_a_word_is_read_as_one_that_the_asker_may_see(library: Library, typed: str, audience: str | None) -> None:
    fill(library, "T1")
    for audiences in viewers():
        found = library.of("T1", audiences).ask(f"what does the {typed} cost?", limit=3)
        assert (WORDS[audience] in found.corrected.values()) == (audience is None or audience in audiences)
    assert not library.of("T3").ask(f"what does the {typed} cost?").corrected


def test_the_same_text_for_two_audiences_is_two_articles(library: Library) -> None:
    same, team = (
        article("Bonus", "The bonus is 5,000 dollars a year.", origin="https://example.org/bonus"),
        library.of("T1"),
    )
    first = team.only_for("UANN").add(same)
    second = team.only_for("UBOB").add(same)
    third = team.add(same)
    assert {one.outcome for one in (first, second, third)} == {Outcome.ADDED}
    assert len({first.article_id, second.article_id, third.article_id}) == 3
    found = library.of("T1", ["UANN"]).ask("what is the bonus?", limit=5)
    assert {one.citation.article_id for one in found.passages} <= {first.article_id, third.article_id}
    assert all(
        also.article_id in (first.article_id, third.article_id) for one in found.passages for also in one.also_in
    )


def test_a_given_id_is_each_audiences_own(library: Library) -> None:
    given = article("Plan", "The plan is secret until May.", id="plan")
    private = library.of("T1").only_for("UANN").add(given)
    public = library.of("T1").add(article("Plan", "The plan is public.", id="plan"))
    assert private.article_id != public.article_id
    assert library.of("T1", ["UANN"]).article("plan").paragraphs[0].text == "The plan is public."
    assert (
        library.of("T1", ["UANN"]).article(private.article_id).paragraphs[0].text
        == "The plan is secret until May."
    )


def test_what_is_removed_for_one_stays_for_others(library: Library) -> None:
    ids = fill(library, "T1")
    with pytest.raises(NotFoundError):
        library.of("T1").remove(ids["UANN"])
    library.of("T1", ["UANN"]).remove(ids["UANN"])
    assert library.audiences("T1") == ["CPRIV", "UBOB"]
    library.of("T1").remove_all()
    assert library.audiences("T1") == []
    assert library.of("T1", [one for one in AUDIENCES if one]).stats().articles == 0


def test_a_collection_that_only_others_have_is_not_named(library: Library) -> None:
    fill(library, "T1")
    with pytest.raises(NotFoundError) as raised:
        library.of("T1").ask("zebra?", Scope(("of-narvolent",)))
    assert "pangorix" not in str(raised.value)
    assert "of-quorvath" in str(raised.value)
