"""Ways around an audience that were tried: ids that collide."""

from __future__ import annotations

import pytest

from embeddings.errors import NotFoundError
from embeddings.library import Library
from tests.conftest import article

LONG = "A title of so very many words that it is longer than what an article's id keeps of it, by far"


@pytest.mark.parametrize("title", ["Plan", LONG, "ﷺ" * 40, "…"])
def test_an_audiences_article_has_no_id_of_the_teams(library: Library, title: str) -> None:
    team = library.of("T1")
    private = team.only_for("UANN").add(article(title, "The private bonus is 5,000 dollars."))
    other = team.only_for("UBOB").add(article(title, "The private bonus is 7,000 dollars."))
    public = team.add(article(title, "The public bonus is 9 dollars."))
    assert len({private.article_id, other.article_id, public.article_id}) == 3
    assert "5,000" in library.of("T1", ["UANN"]).article(private.article_id).paragraphs[0].text
    with pytest.raises(NotFoundError):
        team.remove(private.article_id)
