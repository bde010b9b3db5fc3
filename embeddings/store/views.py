"""FAISS ids of paragraphs' views, and choosing among them."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS

Mask = npt.NDArray[np.bool_]
"""Whether each paragraph is chosen, by its id. Ids beyond the end are not."""


def view_ids(ids: Ids) -> Ids:
    """The FAISS ids, `paragraph id * VIEWS + view`, of all views of these paragraphs, in their order."""
    views: Ids = (ids[:, None] * VIEWS + np.arange(VIEWS)).ravel()
    return views


def mask_of(ids: Ids) -> Mask:
    """The mask in which these ids, and no others, are chosen."""
    mask = np.zeros(int(ids.max()) + 1 if len(ids) else 0, dtype=np.bool_)
    mask[ids] = True
    return mask


def selector(mask: Mask) -> faiss.IDSelector:
    """What has FAISS look at the views of the chosen paragraphs alone."""
    return faiss.IDSelectorBitmap(np.packbits(np.repeat(mask, VIEWS), bitorder="little"))
