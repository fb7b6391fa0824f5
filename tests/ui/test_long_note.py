"""The card of a long note, with its translations."""

from __future__ import annotations

from bot.ui.long_note import summary_in, with_translations
from bot.ui.splitting import MESSAGE_LIMIT

CARD = "-# English · 18:00\n### In short\nThe stand is booked."


def test_translations_stand_below_a_card_and_are_no_part_of_its_summary() -> None:
    text = with_translations(
        CARD, [("de", "Der Stand\nist bestellt.\n- `0:35` **Boris**: Plakate")], ["One remark."], "en"
    )
    assert text.removeprefix(CARD).splitlines() == [
        "",
        "> 🌐 **German** Der Stand ist bestellt.",
        "> - `0:35` **Boris**: Plakate",
        "-# One remark.",
    ]
    assert summary_in(text) == "The stand is booked."


def test_what_has_no_room_is_left_out_and_told() -> None:
    long = "Kurz.\n" + "\n".join(f"- `{number}:00` {'Wort ' * 20}" for number in range(30))
    text = with_translations(f"{CARD} {'x' * 900}", [("de", long), ("fr", "Mot " * 500)], [], "en")
    assert len(text) <= MESSAGE_LIMIT
    german, french, told = (line for line in text.splitlines() if line.startswith(("> 🌐", "-# The")))
    assert german == "> 🌐 **German** Kurz." and french.endswith("Mot …") and "shortened" in told
    assert "> - `0:00`" in text and "> - `29:00`" not in text
