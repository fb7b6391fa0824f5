"""What is spoken of a message, in which sentences, and in which language."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from audio import detect_language, normalize_for_speech, sentences
from audio.synthesis.sentences import LONGEST_SENTENCE


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello", "Hello."),
        (
            "**Bold**, *slanted*, __underlined__, ~~gone~~ and ||secret||!",
            "Bold, slanted, underlined, gone and spoiler!",
        ),
        ("# Title\nText", "Title.\nText."),
        ("-# small print", "small print."),
        ("> quoted?\n\nanswer", "quoted?\nanswer."),
        ("- one\n- two\n  1. three", "one.\ntwo.\nthree."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b.\n1, 2."),
        ("Run `make test` now.", "Run make test now."),
        ("Before\n```py\nprint('unsaid')\n```\nafter", "Before.\nafter."),
        ("See [the docs](https://docs.example.org/a?b=c#d).", "See the docs."),
        ("See https://www.example.org/a/b?c=d.", "See example.org."),
        ("See <https://user:secret@example.org:8080/a_b>, please", "See example.org, please."),
        ("![picture of a cat](https://example.org/cat.png) Meow", "Meow."),
        ("Hi <@123>, <@!456> and <@&789> in <#12>", "Hi, and in."),
        ("Use </play song:123> in <id:guide>", "Use /play song in."),
        ("Он умер: ||её убил *дворецкий*||.", "Он умер: спойлер."),
        ("**Note: 2 * 3 is six", "Note: 2 * 3 is six."),
        ("Some `code and ||more", "Some code and more."),
        ("Run `a || b || c` now", "Run a || b || c now."),
        ("Well <:done:123456> done <a:dance:99> 👋🏽👨‍👩‍👧 :tada:", "Well done."),
        ("At 10:30:20 sharp, C:\\dir and snake_case 2 * 3 * 4", "At 10:30:20 sharp, C:\\dir and snake_case 2 * 3 * 4."),
        ("Fish &amp; chips <b>now</b>", "Fish &amp; chips <b>now</b>."),
        ("Сло\u200bво\x00 и\u202eдело", "Слово идело."),
        ("今日は。", "今日は。"),
        ("🎉 <@1>\n---\n***", ""),
        ("```only code```x", "only codex."),
    ],
)
def test_a_message_is_read_as_a_person_would(written: str, said: str) -> None:
    assert normalize_for_speech(written) == said
    assert normalize_for_speech(said) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It starts <t:1700003600:R>.", "It starts in 1 hour."),
        ("Начало было <t:1699990000:R>.", "Начало было 3 часа назад."),
        ("Until <t:1700003600:D>, that is <t:1700003600:t>", "Until November 14, 2023, that is 11:13 PM UTC."),
        ("Встреча <t:1700003600>", "Встреча 14 ноября 2023 г., 23:13 UTC."),
        ("Never <t:9999999999999:R>", "Never."),
    ],
)
def test_a_time_stamp_is_said_as_a_time(written: str, said: str) -> None:
    assert (
        normalize_for_speech(written, now=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)).replace("\u202f", " ") == said
    )


@pytest.mark.parametrize(
    "evil", ["||a", "<t:", "[", "*", "<@", "https://", "https://a@", "`", "> ", "![[", "_a", " ,", "~~a", "| a "]
)
def test_no_message_takes_long_to_read(evil: str) -> None:
    began_s = time.thread_time()
    normalize_for_speech(evil * (8000 // len(evil)))
    assert time.thread_time() - began_s < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Version 3.11 is out. Да! Правда?", ["Version 3.11 is out.", "Да!", "Правда?"]),
        ("I met Dr. J. Smith, e.g. at 5 p.m. on Jan. 5th.", ["I met Dr. J. Smith, e.g. at 5 p.m. on Jan. 5th."]),
        ("It costs approx. 5 dollars. See vol. 3.", ["It costs approx. 5 dollars.", "See vol. 3."]),
        ("В 1990 г. на ул. Ленина, т.е. в центре, и т. д.", ["В 1990 г. на ул. Ленина, т.е. в центре, и т. д."]),
        ("Это 5 тыс. руб. за шт. См. рис. 5. Всё.", ["Это 5 тыс. руб. за шт.", "См. рис. 5.", "Всё."]),
        ("А. С. Пушкин писал стихи. Да.", ["А. С. Пушкин писал стихи.", "Да."]),
        ("Am 3. Mai kam Prof. Dr. Meier. Er ging.", ["Am 3. Mai kam Prof. Dr. Meier.", "Er ging."]),
        ("Open Node.js at https://a.b/c.d?E=f now. OK?", ["Open Node.js at https://a.b/c.d?E=f now.", "OK?"]),
        ("System.Collections is here. Yes.", ["System.Collections is here.", "Yes."]),
        ("1. First. 2. Second.", ["1. First.", "2. Second."]),
        ("「そうだ。」と言った。終わり！", ["「そうだ。」", "と言った。", "終わり！"]),
        ("你好。你好吗？我很好！", ["你好。", "你好吗？", "我很好！"]),
        ("안녕하세요. 반갑습니다.", ["안녕하세요.", "반갑습니다."]),
        ("今日は。元気ですか？はい", ["今日は。", "元気ですか？", "はい"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("a line\n\nanother", ["a line", "another"]),
    ],
)
def test_a_text_is_cut_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("endless", ["word " * 500, "a, b; " * 400, "x" * 2000, "長い文、" * 500])
def test_no_sentence_is_endless_and_no_word_is_lost(endless: str) -> None:
    parts = sentences(endless)
    assert all(0 < len(part) <= LONGEST_SENTENCE for part in parts)
    assert "".join("".join(parts).split()) == "".join(endless.split())


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Привет", "en", "ru"),
        ("Я не знаю", "en", "ru"),
        ("Да, конечно", "de-DE", "ru"),
        ("Запусти docker compose up и потом restart", "en", "ru"),
        ("Съешь ещё этих мягких французских булок", "uk", "ru"),
        ("Їжак", "en", "uk"),
        ("Дякую за допомогу, друже", "ru", "uk"),
        ("Добре дошли в България", "en", "bg"),
        ("Ўсё добра", "en", "be"),
        ("Сәлем, қалайсың?", "en", "kk"),
        ("Hello, how are you today?", "ru", "en"),
        ("The word привет means hello in Russian", "ru", "en"),
        ("OK", "de-DE", "de-DE"),
        ("OK", "ru", "en"),
        ("Ich weiß nicht, was soll es bedeuten", "en", "de"),
        ("Je ne sais pas pourquoi", "en", "fr"),
        ("Muchas gracias por todo", "en", "es"),
        ("Obrigado, meu amigo, até amanhã", "pt-BR", "pt-BR"),
        ("今日はいい天気です", "en", "ja"),
        ("你好吗", "en", "zh"),
        ("안녕하세요", "en", "ko"),
        ("Γειά σου", "en", "el"),
        ("שלום", "en", "he"),
        ("سلام، حال شما چطور است؟", "en", "fa"),
        ("مرحبا كيف حالك", "en", "ar"),
        ("42!", "pt-BR", "pt-BR"),
        ("", "en", "en"),
    ],
)
def test_the_language_of_a_text_is_told(text: str, hint: str, language: str) -> None:
    assert detect_language(text, hint) == language
