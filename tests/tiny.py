"""A sentence-transformers model of a few thousand weights, for tests of what surrounds a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path


def make_tiny_model(folder: Path) -> Path:
    """Make one in `folder`, always the same; gives the model's own folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "a", "crane", "dog"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    untyped: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    fast = untyped(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")
    fast.save_pretrained(folder / "raw")
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder / "raw")
    transformer = modules.Transformer(str(folder / "raw"), max_seq_length=32)
    SentenceTransformer(modules=[transformer, modules.Pooling(16)]).save(str(folder / "tiny"))
    return folder / "tiny"


def prompted(model: Path, folder: Path, **prompts: str) -> Path:
    """Copy the model to `folder` with these prompts in its files; gives the folder."""
    shutil.copytree(model, folder)
    file = folder / "config_sentence_transformers.json"
    settings = {**json.loads(file.read_text()), "prompts": prompts}
    file.write_text(json.dumps(settings))
    return folder
