"""Weights of 8 bits are within half a step of a model's own, and the model itself keeps its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from embeddings.encoding.backends.converted import load_openvino
from embeddings.encoding.backends.quantized import quantized


def product(weights: npt.NDArray[np.float32], *, transposed: bool) -> Any:
    """Return a model that multiplies rows by the weights, and what comes of it by itself."""
    openvino = load_openvino()
    ops = openvino.opset13
    given = ops.parameter([-1, -1], np.float32, name="given")
    rows = ops.matmul(given, ops.constant(weights), transpose_a=False, transpose_b=transposed)
    return openvino.Model([rows, ops.matmul(rows, rows, transpose_a=False, transpose_b=True)], [given])


def outcome(model: Any, rows: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    settings = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
    found = load_openvino().Core().compile_model(model, "CPU", settings)([rows])
    return [np.array(found[0]), np.array(found[1])]


@pytest.mark.parametrize(("transposed", "columns", "group"), [(True, 128, 64), (False, 128, 64), (True, 100, 100)])
def test_products_use_weights_of_8_bits_within_half_a_step(transposed: bool, columns: int, group: int) -> None:
    weights = np.random.default_rng(3).normal(size=(6, columns)).astype(np.float32)
    weights[1] = 0  # a row of zeros, one of one sign, and one with a number far from the others
    weights[2] = np.abs(weights[2]) + 5
    weights[3, 7] = 300
    model = product(weights if transposed else np.ascontiguousarray(weights.T), transposed=transposed)
    small = quantized(model)
    assert [one.get_type_name() for one in model.get_ops()].count("Convert") == 0
    assert [one.get_type_name() for one in small.get_ops()].count(
        "Convert"
    ) == 2  # the codes and their zero points
    reached, squares = outcome(small, np.eye(columns, dtype=np.float32))
    groups = weights.reshape(6, -1, group)
    steps = (np.maximum(groups.max(axis=2), 0) - np.minimum(groups.min(axis=2), 0)) / 255
    off = np.abs(reached.T - weights)
    assert (off <= 0.501 * np.repeat(steps, group, axis=1) + 1e-5).all()
    assert off[3, :group].max() > 0.1  # beside the number far from the others
    assert off[3, group:].max(initial=0) < 0.1
    np.testing.assert_allclose(squares, reached @ reached.T, rtol=1e-3)
    np.testing.assert_allclose(outcome(model, np.eye(columns, dtype=np.float32))[0].T, weights, rtol=1e-5)
