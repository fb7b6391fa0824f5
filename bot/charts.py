"""Charts: how they look, and the one thread that draws them."""

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
"""So coarse that a phone, which shows the picture at a quarter of its width, leaves the words readable."""

PAPER, INK, LINES = "#2b2d31", "#f2f3f5", "#5c5f68"
"""A dark ground of its own, that of Discord's cards in the theme that most people use: it dazzles nobody there, and can
be read where Discord is light."""
BLUE, ORANGE, GREEN = "#56b4e9", "#e69f00", "#2bc79a"
"""After Okabe and Ito's colours, which nearly everyone can tell apart, as light as a dark ground needs them."""

_DRAWING = ThreadPoolExecutor(1, thread_name_prefix="drawing")
"""One at a time: matplotlib does not promise to be safe in several threads."""


LABELS_PT = 8.0
"""The numbers and dates at axes, where nothing else is said."""


def dress(axes: Axes, label_size: float = LABELS_PT) -> None:
    """Give ``axes`` the ground and the ink of all charts, with a grid behind what is drawn."""
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=label_size)
    axes.grid(axis="y", color=LINES, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINES)


def widest_px(texts: Iterable[str], size_pt: float, dpi: float) -> float:
    """How wide the widest of ``texts`` becomes; 0 of none.

    What stands beside axes is measured so, and they are placed beside it: matplotlib's own layouts measure everything,
    and take as long as all the drawing.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font, widest = get_font(findfont(FontProperties())), 0.0
    font.set_size(size_pt, dpi)
    for text in texts:
        font.set_text(text)
        widest = max(widest, font.get_width_height()[0] / 64)
    return widest


def png_of(figure: Figure) -> bytes:
    """``figure``, which has no layout engine, as a PNG. It is drawn once: ``savefig`` draws twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    # Without the transparency that nothing has, and packed quickly: half the time, and a picture as small.
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), pixels, "raw", "RGBA", 0, 1)
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "PNG", compress_level=1)
    return stream.getvalue()


async def draw_in_thread(draw: Callable[[], bytes]) -> bytes:
    """The picture that ``draw`` makes, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_DRAWING, draw)
