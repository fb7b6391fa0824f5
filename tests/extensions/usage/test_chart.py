"""The chart of /usage shows the numbers it is given."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date, timedelta

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image

from bot.charts import HEIGHT_PX, WIDTH_PX
from bot.usage.store import UsageAmounts
from bot.usage.text import cost_text, minutes_text, number_text
from extensions.usage.chart import UsageChart

TODAY = date(2026, 11, 23)
USED = {
    TODAY: UsageAmounts(prompt_tokens=1000, reply_tokens=200, heard_s=90.0),
    TODAY - timedelta(days=2): UsageAmounts(prompt_tokens=3000, reply_tokens=50, heard_s=30.0),
    TODAY - timedelta(days=7): UsageAmounts(prompt_tokens=99, heard_s=600.0),
}


def _bars(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def test_each_day_has_its_bars() -> None:
    tokens, heard = UsageChart.of("Title", USED, TODAY, 7, "en-US").figure().axes
    inward, outward = _bars(tokens)[:7], _bars(tokens)[7:]
    assert [bar.get_height() for bar in inward] == [0, 0, 0, 0, 3000, 0, 1000]
    assert [bar.get_height() for bar in outward] == pytest.approx([0, 0, 0, 0, 50, 0, 200])
    assert [bar.get_y() for bar in outward] == [bar.get_height() for bar in inward]
    assert [bar.get_height() for bar in _bars(heard)] == [0, 0, 0, 0, 0.5, 0, 1.5]
    assert [label.get_text() for label in heard.get_xticklabels()][:2] == ["23 Nov", "22 Nov"]


def test_words_and_dates_are_in_the_language_of_the_one_who_looks() -> None:
    figure = UsageChart.of("Заголовок", USED, TODAY, 90, "ru").figure()
    tokens, heard = figure.axes
    assert figure.get_suptitle() == "Заголовок"
    assert (tokens.get_ylabel(), heard.get_ylabel(), heard.get_xlabel()) == ("Токены", "Записи, мин", "День (UTC)")
    assert heard.get_xticklabels()[0].get_text() == "23 нояб."
    assert len(heard.get_xticklabels()) <= 10


@pytest.mark.parametrize("days", [7, 30, 90])
@pytest.mark.filterwarnings("error::UserWarning")
async def test_the_picture_has_its_size_and_every_letter(days: int) -> None:
    """The font would warn of a letter that it lacks."""
    png = await UsageChart.of("Что вы использовали за последние дни", USED, TODAY, days, "ru").png()
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (WIDTH_PX, HEIGHT_PX))
        corner = image.convert("RGB").getpixel((2, 2))
    assert isinstance(corner, tuple) and max(corner) < 64, "dark, on a light ground as well"
    assert len(png) < 200_000


async def test_nothing_used_is_a_chart_too() -> None:
    chart = UsageChart.of("Title", {}, TODAY, 7, "de")
    assert (await chart.png()).startswith(b"\x89PNG")
    assert chart.alt_text.startswith("Bar chart by day, 17 November to 23 November. Tokens: 0 in total")


def test_the_picture_can_be_read_as_words() -> None:
    assert UsageChart.of("Title", USED, TODAY, 7, "en-US").alt_text == (
        "Bar chart by day, 17 November to 23 November. Tokens: 4,250 in total, most on 21 November (3,050). "
        "Recordings: 2 min in total."
    )


def test_the_start_does_not_wait_for_the_library() -> None:
    code = "import sys, bot.app, extensions.usage; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_amounts_are_written_as_people_do() -> None:
    assert number_text(1234567, "en-US") == "1,234,567"
    assert number_text(1234567, "ru") == "1\xa0234\xa0567"
    assert number_text(1234567, "ja") == "1,234,567"
    assert minutes_text(93, "ru") == "1,6"
    assert minutes_text(0, "en-US") == "0"
    assert cost_text(0.01251, "USD", "en-US") == "$0.0125"
    assert cost_text(3, "EUR", "ru") == "3,00\xa0€"
