"""Usage as a picture: tokens and minutes of recordings, a bar for each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.numbers import format_compact_decimal

from bot.charts import (
    BLUE,
    DPI,
    GREEN,
    HEIGHT_PX,
    INK,
    LABELS_PT,
    ORANGE,
    PAPER,
    WIDTH_PX,
    draw_in_thread,
    dress,
    png_of,
    widest_px,
)
from bot.errors import translatable as _
from bot.i18n.translation import catalogue_language, translate
from bot.usage.store import UsageAmounts
from bot.usage.text import minutes_text, number_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAX_LABELS = 7
_BESIDE_NUMBERS_PX = 72
"""The width of a scale beside its numbers: its name, and the tick marks."""
_ROWS_PX = ((118, 340), (488, 214))
"""The distance of each of the axes from the top, and their height."""

TOKENS = _("Tokens")
TOKENS_IN = _("in: questions and what was said before")
TOKENS_OUT = _("out: answers")
MINUTES = _("Recordings, min")
DAY = _("Day (UTC)")
ALT_TEXT = _(
    "Bar chart by day, {first} to {last}. Tokens: {tokens} in total, most on {peak} ({peak_tokens}). "
    "Recordings: {minutes} min in total."
)


@dataclass(frozen=True, slots=True)
class UsageChart:
    """The data that is drawn."""

    title: str
    days: Sequence[date]
    """Consecutive days, at least one."""
    amounts: Sequence[UsageAmounts]
    """The usage on each of the days."""
    locale: str
    """The Discord locale of the person who sees it."""

    @classmethod
    def of(cls, title: str, used: Mapping[date, UsageAmounts], last: date, days: int, locale: str) -> UsageChart:
        """The chart of ``days`` days up to ``last``; days that ``used`` does not have had no usage."""
        span = [last - timedelta(days=ago) for ago in reversed(range(days))]
        return cls(title, span, [used.get(day, UsageAmounts()) for day in span], locale)

    @property
    def alt_text(self) -> str:
        """What the chart shows, in words."""
        language = catalogue_language(self.locale)
        peak = max(range(len(self.days)), key=lambda n: self.amounts[n].tokens)
        return translate(
            ALT_TEXT,
            self.locale,
            first=format_date(self.days[0], "d MMMM", locale=language),
            last=format_date(self.days[-1], "d MMMM", locale=language),
            tokens=number_text(sum(one.tokens for one in self.amounts), self.locale),
            peak=format_date(self.days[peak], "d MMMM", locale=language),
            peak_tokens=number_text(self.amounts[peak].tokens, self.locale),
            minutes=minutes_text(sum(one.heard_s for one in self.amounts), self.locale),
        )

    async def png(self) -> bytes:
        """The picture, ``WIDTH_PX`` by ``HEIGHT_PX``."""
        return await draw_in_thread(self._draw)

    def figure(self) -> Figure:
        """The picture as a matplotlib figure; for any thread, but not for several at once."""
        # Imported here because it takes half a second and 40 MB, which only charts need.
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PAPER)
        figure.suptitle(self.title, y=0.985, color=INK, fontsize=11)
        tokens = figure.add_axes((0, 0.5, 1, 0.5))
        heard = figure.add_axes((0, 0, 1, 0.5), sharex=tokens)
        places = range(len(self.days))
        inward, outward = [one.prompt_tokens for one in self.amounts], [one.reply_tokens for one in self.amounts]
        tokens.bar(places, inward, color=BLUE, label=translate(TOKENS_IN, self.locale))
        tokens.bar(places, outward, bottom=inward, color=ORANGE, label=translate(TOKENS_OUT, self.locale))
        tokens.set_ylabel(translate(TOKENS, self.locale), color=INK)
        tokens.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8, labelcolor=INK)
        heard.bar(places, [one.heard_s / 60 for one in self.amounts], color=GREEN)
        heard.set_ylabel(translate(MINUTES, self.locale), color=INK)
        heard.set_xlabel(translate(DAY, self.locale), color=INK)
        step = -(-len(self.days) // _MAX_LABELS)
        labelled = list(places)[::-1][::step]
        heard.set_xlim(-0.6, len(self.days) - 0.4)
        dates, numbers = [self._date(self.days[n]) for n in labelled], list[str]()
        heard.set_xticks(labelled, dates)
        for axes, least in ((tokens, 10), (heard, 1)):
            dress(axes)
            axes.set_ylim(0, max(axes.get_ylim()[1], least))
            steps = MaxNLocator(5, integer=True)
            axes.yaxis.set_major_locator(steps)
            axes.yaxis.set_major_formatter(lambda value, _place: self._compact(value))
            numbers += map(self._compact, steps.tick_values(*axes.get_ylim()))
        tokens.tick_params(labelbottom=False)
        left_px = _BESIDE_NUMBERS_PX + widest_px(numbers, LABELS_PT, DPI)
        width_px = WIDTH_PX - left_px - widest_px(dates, LABELS_PT, DPI) / 2
        for axes, (top_px, height_px) in zip((tokens, heard), _ROWS_PX, strict=True):
            bottom = 1 - (top_px + height_px) / HEIGHT_PX
            axes.set_position((left_px / WIDTH_PX, bottom, width_px / WIDTH_PX, height_px / HEIGHT_PX))
        return figure

    def _draw(self) -> bytes:
        return png_of(self.figure())

    def _date(self, day: date) -> str:
        return format_date(day, "d MMM", locale=catalogue_language(self.locale))

    def _compact(self, value: float) -> str:
        return format_compact_decimal(round(value), locale=catalogue_language(self.locale), fraction_digits=1)
