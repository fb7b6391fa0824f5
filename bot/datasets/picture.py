"""Draws charts that describe a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import MaxNLocator

from bot.charts import BLUE, INK, ORANGE, PAPER, dress, png_of, widest_px
from bot.conversation.tokens import count_tokens
from bot.datasets.example import Example, ExampleKind, ExampleSource
from bot.datasets.languages import language_of_example
from bot.errors import translatable as _

LENGTHS = _("Tokens of prompts and answers")
PROMPTS = _("prompts")
ANSWERS = _("answers")
LANGUAGES = _("Languages")
OTHERS = _("others")
SOURCES = _("Sources")
KINDS = _("What to say, and what not")
SOURCE_NAMES = {ExampleSource.CORRECTION: _("corrections"), ExampleSource.UPLOAD: _("uploads")}
KIND_NAMES = {
    ExampleKind.POSITIVE: _("what to say"),
    ExampleKind.NEGATIVE: _("what not to say"),
    ExampleKind.PAIR: _("pairs of both"),
}

_SIZE_INCHES, _DPI = (9.0, 6.0), 100
_MAX_LANGUAGES = 8
_BINS = 24
_MAX_MEASURED = 4000
"""The most examples whose tokens are counted; of more, evenly spaced ones."""
_TITLE = 80
_TICKS = 9.0
_MAX_TICKS = 5
_LEFT, _RIGHT, _BETWEEN = 26, 28, 44
"""Horizontal margins in pixels, in addition to the names of bars: left of these, right of the last column (half a
number fits there), and between the columns."""
_TOPS, _ROW = (58, 342), 222
"""Pixels from the top of the figure to each row of axes, and the height of a row."""


def draw(title: str, examples: Sequence[Example], say: Callable[[str], str] = str) -> bytes:
    """A PNG of 900 by 600 pixels with four charts: lengths, languages, sources, and positives, negatives and pairs.

    ``say`` translates the words in it. Blocks: a fifth of a second, and half a second more when first called. Call it
    through ``bot.charts.draw_in_thread``.
    """
    measured = examples[:: max(1, -(-len(examples) // _MAX_MEASURED))]
    prompts = [count_tokens(example.prompt) for example in measured]
    answers = [count_tokens(example.answer or example.rejected or "") for example in measured]
    languages = Counter(language_of_example(example) or "–" for example in examples)
    of_sources = Counter(example.source for example in examples)
    of_kinds = Counter(example.kind for example in examples)
    by_language = _with_others(languages, say(OTHERS))
    by_source = [(say(name), of_sources[kind]) for kind, name in SOURCE_NAMES.items()]
    by_kind = [(say(name), of_kinds[kind]) for kind, name in KIND_NAMES.items()]
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor=PAPER)
    figure.suptitle(_drawable(title[:_TITLE]), y=0.985, parse_math=False, color=INK)
    left, right = (
        widest_px([name for name, _count in counts], _TICKS, _DPI) for counts in (by_source, [*by_language, *by_kind])
    )
    upper, lower = _grid(figure, left, right)
    _histogram(upper[0], prompts, answers, say)
    _bars(upper[1], say(LANGUAGES), by_language)
    _bars(lower[0], say(SOURCES), by_source)
    _bars(lower[1], say(KINDS), by_kind)
    return png_of(figure)


def _grid(figure: Figure, left_names_px: float, right_names_px: float) -> list[list[Axes]]:
    """Two rows of two axes, all the same size, leaving room for bar names of these widths."""
    width, height = (inches * _DPI for inches in _SIZE_INCHES)
    first = _LEFT + left_names_px
    column = (width - first - _BETWEEN - right_names_px - _RIGHT) / 2
    second = first + column + _BETWEEN + right_names_px
    return [
        [
            figure.add_axes((x / width, 1 - (top + _ROW) / height, column / width, _ROW / height))
            for x in (first, second)
        ]
        for top in _TOPS
    ]


def _histogram(axes: Axes, prompts: Sequence[int], answers: Sequence[int], say: Callable[[str], str]) -> None:
    dress(axes, _TICKS)
    axes.set_title(say(LENGTHS), y=1.0, fontsize="medium", color=INK)
    if prompts:
        bins = np.linspace(0, max(10, *prompts, *answers), _BINS + 1).tolist()
        labels = [say(PROMPTS), say(ANSWERS)]
        axes.hist([prompts, answers], bins=bins, label=labels, color=[BLUE, ORANGE])
        axes.legend(fontsize="small", frameon=False, labelcolor=INK)
    axes.xaxis.set_major_locator(MaxNLocator(_MAX_TICKS, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(_MAX_TICKS, integer=True))


def _bars(axes: Axes, title: str, counts: Sequence[tuple[str, int]]) -> None:
    dress(axes, _TICKS)
    axes.grid(visible=False)
    axes.set_title(title, y=1.0, fontsize="medium", color=INK)
    names = [name for name, _count in counts]
    bars = axes.barh(names, [count for _name, count in counts], color=BLUE)
    axes.bar_label(bars, padding=3, fontsize="small", color=INK)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(_MAX_TICKS, integer=True))


def _with_others(counts: Counter[str], others: str) -> list[tuple[str, int]]:
    shown = counts.most_common(_MAX_LANGUAGES)
    rest = counts.total() - sum(count for _name, count in shown)
    return [*shown, (others, rest)] if rest else shown


def _drawable(text: str) -> str:
    """``text`` with a square for each character that the font lacks, such as emoji."""
    known = get_font(findfont(FontProperties())).get_charmap()
    return "".join(char if ord(char) in known else "□" for char in text)
