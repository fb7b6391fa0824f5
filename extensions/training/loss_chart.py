"""The loss of a training as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from bot.charts import BLUE, DPI, INK, ORANGE, PAPER, dress, png_of
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.training.store import Point

LOSS = _("loss per token")
STEP = _("step")
LEARNT = _("on what is learnt")
HELD_OUT = _("on what is held out")
MIN_POINTS = 2
_PLACE = (0.125, 0.17, 0.85, 0.71)
"""The place of the axes in the picture, as fractions of it: left, bottom, width, height. There is room for losses of at
most four characters."""


def draw(curve: Sequence[Point], title: str, locale: str) -> bytes:
    """A PNG of 1000 by 600 pixels. Blocks for a sixth of a second; for ``bot.charts.draw_in_thread``."""
    # Imported here because it takes half a second and 40 MB, which only trainings need.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(5, 3), dpi=DPI, facecolor=PAPER)
    axes = figure.add_axes(_PLACE)
    for place, name, colour in ((1, LEARNT, BLUE), (2, HELD_OUT, ORANGE)):
        points = [(point[0], loss) for point in curve if (loss := point[place]) is not None]
        if points:
            steps, losses = zip(*points, strict=True)
            axes.plot(steps, losses, color=colour, label=translate(name, locale), linewidth=2, marker=".")
    axes.set_title(title, y=1.0, color=INK, fontsize=11)
    axes.set_xlabel(translate(STEP, locale), color=INK)
    axes.set_ylabel(translate(LOSS, locale), color=INK)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    dress(axes, 9)
    return png_of(figure)
