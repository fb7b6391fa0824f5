"""The model that is trained, read from the GGUF file that the bot answers with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from bot.training.local.gguf_adapter import Shape

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Every matrix of a layer: what the LoRA of attention alone leaves out is worth more than a higher rank (Dettmers et
al., QLoRA, 2023, section 4)."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model with a fresh adapter, and its tokenizer."""

    model: Any
    tokenizer: Any
    alpha: float

    @property
    def shape(self) -> Shape:
        config = self.model.config
        return Shape(config.num_hidden_layers, config.num_attention_heads, config.num_key_value_heads)

    def parameters(self) -> dict[str, torch.Tensor]:
        """The adapter's, which are trained; by name."""
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}


def load(gguf: Path, *, rank: int, seed: int) -> BaseModel:
    """Read ``gguf`` as float32 and add an adapter that changes nothing yet. Takes 10 to 30 s and 0.6 GB."""
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # Without the dequantizing configuration the model keeps a mark of its quantization, and peft refuses it.
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    alpha = 2 * rank
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    return BaseModel(get_peft_model(model, config), tokenizer, float(alpha))
