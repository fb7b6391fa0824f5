"""Pictures are scaled down in a sealed process, however large they claim to be."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.answering.attachments import PICTURE_WORK
from bot.work.sealed import SealedProcesses, SealedWorkError


def _file(mode: str, size: tuple[int, int], kind: str, color: object) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, color).save(written, kind, method=0)  # type: ignore[arg-type]
    return written.getvalue()


@pytest.mark.parametrize(
    ("mode", "size", "kind", "color", "made"),
    [
        ("RGBA", (4000, 3000), "PNG", (255, 0, 0, 0), (1024, 768)),
        ("RGB", (3001, 20), "WEBP", "white", (1024, 6)),
        ("P", (7, 5000), "GIF", 255, (1, 1024)),
        ("1", (300, 200), "PNG", 1, (300, 200)),
    ],
)
async def test_a_picture_is_shown_small_on_white(
    mode: str, size: tuple[int, int], kind: str, color: object, made: tuple[int, int]
) -> None:
    data = _file(mode, size, kind, color)
    jpeg = await SealedProcesses().run("bot.answering.pictures.as_jpeg", data, PICTURE_WORK)
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.format == "JPEG"
        assert abs(picture.size[0] - made[0]) + abs(picture.size[1] - made[1]) <= 2
        if kind != "GIF":
            low, _high = picture.convert("L").getextrema()
            assert isinstance(low, int | float) and low > 250


@pytest.mark.parametrize("size", [(5000, 4000), (8000, 6500)])
async def test_a_picture_that_would_take_too_much_is_refused(size: tuple[int, int]) -> None:
    data = _file("RGB", size, "WEBP", "white") if size[0] < 8000 else _file("1", size, "PNG", 1)
    with pytest.raises(SealedWorkError):
        await SealedProcesses().run("bot.answering.pictures.as_jpeg", data, PICTURE_WORK)
