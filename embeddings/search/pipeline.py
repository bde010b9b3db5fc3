"""The way through search, in one place: candidates, features, scores, confidence, passages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.encoding.questions import QuestionVectors
from embeddings.index.base import Reach, SearchIndex
from embeddings.scope import Scope, TeamScope
from embeddings.search import series
from embeddings.search.abbreviations import LOOKED_UP, abbreviations, meaning, spelled_out
from embeddings.search.compounds import compounds, sought, with_nouns
from embeddings.search.decide import evidence, from_json, probabilities, to_json
from embeddings.search.features import Features, Floats, Unscored, compare, measure, read, sound
from embeddings.search.highlight import highlight
from embeddings.search.question import Question, idf, parse, read_as, stripped
from embeddings.search.ranking import Ranked, fold, rank, sentence_scores
from embeddings.search.references import with_references
from embeddings.search.rerank import Reranker, SecondStage
from embeddings.store import copies as links
from embeddings.store import metadata, paragraphs
from embeddings.store.base import Database
from embeddings.store.metadata import Model
from embeddings.store.paragraphs import Candidate, Found
from embeddings.store.versions import VersionCache
from embeddings.types import Passage
from embeddings.weights import (
    CANDIDATES,
    CONFIDENCE_OF,
    CROSS_LANGUAGE_OF,
    DEFAULT_CONFIDENCE,
    DEFAULT_WEIGHTS,
    Confidence,
    Weights,
)

Timing = Callable[[str], AbstractContextManager[object]]
"""Opens a context around each stage of a search, by its name; `nullcontext` measures nothing."""

_MAX_OF_ARTICLES, _MAX_MEANINGS = 400, 1000


@dataclass(frozen=True, slots=True)
class KeptConfidence:
    """What a library keeps of a decision of its own, for one embedding model.

    `model` is the decision as it is stored, `None` where the shipped one decides. `own_of` is how many paragraphs
    there were when it was fitted on their sentences; 0 for one that was fitted on labelled questions. `tried_of`
    is how many there were when the last such fit failed, 0 where none has.
    """

    model: str | None
    own_of: int
    tried_of: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The candidates for one question with their features, the idf of its terms, and their scores by keywords.

    `confidence` is the model that decides, `vector` the question's, unit length. `bonus` is what a reranker adds
    to each sentence's score, if there is one.
    """

    question: Question
    candidates: list[Candidate]
    features: Features
    idf: Floats
    bm25: dict[int, float]
    confidence: Confidence
    vector: Vectors
    bonus: Floats | None = None

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return len(self.vector)

    def shifted(self, by: float) -> Measured:
        """Return the same, decided from a threshold that is higher by this much."""
        model = self.confidence
        return replace(self, confidence=replace(model, threshold=model.threshold + by)) if by else self


