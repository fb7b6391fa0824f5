"""The model to train, read from the GGUF file that the bot answers with."""

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
"""Every matrix of a layer: adapting the others too is worth more than a higher rank on attention alone (Dettmers et
al., QLoRA, 2023, section 4)."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model with an adapter, and its tokenizer."""

    model: Any
    tokenizer: Any
    alpha: float
    device: torch.device
    product_type: torch.dtype
    """The type in which its matrices are multiplied."""

    @property
    def shape(self) -> Shape:
        config = self.model.config
        return Shape(config.num_hidden_layers, config.num_attention_heads, config.num_key_value_heads)

    @property
    def layers(self) -> Sequence[torch.nn.Module]:
        """The layers, in the order of the forward pass."""
        found: Sequence[torch.nn.Module] = self.model.get_base_model().model.layers
        return found

    def parameters(self) -> dict[str, torch.Tensor]:
        """The parameters of the adapter, which are trained, by name."""
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}


class PlainReader(gguf.GGUFReader):
    """A reader whose data is a plain array: slicing a ``numpy.memmap`` runs Python code each time, and a vocabulary
    takes a hundred thousand slices."""

    @property
    def data(self) -> Any:
        return self._data

    @data.setter
    def data(self, mapped: NDArray[np.uint8]) -> None:
        self._data = mapped.view(np.ndarray)


@contextlib.contextmanager
def _read_once() -> Iterator[None]:
    """While the block runs, a GGUF file is read only once, and its tensor names are listed only once. By itself,
    transformers reads it for the configuration, for the tokenizer and for the weights, and lists the names for each of
    400 modules, which takes three times as long as the rest (transformers 5.20, ``modeling_gguf_pytorch_utils``)."""
    asked = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    quicker: dict[str, Any] = asked | {"GGUFReader": PlainReader}
    vars(gguf).update({name: functools.cache(call) for name, call in quicker.items()})
    try:
        yield
    finally:
        vars(gguf).update(asked)


@_read_once()
def load(file: Path, *, rank: int, seed: int, adapter: Path | None = None) -> BaseModel:
    """Load the model in ``file``, a GGUF, with ``adapter``, or with a new one that changes nothing yet. Takes 0.4 GB;
    if there is a GPU, the model is put there.

    Raises:
        ValueError: ``adapter`` cannot be read.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # Without the dequantizing configuration the model stays marked as quantized, and peft refuses it.
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
    """``model`` with its frozen matrices in ``product_type``: from 32 bits, each would be converted again at every use,
    which takes a tenth of a step."""
    for module in model.modules():
        if isinstance(module, LoraLayer):
            matrix = module.get_base_layer()
            matrix.weight.data = matrix.weight.data.to(product_type)
    return model
