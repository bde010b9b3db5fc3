"""Every backend gives the vectors of PyTorch in full precision, for every kind of text and model."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoding.backends import open_backend
from embeddings.encoding.backends.base import BackendName, Vectors, batches
from embeddings.encoding.backends.openvino import Precision
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.errors import ModelError
from embeddings.ingest.files import read, sources
from embeddings.types import Article
from tests import kept
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.slow


FASTER = [BackendName.BF16, BackendName.OPENVINO]


ODD = [
    "",
    " ",
    "x",
    "\t line\r\nbreaks \u2028 and\u00a0spaces\u200b ",
    "在乌镇举行的会议上，公司承诺投入一千亿元。",
    "🌍🌍 e\u0301 ﬁ İstanbul \U0001f9d1\u200d\U0001f680",
    "\x00 \x07 \ufffd \ufeff",
    "supercalifragilistic" * 40,
    "[CLS] [SEP] [PAD] [MASK] ##ing",
    "A crane stood by the river bank. " * 300,
    "UPPER CASE, lower case",
]


class Exact:
    """The packaged model in full precision; each text is encoded once, alone or among many."""

    def __init__(self) -> None:
        self.encoder = SentenceTransformerEncoder(backend=BackendName.FP32)
        self._rows: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        missing = [text for text in texts if text not in self._rows]
        self._rows |= zip(missing, self.encoder.encode(missing), strict=True)
        return np.stack([self._rows[text] for text in texts])


@pytest.fixture(scope="module")
def exact() -> Exact:
    return Exact()


@pytest.fixture(scope="module", params=FASTER)
def faster(request: pytest.FixtureRequest) -> SentenceTransformerEncoder:
    return kept.encoder(backend=request.param)


@pytest.fixture(scope="module")
def served(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which a process that serves kept the tiny model as it was converted, and its output."""
    folder = tmp_path_factory.mktemp("models")
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from embeddings.encoding.encoder import SentenceTransformerEncoder as E\n"
        f"print(E({str(tiny_model)!r}, cache=Path({str(folder)!r})).backend.about, 'torch' in sys.modules)\n"
    )
    return folder, child(script)


@pytest.fixture
def converted(served: tuple[Path, str], tmp_path: Path) -> Path:
    """A folder of models that holds the tiny one as the program converted it."""
    shutil.copytree(served[0], tmp_path / "models")
    return tmp_path / "models"


def paragraphs() -> list[str]:
    found = [one for path in sources(EXAMPLES / "articles") for one in read(path)]
    return [p.text for one in found if isinstance(one, Article) for p in one.paragraphs][::4]


def least_cosine(encoder: SentenceTransformerEncoder) -> float:
    """Return how near its vectors must be to those in full precision: 8-bit integers round more."""
    return 0.995 if Precision.INT8.about in encoder.backend.about else 0.9997


def test_vectors_are_those_of_full_precision(exact: Exact, faster: SentenceTransformerEncoder) -> None:
    texts = [*paragraphs(), *ODD]
    ours, theirs = faster.encode(texts), exact.encode(texts)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    assert np.linalg.norm(ours, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.sum(ours * theirs, axis=1).min() > least_cosine(faster)
    for name in ("name", "dim", "fingerprint"):
        assert getattr(faster, name) == getattr(exact.encoder, name)


def test_nearest_texts_stay_the_nearest(exact: Exact, faster: SentenceTransformerEncoder) -> None:
    texts = paragraphs()
    theirs, ours = exact.encode(texts), faster.encode(texts)
    beginnings = exact.encode([text.split(".")[0] for text in texts[::3]])
    for text, beginning in zip(texts[::3], beginnings, strict=True):
        cosines = theirs @ beginning
        found = int(np.argmax(ours @ faster.encode([text.split(".")[0]])[0]))
        assert cosines[found] > cosines.max() - 0.005


def test_a_text_is_encoded_alone_as_among_many(faster: SentenceTransformerEncoder) -> None:
    texts = [*ODD, *paragraphs()[:5]]
    for row, text in zip(faster.encode(texts), texts, strict=True):
        assert float(faster.encode([text])[0] @ row) > least_cosine(faster)


def test_no_text_gives_no_row(exact: Exact, faster: SentenceTransformerEncoder) -> None:
    for encoder in (exact.encoder, faster):
        assert encoder.encode([]).shape == (0, 384)


def test_what_is_no_text_is_refused_and_harms_nothing(faster: SentenceTransformerEncoder) -> None:
    for wrong in ("\ud800", None, 7):
        with pytest.raises((TypeError, ValueError)):
            faster.encode([wrong])  # type: ignore[list-item]  # what a caller may get wrong
        with pytest.raises((TypeError, ValueError)):
            faster.encode(["a crane", wrong])  # type: ignore[list-item]  # the same
    assert faster.encode(["a crane", "a dog"]).shape == (2, 384)


def test_single_texts_are_encoded_while_many_are(exact: Exact, faster: SentenceTransformerEncoder) -> None:
    many, single = paragraphs(), [f"Where did crane number {number} stand?" for number in range(12)]
    begun = threading.Event()

    def ask(text: str) -> float:
        begun.wait(300)
        return float(faster.encode([text])[0] @ exact.encode([text])[0])

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, text) for text in single]
        begun.set()
        rows = faster.encode(many)
        assert min(one.result() for one in asked) > least_cosine(faster)
    assert np.sum(rows * exact.encode(many), axis=1).min() > least_cosine(faster)