class Searcher:
    """Searches one library. Any number of threads may use one."""

    def __init__(
        self,
        database: Database,
        index: SearchIndex,
        encoder: Encoder,
        *,
        reranker: Reranker | None = None,
        timing: Timing = nullcontext,
    ) -> None:
        self._database, self._index, self._encoder = database, index, encoder
        self._second_stage = SecondStage(reranker) if reranker is not None else None
        self.timing = timing
        self._turns = threading.BoundedSemaphore(index.at_once)
        self.vectors = QuestionVectors(encoder)
        self._settings: VersionCache[None, Mapping[str, str]] = VersionCache(1)
        self._meanings: VersionCache[tuple[TeamScope, str], str] = VersionCache(_MAX_MEANINGS)

    @contextmanager
    def search(
        self,
        text: str,
        scope: TeamScope,
        most: int = CANDIDATES,
        *,
        literal: bool = True,
        rerank: bool = False,
        version: int | None = None,
    ) -> Iterator[tuple[Connection, Measured | None]]:
        """Find the candidates for the question in `text` and measure them: up to `most` by vectors and as many by
        keywords.

        Mistyped words are read as words of the library's, unless the question is taken to the letter. The words
        are searched while the question is encoded. `version` is the database's from before, where it is known.
        Yields the connection that they were read with, for reading more; `None` when there are no candidates. As
        many are searched at once as the index can bear, until their connection is given back: don't search within
        it. Others are encoded while they wait.
        Raises `QuestionError`, `NotFoundError` for a collection that isn't there, and `ModelMismatchError`.
        """
        index, timing = self._index, self.timing
        text = stripped(text)
        encoding = self.vectors.begin(text)  # first: it takes longer than all that needs no vector
        question = parse(text)
        version = self._database.version() if version is None else version
        with self._turns, self._database.reading() as connection:
            with timing("beginning"):
                for name in scope.collections or ():
                    paragraphs.check_collection(connection, scope.owners, name)
                settings = self._settings.read(version, None, lambda: metadata.settings(connection))
                model = metadata.checked(settings, own_model(self._encoder))
            if model is None:
                yield connection, None
                return
            with timing("scope"):
                reach = index.within(connection, model, scope, version)
            if not literal:
                with timing("correction"):
                    own = Scope().of(scope.team, scope.audiences)
                    question = read_as(
                        question, lambda terms: index.known(index.within(connection, model, own, version), terms)
                    )
                if question.corrected:
                    encoding = self.vectors.begin(question.text)
            with timing("keywords"):
                question = with_nouns(question)
                frequencies = index.frequencies(reach, sought(question))
                weight = idf(question.forms, frequencies, reach.paragraphs)
                matches = index.keywords(
                    reach, frequencies, _by_form(question, weight, frequencies, reach.paragraphs), most
                )
            question = self._spelled_out(question, scope, reach, frequencies)
            with timing("rows"):
                found = paragraphs.candidates(connection, sorted(matches), reach.bounds)
                parts = _read(connection, question, found, model.dim)
                series.read_titles({one.title for one in found})
            with timing("encoding"):
                vector = encoding()
            with timing("vectors"):
                found = index.candidates(reach, vector, most, matches.keys())
            with timing("features"):
                parts += _read(connection, question, found, model.dim)
                if not parts:
                    yield connection, None
                    return
                candidates = [candidate for one in parts for candidate in one.candidates]
                features = with_references(connection, question, candidates, compare(vector, parts))
            confidence = self._confidence_in(settings)
            measured = Measured(question, candidates, features, weight, matches, confidence, vector)
            yield connection, self._scored_again(connection, measured) if rerank else measured

    def _scored_again(self, connection: Connection, measured: Measured) -> Measured:
        """Return the same with what the reranker adds, if there is one. Others have their turn in between."""
        if self._second_stage is None:
            return measured
        with self.timing("reranking"):
            question, features = measured.question, measured.features
            scores = sentence_scores(question, features, measured.idf, DEFAULT_WEIGHTS)
            self._turns.release()
            try:
                bonus = self._second_stage.bonus(connection, question.text, measured.candidates, features, scores)
            finally:
                self._turns.acquire()
            return replace(measured, bonus=bonus)

    def _spelled_out(
        self, question: Question, scope: TeamScope, reach: Reach, frequencies: Mapping[str, int]
    ) -> Question:
        """Return the question in which what its abbreviations are short for counts as them, where the paragraphs
        in reach, which are those of the scope, or everybody's use tell.
        """
        short = abbreviations(question)
        if not short:
            return question

        def read(term: str) -> str:
            number = frequencies.get(term, 0)
            found = self._index.keywords(reach, {term: number}, {term: 1.0}, LOOKED_UP) if number else {}
            texts = paragraphs.passages(reach.connection, sorted(found))
            return meaning(term, (texts[one].text for one in sorted(texts))) or ""

        with self.timing("abbreviations"):
            meanings = {
                term: self._meanings.read(reach.version, (scope, term), partial(read, term)) for term in short
            }
            return spelled_out(question, {term: one for term, one in meanings.items() if one})

    def measure_articles(
        self, connection: Connection, measured: Measured, article_keys: Sequence[int]
    ) -> Measured | None:
        """Measure the paragraphs of these articles for the same question; `None` when they have none."""
        found = sound(paragraphs.of_articles(connection, article_keys, _MAX_OF_ARTICLES), measured.dim)
        if not found:
            return None
        found = _with_compounds(connection, measured.question, found)
        features = measure(measured.question, measured.vector, found)
        features = with_references(connection, measured.question, found, features)
        return replace(measured, candidates=found, features=features, bonus=None)

    def close(self) -> None:
        """End the reranker's thread, if there is one."""
        if self._second_stage is not None:
            self._second_stage.close()

    def confidence(self, connection: Connection) -> Confidence:
        """Return the model that decides: the library's own for its embedding model, or the one shipped for it."""
        return self._confidence_in(metadata.settings(connection))

    def _confidence_in(self, settings: Mapping[str, str]) -> Confidence:
        shipped = CONFIDENCE_OF.get(self._encoder.name, DEFAULT_CONFIDENCE)
        return from_json(settings.get(confidence_name(self._encoder)), shipped)

    def across(self, model: Confidence) -> Confidence | None:
        """Return what decides in place of `model` where the question is in another language than the passages;
        `None` where nothing ships for the embedding model, and where the library keeps a decision of its own.
        """
        name = self._encoder.name
        shipped, across = CONFIDENCE_OF.get(name), CROSS_LANGUAGE_OF.get(name)
        if shipped is None or across is None or replace(model, threshold=shipped.threshold) != shipped:
            return None
        return replace(across, threshold=model.threshold)

    def keep_confidence(
        self, model: Confidence | None, *, own_of: int = 0, in_place_of: KeptConfidence | None = None
    ) -> bool:
        """Decide with `model` from now on, for this library and its embedding model; `None`: as shipped.

        `own_of`: it was fitted on the library's own sentences, when this many paragraphs were there. With
        `in_place_of`, nothing is changed, which returns `False`, where something else has been kept since.
        """
        name = confidence_name(self._encoder)
        with self._database.writing() as connection:
            if in_place_of is not None and self.kept_confidence(connection) != in_place_of:
                return False
            metadata.write(connection, name, to_json(model) if model else "")
            metadata.write(connection, f"{name}.own", str(own_of) if own_of else "")
        return True

    def keep_failed_fit(self, count: int) -> None:
        """Remember that no fit on the library's own sentences could be made when it held `count` paragraphs."""
        with self._database.writing() as connection:
            metadata.write(connection, f"{confidence_name(self._encoder)}.tried", str(count))

    def kept_confidence(self, connection: Connection) -> KeptConfidence:
        """Return what the library keeps of a decision of its own for its embedding model."""
        settings, name = metadata.settings(connection), confidence_name(self._encoder)
        own_of, tried_of = (int(settings.get(f"{name}.{one}") or 0) for one in ("own", "tried"))
        return KeptConfidence(settings.get(name) or None, own_of, tried_of)


