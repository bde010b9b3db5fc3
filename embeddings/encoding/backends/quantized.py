"""8-bit weights for a model in OpenVINO's form: a question reads a quarter as much of them.

Each `GROUP` numbers of a row of weights have a scale and a zero point of their own. What they are multiplied by is
rounded to 8 bits as it comes, each `GROUP` numbers of a token with a scale of their own (dynamic quantization): no
texts are needed to learn ranges from, and a text has about the same vector alone and among others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.converted import load_openvino

GROUP = 64
"""Numbers that share a scale as they are rounded: 128 take as long, and lose 1.6 times as much."""

_MOST = 255
_AXES = 2  # of a matrix; other constants are no weights of a layer


def quantized(model: Any) -> Any:
    """Return a copy of an `openvino.Model` whose matrix products have weights of 8 bits."""
    load_openvino()
    from openvino import Type, opset13

    copy = model.clone()
    for node in copy.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        constant = node.input_value(1).get_node()
        if constant.get_type_name() != "Constant" or len(constant.shape) != _AXES:
            continue
        attributes = node.get_attributes()
        weights = np.asarray(constant.data, dtype=np.float32)
        rows = weights if attributes["transpose_b"] else np.ascontiguousarray(weights.T)
        codes, zeros, scales = _codes(rows)
        shifted = opset13.subtract(opset13.convert(codes, Type.f32), opset13.convert(zeros, Type.f32))
        shape = np.array(rows.shape, dtype=np.int64)
        matrix = opset13.reshape(opset13.multiply(shifted, scales), shape, special_zero=False)
        product = opset13.matmul(node.input_value(0), matrix, attributes["transpose_a"], transpose_b=True)
        product.set_friendly_name(node.get_friendly_name())
        node.output(0).replace(product.output(0))
    return copy


def _codes(
    rows: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return the rows as integers from 0 to 255 in groups, with each group's zero point and scale:
    `(codes - zero) * scale` are its numbers, with an error of half a scale at most.

    Shapes `(rows, groups, numbers)`, `(rows, groups, 1)` and the same; rows that can't be parted are a group each.
    """
    count, columns = rows.shape
    groups = rows.reshape(count, -1, GROUP if columns % GROUP == 0 else columns)
    low = np.minimum(groups.min(axis=2, keepdims=True), 0)  # so that the zero point is one of the numbers
    high = np.maximum(groups.max(axis=2, keepdims=True), 0)
    scales = np.maximum((high - low) / _MOST, np.finfo(np.float32).tiny)
    zeros = np.round(-low / scales)
    codes = np.clip(np.round(groups / scales) + zeros, 0, _MOST)
    return codes.astype(np.uint8), zeros.astype(np.uint8), scales