@pytest.mark.parametrize("backend", [BackendName.FP32, *FASTER])
def test_any_sentence_transformers_model_works(backend: BackendName, tiny_model: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["a crane", "a dog and a crane", "crane " * 90, "x", ""]
    encoder = kept.encoder(tiny_model, backend)
    expected = SentenceTransformer(str(tiny_model), device="cpu").encode(texts[:4], normalize_embeddings=True)
    assert np.sum(encoder.encode(texts)[:4] * np.asarray(expected), axis=1).min() > 0.9995
    assert encoder.dim == 16


def test_a_prompt_that_the_model_wants_goes_before_every_text(tiny_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(tiny_model), device="cpu", prompts={"own": "dog crane "}, default_prompt_name="own"
    )
    model.save(str(tmp_path / "prompted"))
    expected = np.asarray(model.encode(["a crane", "a"], normalize_embeddings=True))
    for backend in (BackendName.FP32, BackendName.OPENVINO):
        encoder = SentenceTransformerEncoder(str(tmp_path / "prompted"), backend=backend)
        assert np.sum(encoder.encode(["a crane", "a"]) * expected, axis=1).min() > 0.9995
        assert float(encoder.encode(["a crane"])[0] @ expected[0]) > 0.9995


def test_a_converted_model_is_kept_and_read_without_pytorch(tiny_model: Path, converted: Path) -> None:
    first = SentenceTransformerEncoder(str(tiny_model), backend=BackendName.OPENVINO, cache=converted)
    expected = first.encode(["a crane"])
    (place,) = converted.iterdir()
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from embeddings.encoding.encoder import SentenceTransformerEncoder as E\n"
        f"rows = E({str(tiny_model)!r}, cache=Path({str(converted)!r})).encode(['a crane'])\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
        "print(rows.tolist())"
    )
    assert np.array(eval(child(script)), dtype=np.float32) == pytest.approx(expected, abs=1e-4)  # noqa: S307  # ours
    assert list(converted.iterdir()) == [place]


def test_a_process_that_serves_never_loads_pytorch(served: tuple[Path, str]) -> None:
    about = served[1]
    assert about.startswith("OpenVINO")
    assert about.rstrip().endswith("False")


@pytest.mark.parametrize("damage", ["model.bin", "model.xml", "tokenizer.json", "facts.json"])
def test_a_damaged_kept_model_is_made_anew(
    damage: str, tiny_model: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> SentenceTransformerEncoder:
        return SentenceTransformerEncoder(str(tiny_model), backend=BackendName.OPENVINO, cache=converted)

    kept.convert_here(monkeypatch)
    expected = opened().encode(["a crane"])
    (place,) = converted.iterdir()
    (place / damage).write_bytes(b"torn")
    assert opened().encode(["a crane"]) == pytest.approx(expected, abs=1e-4)
    assert (place / damage).stat().st_size > 10


def test_a_cache_that_can_t_be_written_is_done_without(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.convert_here(monkeypatch)
    (tmp_path / "file").write_text("not a folder")
    encoder = SentenceTransformerEncoder(
        str(tiny_model), backend=BackendName.OPENVINO, cache=tmp_path / "file" / "models"
    )
    assert encoder.encode(["a crane"]).shape == (1, 16)


def test_without_openvino_pytorch_is_taken_and_openvino_by_name_refused(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "openvino"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it weren't installed
    encoder = SentenceTransformerEncoder(str(tiny_model))
    assert encoder.encode(["a crane", "a dog"]).shape == (2, 16)
    assert encoder.backend.about.startswith("PyTorch")
    with pytest.raises(ModelError, match="pip install openvino"):
        SentenceTransformerEncoder(str(tiny_model), backend=BackendName.OPENVINO).encode(["a crane"])


def test_a_model_that_openvino_would_change_is_left_to_pytorch(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "slow"
    shutil.copytree(tiny_model, folder)
    from embeddings.encoding.backends import convert
    from embeddings.encoding.backends.__main__ import main as convert_apart

    before = convert.LEAST_COSINE
    convert.LEAST_COSINE = 1.1  # no model gives such vectors: every conversion counts as wrong
    try:
        found = open_backend(BackendName.AUTO, folder, "0" * 64, None)
        with pytest.raises(ModelError, match="other vectors"):
            convert_apart(str(folder), str(tmp_path / "models"))
        with pytest.raises(ModelError, match="backend auto or fp32") as raised:
            open_backend(BackendName.OPENVINO, folder, "0" * 64, None)
        assert raised.value.argument == "backend"
    finally:
        convert.LEAST_COSINE = before
    assert "PyTorch" in found.about
    assert "other vectors" in found.about
    assert not (tmp_path / "models").exists()


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 2000))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], most: int) -> None:
    found = list(batches(lengths, most))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    for batch in found:
        padded = len(batch) * max(lengths[place] for place in batch)
        assert padded <= most or len(batch) == 1


def child(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=EXAMPLES.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
