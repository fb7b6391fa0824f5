"""Storing a peft LoRA adapter as a GGUF file that llama.cpp can load.

The layout is that of llama.cpp's ``convert_lora_to_gguf.py``: ``<tensor>.weight.lora_a`` (rank, in) and ``.lora_b``
(out, rank), with ``adapter.type`` and ``adapter.lora.alpha``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

_PREFIX = "base_model.model."
_SIDES = {".lora_A.default.weight": ".lora_a", ".lora_B.default.weight": ".lora_b"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a Llama model."""

    layers: int
    heads: int
    key_value_heads: int


def write_adapter(parameters: Mapping[str, NDArray[np.float32]], shape: Shape, *, alpha: float, path: Path) -> None:
    """Write ``parameters``, named as peft names them, as 16-bit floats; whole or not at all.

    Raises:
        ValueError: a name does not belong to an adapter for a Llama model.
    """
    scratch = path.with_name(f"{path.name}.new")
    writer = gguf.GGUFWriter(scratch, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for place in _places(parameters, shape):
        matrix = parameters[place.parameter]
        ordered = matrix if place.rotated is None else rotary_order(matrix, place.rotated)
        writer.add_tensor(place.tensor, np.ascontiguousarray(ordered, np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    scratch.replace(path)


def read_adapter(path: Path, parameters: Iterable[str], shape: Shape) -> dict[str, NDArray[np.float32]]:
    """The matrices that ``write_adapter`` wrote, by peft's names.

    Raises:
        ValueError: the file cannot be read, or lacks one of ``parameters``.
    """
    try:
        found = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    except (OSError, ValueError, IndexError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    matrices = {}
    for place in _places(parameters, shape):
        if place.tensor not in found:
            raise ValueError(f"{path.name} has no {place.tensor}")
        matrix = np.array(found[place.tensor], np.float32)
        matrices[place.parameter] = matrix if place.rotated is None else halves_order(matrix, place.rotated)
    return matrices


def rotary_order(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """``matrix`` (of q or k) with its rows in llama.cpp's order: it rotates neighbouring rows, where transformers
    rotates the halves of each head."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def halves_order(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The inverse of ``rotary_order``."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a parameter is in the file."""

    parameter: str
    tensor: str
    rotated: int | None
    """The number of heads, for a matrix whose rows llama.cpp has in another order; else None."""


def _places(parameters: Iterable[str], shape: Shape) -> Iterator[_Place]:
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, shape.layers)
    for name in parameters:
        side = next((side for side in _SIDES if name.endswith(side)), None)
        module = name.removeprefix(_PREFIX).removesuffix(side or "")
        tensor = names.get_name(module)
        if side is None or tensor is None:
            raise ValueError(f"{name} is no part of an adapter for a Llama model")
        rotated = None
        if _SIDES[side] == ".lora_b" and module.endswith((".q_proj", ".k_proj")):
            rotated = shape.heads if module.endswith(".q_proj") else shape.key_value_heads
        yield _Place(name, f"{tensor}.weight{_SIDES[side]}", rotated)
