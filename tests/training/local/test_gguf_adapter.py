"""An adapter trained by peft can be loaded by llama.cpp."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from bot.training.local.gguf_adapter import Shape, halves_order, read_adapter, rotary_order, write_adapter

SHAPE = Shape(layers=2, heads=4, key_value_heads=2)
HEAD, WIDTH = 8, 32


def test_q_and_k_are_ordered_so_that_both_rotations_agree() -> None:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(SHAPE.heads * HEAD, WIDTH)).astype(np.float32)
    ours, theirs = matrix.reshape(SHAPE.heads, HEAD, WIDTH), rotary_order(matrix, SHAPE.heads)
    angle = random.normal(size=HEAD // 2)[:, None]
    first, second = ours[:, : HEAD // 2], ours[:, HEAD // 2 :]
    halves = np.concatenate(
        [first * np.cos(angle) - second * np.sin(angle), second * np.cos(angle) + first * np.sin(angle)], axis=1
    )
    even, odd = (theirs.reshape(SHAPE.heads, HEAD, WIDTH)[:, begin::2] for begin in (0, 1))
    neighbours = np.empty_like(halves)
    neighbours[:, 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    neighbours[:, 1::2] = odd * np.cos(angle) + even * np.sin(angle)
    again = rotary_order(halves.reshape(matrix.shape).astype(np.float32), SHAPE.heads)
    assert np.allclose(again, neighbours.reshape(matrix.shape), atol=1e-5)
    assert np.array_equal(halves_order(rotary_order(matrix, SHAPE.heads), SHAPE.heads), matrix)


def test_the_file_has_every_matrix_under_the_name_that_the_engine_knows(tmp_path: Path) -> None:
    path, rank, random = tmp_path / "adapter.gguf", 2, np.random.default_rng(2)
    names = ("self_attn.k_proj", "mlp.down_proj")
    parameters = {
        f"base_model.model.model.layers.1.{name}.lora_{side}.default.weight": random.normal(size=size)
        .astype(np.float16)
        .astype(np.float32)
        for name in names
        for side, size in (("A", (rank, WIDTH)), ("B", (SHAPE.key_value_heads * HEAD, rank)))
    }
    write_adapter(parameters, SHAPE, alpha=32, path=path)
    read = gguf.GGUFReader(path)
    assert {tensor.name: tuple(tensor.shape) for tensor in read.tensors} == {
        f"blk.1.{name}.weight.lora_{side}": shape
        for name in ("attn_k", "ffn_down")
        for side, shape in (("a", (WIDTH, rank)), ("b", (rank, SHAPE.key_value_heads * HEAD)))
    }
    assert read.fields["adapter.type"].contents() == "lora"
    assert read.fields["adapter.lora.alpha"].contents() == 32
    again = read_adapter(path, parameters, SHAPE)
    assert again.keys() == parameters.keys()
    assert all(np.array_equal(again[name], parameters[name]) for name in parameters)
    with pytest.raises(ValueError, match=r"has no blk\.0\.attn_k"):
        read_adapter(path, ["base_model.model.model.layers.0.self_attn.k_proj.lora_A.default.weight"], SHAPE)
    (tmp_path / "no.gguf").write_bytes(b"no adapter at all")
    with pytest.raises(ValueError, match=r"no\.gguf cannot be read"):
        read_adapter(tmp_path / "no.gguf", parameters, SHAPE)
    unknown = {"base_model.model.lm_tail.lora_A.default.weight": np.zeros((2, 2), np.float32)}
    with pytest.raises(ValueError, match="lm_tail"):
        write_adapter(unknown, SHAPE, alpha=1, path=path)
    assert len(gguf.GGUFReader(path).tensors) == 4
