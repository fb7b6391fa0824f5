"""The look of charts, and the one thread that draws them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PX, HEIGHT_PX = 1200, 800
DPI = 200
"""Large enough that the words stay readable on a phone, which shows the picture at a quarter of its width."""

PAPER, INK, LINES = "#2b2d31", "#f2f3f5", "#5c5f68"
"""A dark background, that of Discord's cards in the theme that most people use: it does not dazzle there, and is
readable where Discord is light."""
BLUE, ORANGE, GREEN = "#56b4e9", "#e69f00", "#2bc79a"
"""Based on Okabe and Ito's colours, which nearly everyone can tell apart, light enough for a dark background."""

_DRAWING = ThreadPoolExecutor(1, thread_name_prefix="drawing")
"""One thread: matplotlib does not promise to be thread-safe."""


LABELS_PT = 8.0
"""The default size of the numbers and dates along the axes."""


def dress(axes: Axes, label_size: float = LABELS_PT) -> None:
    """Give ``axes`` the background and text colours of all charts, with a grid behind what is drawn."""
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=label_size)
    axes.grid(axis="y", color=LINES, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINES)


def widest_px(texts: Iterable[str], size_pt: float, dpi: float) -> float:
    """The width in pixels of the widest of ``texts``; 0 if there are none.

    Labels beside the axes are measured with this, and the axes are placed to fit: matplotlib's own layouts measure
    everything, and take as long as all the drawing.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font, widest = get_font(findfont(FontProperties())), 0.0
    font.set_size(size_pt, dpi)
    for text in texts:
        font.set_text(text)
        widest = max(widest, font.get_width_height()[0] / 64)
    return widest


def png_of(figure: Figure) -> bytes:
    """``figure``, which has no layout engine, as a PNG. It is drawn once; ``savefig`` would draw it twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    # Without an alpha channel, which nothing here uses, and at the quickest compression: half the time, the same size.
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), pixels, "raw", "RGBA", 0, 1)
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "PNG", compress_level=1)
    return stream.getvalue()


async def draw_in_thread(draw: Callable[[], bytes]) -> bytes:
    """The picture that ``draw`` makes, drawn in the drawing thread so that the event loop is not blocked."""
    return await asyncio.get_running_loop().run_in_executor(_DRAWING, draw)
