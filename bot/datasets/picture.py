"""The shape of a dataset at a glance."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import MaxNLocator

from bot.charts import BLUE, INK, ORANGE, PAPER, dress
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
"""Examples whose tokens are counted; of more, evenly chosen ones."""
_TITLE = 80
_TICKS = 9.0


def draw(title: str, examples: Sequence[Example], say: Callable[[str], str] = str) -> bytes:
    """A PNG of 900 by 600 pixels: lengths, languages, sources, and positives, negatives and pairs.

    ``say`` translates the words in it. Blocks: about half a second, and as long again when first called; for
    ``bot.charts.draw_in_thread``.
    """
    measured = examples[:: max(1, -(-len(examples) // _MAX_MEASURED))]
    prompts = [count_tokens(example.prompt) for example in measured]
    answers = [count_tokens(example.answer or example.rejected or "") for example in measured]
    languages = Counter(language_of_example(example) or "–" for example in examples)
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor=PAPER, layout="constrained")
    figure.suptitle(_drawable(title[:_TITLE]), parse_math=False, color=INK)
    (lengths, by_language), (by_source, by_kind) = figure.subplots(2, 2)
    _histogram(lengths, prompts, answers, say)
    _bars(by_language, say(LANGUAGES), _with_others(languages, say(OTHERS)))
    sources = Counter(example.source for example in examples)
    _bars(by_source, say(SOURCES), [(say(name), sources[kind]) for kind, name in SOURCE_NAMES.items()])
    kinds = Counter(example.kind for example in examples)
    _bars(by_kind, say(KINDS), [(say(name), kinds[kind]) for kind, name in KIND_NAMES.items()])
    sink = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(sink, format="png")
    return sink.getvalue()


def _histogram(axes: Axes, prompts: Sequence[int], answers: Sequence[int], say: Callable[[str], str]) -> None:
    dress(axes, _TICKS)
    axes.set_title(say(LENGTHS), fontsize="medium", color=INK)
    if prompts:
        bins = np.linspace(0, max(10, *prompts, *answers), _BINS + 1).tolist()
        labels = [say(PROMPTS), say(ANSWERS)]
        axes.hist([prompts, answers], bins=bins, label=labels, color=[BLUE, ORANGE])
        axes.legend(fontsize="small", frameon=False, labelcolor=INK)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _bars(axes: Axes, title: str, counts: Sequence[tuple[str, int]]) -> None:
    dress(axes, _TICKS)
    axes.grid(visible=False)
    axes.set_title(title, fontsize="medium", color=INK)
    names = [name for name, _count in counts]
    bars = axes.barh(names, [count for _name, count in counts], color=BLUE)
    axes.bar_label(bars, padding=3, fontsize="small", color=INK)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _with_others(counts: Counter[str], others: str) -> list[tuple[str, int]]:
    shown = counts.most_common(_MAX_LANGUAGES)
    rest = counts.total() - sum(count for _name, count in shown)
    return [*shown, (others, rest)] if rest else shown


def _drawable(text: str) -> str:
    """``text`` with a square for each letter that the font lacks, such as emoji."""
    known = get_font(findfont(FontProperties())).get_charmap()
    return "".join(char if ord(char) in known else "□" for char in text)
