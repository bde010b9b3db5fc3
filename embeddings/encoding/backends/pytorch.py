"""A sentence-transformers model as PyTorch runs it, in full precision or with the transformer in bfloat16."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers import SentenceTransformer

from embeddings.encoding.backends.base import Role, Vectors, batches
from embeddings.encoding.backends.prompts import Prompts
from embeddings.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

_MOST_TOKENS = 1024
"""Tokens of a batch. Above 512 the speed hardly grows, and a question that waits for its turn waits longer."""

_CHARACTERS = 4.4
"""Characters of a token in English text; good enough to see which texts go together."""


class PyTorchBackend:
    """A loaded model. `note` says why a faster backend is not used."""

    def __init__(
        self, model: SentenceTransformer, prompts: Prompts, *, half: bool = False, note: str = ""
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._half = half
        self._note = note

    @property
    def dim(self) -> int:
        """The model's own dimension."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def about(self) -> str:
        """PyTorch's version, precision and threads, and why nothing faster."""
        precision = "bfloat16" if self._half else "float32"
        found = f"PyTorch {torch.__version__}, {precision}, {torch.get_num_threads()} threads"
        return f"{found}. {self._note}" if self._note else found

    def few(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the texts' vectors in one batch, on one thread.

        A question gains nothing from a second one, whose busy waiting slows the search after it.
        """
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._rows(list(texts), role)
        finally:
            torch.set_num_threads(before)

    def many(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Vectors]]:
        """Yield the texts' vectors, a batch of texts of about one length a step."""
        longest = int(self._model.max_seq_length or 0) or _MOST_TOKENS
        lengths = [min(int(len(text) / _CHARACTERS) + 2, longest) for text in texts]
        for batch in batches(lengths, _MOST_TOKENS):
            yield batch, self._rows([texts[place] for place in batch], role)

    def _rows(self, texts: list[str], role: Role) -> Vectors:
        prompt = self._prompts.of(role)
        with torch.inference_mode():
            rows: Vectors = unit_rows(self._model, self._model.preprocess(texts, prompt=prompt or None)).numpy()
        return rows


def open_model(
    folder: Path, prompts: Prompts, *, half: bool = False, note: str = "", threads: int | None = None
) -> PyTorchBackend:
    """Return the model in `folder`, `half` for bfloat16. Raises `ModelError` when it can't be loaded.

    With `threads` at most that many compute, of all models of this process.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    model = load(folder)
    if half:
        model[0].bfloat16()
        model[0].register_forward_hook(_in_full)
    return PyTorchBackend(model, prompts, half=half, note=note)


def load(folder: Path) -> SentenceTransformer:
    """Return the model in `folder`, on the CPU. Raises `ModelError` when it can't be loaded."""
    from transformers.utils import logging

    silence: Callable[[], None] = logging.disable_progress_bar
    silence()
    try:
        model = SentenceTransformer(str(folder), device="cpu", trust_remote_code=False)
    except Exception as error:  # whatever a damaged file makes of the many readers involved
        reason = str(error).rstrip(".")
        if "trust_remote_code" in reason:
            reason = "it needs Python code of its own, and only code that is installed is run"
        raise _refused(folder, reason) from error
    if not _knows_words(model.tokenizer):
        raise _refused(folder, "it has no tokenizer, or one without words")
    return model


def _knows_words(tokenizer: Any) -> bool:
    """Return whether the tokenizer has words beside its special tokens; one made without its files has none."""
    words: Callable[[], Iterable[str]] = getattr(tokenizer, "get_vocab", list)
    return bool(set(words()) - set(getattr(tokenizer, "all_special_tokens", ())))


def _refused(folder: Path, reason: str) -> ModelError:
    return ModelError(
        f"The embedding model in {folder} can't be loaded: {reason}. "
        "Name another, or none for the packaged model.",
        argument="model",
    )


def unit_rows(model: SentenceTransformer, features: dict[str, Any]) -> Tensor:
    """Return one unit-length float32 row for each text of `features`, as the model's `encode` returns them."""
    rows = model(features)["sentence_embedding"].float()
    return torch.nn.functional.normalize(rows[:, : model.truncate_dim], dim=1)


def is_half_fast() -> bool:
    """Return whether this processor computes with bfloat16 itself; where it doesn't, float32 is faster."""
    look = getattr(torch.cpu, "get_capabilities", None)  # PyTorch 2.10 and newer
    return look is not None and any("bf16" in name and there for name, there in look().items())


def _in_full(_module: torch.nn.Module, _given: object, features: dict[str, Any]) -> dict[str, Any]:
    """Pooling adds up many tokens: it gets them in full precision."""
    return {
        name: value.float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
        for name, value in features.items()
    }
