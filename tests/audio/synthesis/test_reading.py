"""Numbers, prices, dates, abbreviations and units, read as a person reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio import EspeakEngine, Synthesizer, Transcriber
from audio.recognition.options import TranscriptionOptions
from audio.synthesis.reading.read_out import read_out
from tests.spoken import is_heard


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It costs $5.99 or €20, not £1.", "It costs five dollars ninety-nine cents or twenty euros, not one pound."),
        ("$1.5 million, 5 $", "one point five million dollars, five dollars"),
        ("On 2026-11-26 at 14:30.", "On November twenty-sixth, twenty twenty six at fourteen thirty."),
        ("Dec. 5 or 3rd of May 2021, 9:05 am", "December fifth or May third, twenty twenty one, nine oh five A M"),
        ("5 km at 12 km/h, -3 °C, 8 GB", "five kilometers at twelve kilometers per hour, minus three degrees Celsius, "
         "eight gigabytes"),
        ("1,234 men, 12.5% more", "one thousand, two hundred and thirty-four men, twelve point five percent more"),
        ("The 2nd of 5–10, in 1999", "The second of five to ten, in nineteen ninety nine"),
        ("Dr. Smith, No. 5, e.g. tea", "Doctor Smith, number five, for example tea"),
        ("v1.2.3 at 192.168.0.1, room 007, 555-1234", "v1.2.3 at 192.168.0.1, room 007, 555-1234"),
    ],
)  # fmt: skip
def test_english_is_read_as_a_person_would(written: str, said: str) -> None:
    assert read_out(written, "en-US") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5,99 ₽, 100 руб., 21 €", "пять рублей девяносто девять копеек, сто рублей, двадцать один евро"),
        ("1 500 $, 1,5 млн ₽", "одна тысяча пятьсот долларов, одна целая пять десятых миллиона рублей"),
        ("26.11.2026 в 14:30", "двадцать шестого ноября две тысячи двадцать шестого года в четырнадцать тридцать"),
        ("в 1999 году, 9:00", "в тысяча девятьсот девяносто девятом году, девять часов"),
        ("2 книги, 2 стола, 1 окно, 1 минуту", "две книги, два стола, одно окно, одну минуту"),
        ("12,5 %, 60 км/ч", "двенадцать целых пять десятых процента, шестьдесят километров в час"),
        ("-3 °C", "минус три градуса"),
        ("5-й этаж, № 5, стр. 7 и т.д.", "пятый этаж, номер пять, страница семь и так далее"),
        ("т.е. 2 мин и 21 кг", "то есть две минуты и двадцать один килограмм"),
        ("версия 1.2.3, код 007", "версия 1.2.3, код 007"),
    ],
)  # fmt: skip
def test_russian_is_read_as_a_person_would(written: str, said: str) -> None:
    assert read_out(written, "ru-RU") == said


def test_other_languages_are_left_to_the_engine() -> None:
    assert read_out("5,99 €", "de-DE") == "5,99 €"


async def test_a_price_and_a_distance_are_heard_as_they_were_meant(whisper_base: Path) -> None:
    synthesizer, transcriber = Synthesizer([EspeakEngine()]), Transcriber(whisper_base)
    try:
        speech = await synthesizer.speak("The ticket costs 20 €, and it is 12 km from here.", language="en")
        heard = (await transcriber.transcribe(speech.ogg, TranscriptionOptions(language="en"))).text
    finally:
        await synthesizer.close()
        await transcriber.close()
    assert is_heard("12 kilometers from here", heard, 0.3)
    assert is_heard("the ticket costs 20 euros", heard.replace("€", " euros "), 0.4)
