"""Converts a picture that somebody sent into what models are shown. Runs in a sealed process, since its use of memory
depends on what a few bytes claim."""

from __future__ import annotations

import io

# Imported here because nothing can be imported once a picture arrives; Pillow finds MPO and TIFF inside JPEG.
from PIL import GifImagePlugin, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

SIDE = 1024
"""Pixels; larger pictures are scaled down, as models do anyway."""
LIMIT_PIXELS = 50_000_000
_STRIP_PIXELS = 1_000_000

_PLUGINS = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def load() -> None:
    """Load everything that would otherwise be loaded with the first picture."""
    for format_ in _FORMATS:
        sample = io.BytesIO()
        Image.new("RGB", (2, 2)).save(sample, format_)
        as_jpeg(sample.getvalue())


def as_jpeg(data: bytes) -> bytes:
    """The first picture in ``data`` as JPEG, at most ``SIDE`` pixels wide and high, on white where it is transparent.

    Raises:
        Exception: of many kinds, if it is damaged or has more than ``LIMIT_PIXELS``.
    """
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        if picture.width * picture.height > LIMIT_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (SIDE, SIDE))
        picture.load()
        rgba = _reduced(picture)
    rgba.thumbnail((SIDE, SIDE))
    flat = Image.new("RGB", rgba.size, "white")
    flat.paste(rgba, mask=rgba.getchannel("A"))
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=85)
    return written.getvalue()


def _reduced(picture: Image.Image) -> Image.Image:
    """``picture`` with an alpha channel; if it is large, reduced by an integer factor, but not below twice ``SIDE``.
    Done strip by strip: converting a large picture as a whole would need memory for a second one."""
    factor = max(1, max(picture.size) // (2 * SIDE))
    width, height = picture.size
    small = Image.new("RGBA", (-(-width // factor), -(-height // factor)))
    rows = factor * max(1, _STRIP_PIXELS // (width * factor))
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(height, top + rows))).convert("RGBA")
        small.paste(strip.reduce(factor), (0, top // factor))
    return small
