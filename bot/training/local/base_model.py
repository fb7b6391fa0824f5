"""The model that is trained, read from the GGUF file that the bot answers with."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from bot.training.local.gguf_adapter import Shape, read_adapter
from bot.training.local.precision import quickest_type

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Every matrix of a layer: what the LoRA of attention alone leaves out is worth more than a higher rank (Dettmers et
al., QLoRA, 2023, section 4)."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model with an adapter, and its tokenizer."""

    model: Any
    tokenizer: Any
    alpha: float
    device: torch.device
    product_type: torch.dtype
    """In which its matrices are multiplied."""

    @property
    def shape(self) -> Shape:
        config = self.model.config
        return Shape(config.num_hidden_layers, config.num_attention_heads, config.num_key_value_heads)

    @property
    def layers(self) -> Sequence[torch.nn.Module]:
        """In the order in which they are gone through."""
        found: Sequence[torch.nn.Module] = self.model.get_base_model().model.layers
        return found

    def parameters(self) -> dict[str, torch.Tensor]:
        """The adapter's, which are trained; by name."""
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}


class PlainReader(gguf.GGUFReader):
    """A reader whose data are a plain array: of numpy's mapped files each slice is an object of Python's, and a
    vocabulary is a hundred thousand of them."""

    @property
    def data(self) -> Any:
        return self._data

    @data.setter
    def data(self, mapped: NDArray[np.uint8]) -> None:
        self._data = mapped.view(np.ndarray)


@contextlib.contextmanager
def _read_once() -> Iterator[None]:
    """While the block runs, a GGUF file is read once, and the names of its tensors are listed once: transformers reads
    it for the configuration, for the tokenizer and for the weights, and lists the names for each of 400 modules, which
    takes three times as long as all the rest (transformers 5.20, ``modeling_gguf_pytorch_utils``)."""
    asked = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    quicker: dict[str, Any] = asked | {"GGUFReader": PlainReader}
    vars(gguf).update({name: functools.cache(call) for name, call in quicker.items()})
    try:
        yield
    finally:
        vars(gguf).update(asked)


@_read_once()
def load(file: Path, *, rank: int, seed: int, adapter: Path | None = None) -> BaseModel:
    """Read ``file``, a GGUF, and ``adapter``, or add one that changes nothing yet. Takes 0.4 GB; where there is a GPU,
    the model is put there.

    Raises:
        ValueError: ``adapter`` cannot be read.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # Without the dequantizing configuration the model keeps a mark of its quantization, and peft refuses it.
    model = AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    alpha = 2 * rank
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    product_type = quickest_type(device)
    adapted = _ready_to_multiply(get_peft_model(model, config), product_type).to(device)
    base = BaseModel(adapted, tokenizer, float(alpha), device, product_type)
    if adapter is not None:
        known = read_adapter(adapter, base.parameters(), base.shape)
        with torch.no_grad():
            for name, value in base.parameters().items():
                value.copy_(torch.from_numpy(known[name]))
    return base


def _ready_to_multiply(model: Any, product_type: torch.dtype) -> Any:
    """``model`` with the matrices that stay as they are in ``product_type``: from 32 bits, each of them would be
    converted again each time, which takes a tenth of a step."""
    for module in model.modules():
        if isinstance(module, LoraLayer):
            matrix = module.get_base_layer()
            matrix.weight.data = matrix.weight.data.to(product_type)
    return model
