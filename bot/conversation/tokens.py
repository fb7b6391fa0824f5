"""Counting tokens without a network."""

from __future__ import annotations

import functools

from bpe_openai import Encoding, get_encoding


def count_tokens(text: str) -> int:
    """How many tokens ``text`` has in ``o200k_base``, the encoding of OpenAI's models since gpt-4o.

    What looks like a special token counts as the text that it is. Other models count a little differently. Blocks for
    half a second when first called.
    """
    return len(_encoding().encode_ordinary(text))


@functools.cache
def _encoding() -> Encoding:
    return get_encoding("o200k_base")
