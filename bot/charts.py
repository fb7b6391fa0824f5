"""Charts: how they look, and the one thread that draws them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX, HEIGHT_PX = 1200, 800
DPI = 200
"""So coarse that a phone, which shows the picture at a quarter of its width, leaves the words readable."""

PAPER, INK, LINES = "#2b2d31", "#f2f3f5", "#5c5f68"
"""A dark ground of its own, that of Discord's cards in the theme that most people use: it dazzles nobody there, and can
be read where Discord is light."""
BLUE, ORANGE, GREEN = "#56b4e9", "#e69f00", "#2bc79a"
"""After Okabe and Ito's colours, which nearly everyone can tell apart, as light as a dark ground needs them."""

_DRAWING = ThreadPoolExecutor(1, thread_name_prefix="drawing")
"""One at a time: matplotlib does not promise to be safe in several threads."""


def dress(axes: Axes, label_size: float = 8) -> None:
    """Give ``axes`` the ground and the ink of all charts, with a grid behind what is drawn."""
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=label_size)
    axes.grid(axis="y", color=LINES, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINES)


async def draw_in_thread(draw: Callable[[], bytes]) -> bytes:
    """The picture that ``draw`` makes, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_DRAWING, draw)
