"""The loss of a training as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

from bot.charts import BLUE, DPI, INK, ORANGE, PAPER, dress
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.training.store import Point

LOSS = _("loss per token")
STEP = _("step")
LEARNT = _("on what is learnt")
HELD_OUT = _("on what is held out")
MIN_POINTS = 2


def draw(curve: Sequence[Point], title: str, locale: str) -> bytes:
    """A PNG. Blocks: a third of a second; for ``bot.charts.draw_in_thread``."""
    # Half a second and 40 MB that nobody needs who does not train.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(5, 3), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    for place, name, colour in ((1, LEARNT, BLUE), (2, HELD_OUT, ORANGE)):
        points = [(point[0], loss) for point in curve if (loss := point[place]) is not None]
        if points:
            steps, losses = zip(*points, strict=True)
            axes.plot(steps, losses, color=colour, label=translate(name, locale), linewidth=2, marker=".")
    axes.set_title(title, color=INK, fontsize=11)
    axes.set_xlabel(translate(STEP, locale), color=INK)
    axes.set_ylabel(translate(LOSS, locale), color=INK)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    dress(axes, 9)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()