def confidence_name(encoder: Encoder) -> str:
    """Return the name under which a library keeps a decision of its own for the encoder's model."""
    return f"confidence.{encoder.fingerprint[:16]}"


def own_model(encoder: Encoder) -> Model:
    """Return the encoder's model as it is stored with its vectors."""
    return Model(encoder.name, encoder.dim, encoder.fingerprint)


def _read(connection: Connection, question: Question, found: list[Candidate], dim: int) -> list[Unscored]:
    """Return what is measured of candidates before they are compared with the question's vector: one part, none
    when none of them is sound.
    """
    found = _with_compounds(connection, question, found)
    try:
        return [read(question, found, dim)] if found else []
    except ValueError:
        found = sound(found, dim)
        return [read(question, found, dim)] if found else []


def _by_form(question: Question, weight: Floats, frequencies: Mapping[str, int], size: int) -> dict[str, float]:
    """Return what each form that is searched for tells among `size` paragraphs.

    The verb of a noun made of it tells what it tells by itself, which is little if it is common: "take".
    """
    verbs = [verb for noun in compounds(question) for verb in noun.verbs]
    own = idf([(verb,) for verb in verbs], frequencies, size)
    tells = zip(question.forms, weight.tolist(), strict=True)
    return dict(zip(verbs, own.tolist(), strict=True)) | {form: one for forms, one in tells for form in forms}


def _with_compounds(connection: Connection, question: Question, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates; one that says such a noun of the question with its verb, in its text or title, counts
    as having the noun.
    """
    for noun in compounds(question):
        holders = [one.id for one in candidates if noun.may_be_in(one)]
        texts = paragraphs.passages(connection, holders)
        said = {
            key for key, one in texts.items() if noun.is_said_in(one.text) or noun.is_said_in(one.citation.title)
        }
        candidates = [noun.counted_in(one) if one.id in said else one for one in candidates]
    return candidates


def order(measured: Measured, weights: Weights = DEFAULT_WEIGHTS) -> list[Ranked]:
    """Return every candidate, best first."""
    scores = sentence_scores(measured.question, measured.features, measured.idf, weights)
    if measured.bonus is not None:
        scores = np.clip(scores + measured.bonus, 0.0, 1.0)
    return rank(measured.candidates, measured.features, scores)


def judged(measured: Measured, ranked: list[Ranked], model: Confidence = DEFAULT_CONFIDENCE) -> list[float]:
    """Return the probability (0 to 1) of each of the ranked passages that it answers the question."""
    return probabilities(evidence(measured.question, measured.features, measured.idf, ranked), model)


def passages(
    connection: Connection, ranked: list[Ranked], limit: int, relevant: frozenset[int] = frozenset()
) -> tuple[Passage, ...]:
    """Return the first `limit` passages with text, highlight and citation, equal texts folded together.

    Damaged ones are left out.
    `relevant` are the ids of the paragraphs that belong to the answer.
    """
    kept = fold(ranked, limit)
    return shown(connection, kept, paragraphs.passages(connection, ids_of(kept)), relevant)


def ids_of(kept: Sequence[Ranked]) -> list[int]:
    """Return the ids of the paragraphs that are cited with these passages."""
    return [c.id for one in kept for c in (one.candidate, *one.same_text)]


def shown(
    connection: Connection, kept: Sequence[Ranked], found: Mapping[int, Found], relevant: frozenset[int]
) -> tuple[Passage, ...]:
    """Return the folded passages as they are shown; `found` are the paragraphs with the ids of `ids_of`, those
    that are sound.
    """
    kept = [one for one in kept if one.candidate.id in found]
    elsewhere = links.of(connection, {one.candidate.article_key for one in kept})
    result = []
    for number, one in enumerate(kept, start=1):
        paragraph = found[one.candidate.id]
        copies = (found[c.id].citation for c in one.same_text if c.id in found)
        also_in = dict.fromkeys((*copies, *elsewhere.get(one.candidate.article_key, ())))
        result.append(
            Passage(
                rank=number,
                score=round(one.score, 4),
                citation=paragraph.citation,
                paragraph=paragraph.position,
                text=paragraph.text,
                highlight=highlight(paragraph.text, spans_from_blob(paragraph.sentence_spans), one.sentence),
                heading=paragraph.heading,
                also_in=tuple(also_in),
                page=paragraph.page,
                table=bool(paragraph.is_table),
                label=paragraph.label,
                relevant=one.candidate.id in relevant,
            )
        )
    return tuple(result)
