"""A picture that somebody sent, made into what models are shown; for a sealed process, since its memory depends on what
a few bytes claim."""

from __future__ import annotations

import io

# Named here, since none can be imported any more once it is needed; Pillow finds MPO and TIFF inside of JPEG.
from PIL import GifImagePlugin, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

SIDE = 1024
"""Pixels; larger pictures are made smaller, as models do with them anyway."""
LIMIT_PIXELS = 50_000_000
_STRIP_PIXELS = 1_000_000

_PLUGINS = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def load() -> None:
    """Have all loaded that is loaded with the first picture."""
    for format_ in _FORMATS:
        sample = io.BytesIO()
        Image.new("RGB", (2, 2)).save(sample, format_)
        as_jpeg(sample.getvalue())


def as_jpeg(data: bytes) -> bytes:
    """The first picture in ``data``, no larger than ``SIDE``, on white where it is transparent.

    Raises:
        Exception: of many kinds, where it is damaged or has more than ``LIMIT_PIXELS``.
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
    """``picture`` with transparency, and where it is large, smaller by a whole factor, but not below twice ``SIDE``.
    Made strip by strip: any other form of a whole large picture would be a second large picture."""
    factor = max(1, max(picture.size) // (2 * SIDE))
    width, height = picture.size
    small = Image.new("RGBA", (-(-width // factor), -(-height // factor)))
    rows = factor * max(1, _STRIP_PIXELS // (width * factor))
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(height, top + rows))).convert("RGBA")
        small.paste(strip.reduce(factor), (0, top // factor))
    return small
