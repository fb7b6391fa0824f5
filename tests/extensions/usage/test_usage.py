"""Daily budgets, and /usage."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from PIL import Image

from bot.charts import HEIGHT_PX, WIDTH_PX
from bot.sandbox import Sandbox
from bot.sandbox.client.discord_user import DiscordUser
from bot.storage.database import Database
from bot.usage.store import UsageAmounts, UsageStore
from tests.harness import BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard
from tests.usage.amounts import used_on

SECOND = "second sandbox/general"
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


class Calendar:
    """The bot's clock, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = MIDNIGHT - timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def next_day(self) -> None:
        self.now += timedelta(days=1)


class Metered:
    """A harness whose bot counts usage by its own clock; and the bot's database."""

    def __init__(self, harness: BotHarness, calendar: Calendar, database: Database) -> None:
        self.harness = harness
        self.calendar = calendar
        self.usage = UsageStore(database, clock=calendar)

    async def limit(self, **limits: str) -> None:
        """Set ``limits`` of the main guild in the form of /settings."""
        administrator = self.harness.administrator
        card = await (await administrator.slash("settings", channel="general")).response()
        await administrator.submit(await administrator.click(card, "set:limits"), limits)
        await administrator.wait_for_edit(card)

    async def ask(self, person: DiscordUser, channel: str) -> str:
        """Ask, wait for the complete answer, and return its text."""
        asked = await person.send(channel, f"{self.harness.mention} what is the capital of France?")
        answer = await person.wait_for_message(
            lambda said: (
                (said.get("message_reference") or {}).get("message_id") == asked["id"]
                and (
                    "again" in buttons_of(said)
                    or "\n-# " in said["content"]
                    or "used up" in said["content"]
                    or "исчерпан" in said["content"]
                )
            ),
            40,
        )
        return str(answer["content"])

    async def transcribe(self, person: DiscordUser, channel: str) -> str:
        file = ("americans.ogg", voice("americans.ogg")[0], "audio/ogg")
        return str((await (await person.slash("transcribe", {"file": file}, channel=channel)).response(60))["content"])

    async def shown(self, person: DiscordUser, channel: str, **options: str | int) -> tuple[str, str, bytes]:
        """The response to /usage: its text, the picture's description, and the picture."""
        answer = await (await person.slash("usage", options, channel=channel)).response(60)
        assert answer["flags"] & 1 << 6
        text, gallery = answer["components"]
        picture = gallery["items"][0]
        return text["content"], picture["description"], await person.download(picture["media"]["url"])

    async def refused(self, person: DiscordUser, channel: str, **options: str | int) -> str:
        answer: Message = await (await person.slash("usage", options, channel=channel)).response(60)
        assert answer["flags"] & 1 << 6
        return str(answer["content"])


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def metered_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: object, piper_joe: object
) -> AsyncIterator[Metered]:
    """A user has 1,000 tokens and 5 s of recordings per day, a server 2,500 tokens; each answer takes 300."""
    calendar, folder = Calendar(), tmp_path_factory.mktemp("metered")
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {
            "openai_base_url": chat.base_url,
            "chat_model": "scripted",
            "user_tokens_a_day": 1000,
            "guild_tokens_a_day": 2500,
            "user_audio_s_a_day": 5.0,
            "chat_prices": {"scripted": [2.0, 10.0]},
            "chat_currency": "EUR",
        }
        async with running(folder, sandbox, calendar, **settings), populated(sandbox, chat) as harness:
            await (
                await harness.russian.slash("hi", channel=SECOND)
            ).response()  # tells the bot that his Discord is in Russian
            database = await Database.open(f"sqlite:///{folder / 'starling.db'}")
            yield Metered(harness, calendar, database)
            await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def metered(metered_harness: Metered) -> AsyncIterator[Metered]:
    """The harness on a new day, with a chat model that reports 200 tokens in and 100 out."""
    metered_harness.calendar.next_day()
    metered_harness.harness.chat.reset()
    metered_harness.harness.chat.usage = (200, 100)
    yield metered_harness
    assert list(metered_harness.harness.sandbox.failures) == []


def renewal(metered: Metered) -> str:
    """The next midnight in UTC, as a Discord timestamp."""
    midnight = metered.calendar.now.replace(hour=0) + timedelta(days=1)
    return f"<t:{int(midnight.timestamp())}:R>"


async def test_the_list_of_models_says_what_each_takes_in_and_costs(metered: Metered) -> None:
    listed = await (await metered.harness.member.slash("model list", channel="general")).response()
    assert re.search(
        r"`scripted` · takes in [\d,]+ tokens · a million tokens cost €2\.00 in and €10\.00 out", listed["content"]
    )
    listed = await (await metered.harness.russian.slash("model list", channel="general")).response()
    assert re.search(r"контекст до [\d\s]+ токенов · миллион токенов стоит 2,00\s€ на входе", listed["content"])


async def test_who_has_used_up_the_tokens_is_told_when_they_are_renewed(metered: Metered) -> None:
    chloe, general = metered.harness.member, metered.harness.channel("general")
    answers = [await metered.ask(chloe, general) for _time in range(4)]
    assert all(answer.startswith("Paris is the capital of France.") for answer in answers)
    refusal = await metered.ask(chloe, general)
    assert refusal.startswith("You have used up your 1000 tokens for today.")
    assert renewal(metered) in refusal
    assert len(metered.harness.chat.requests) == 4
    assert (await metered.ask(metered.harness.administrator, general)).startswith("Paris")
    metered.calendar.next_day()
    assert (await metered.ask(chloe, general)).startswith("Paris")


async def test_what_little_is_left_is_told_once_a_day(metered: Metered) -> None:
    channel = await metered.harness.dm(metered.harness.russian)
    metered.harness.chat.usage = (900, 20)
    assert "осталось токенов: 80 из 1\xa0000" in await metered.ask(metered.harness.russian, channel)
    metered.harness.chat.usage = (10, 10)
    assert "осталось" not in await metered.ask(metered.harness.russian, channel)
    metered.calendar.next_day()
    metered.harness.chat.usage = (900, 30)
    assert "осталось токенов: 70 из 1\xa0000" in await metered.ask(metered.harness.russian, channel)


async def test_a_server_has_its_own_budget_and_no_other_server_is_concerned(metered: Metered) -> None:
    harness = metered.harness
    general = harness.channel("general")
    harness.chat.usage = (800, 100)
    assert (await metered.ask(harness.administrator, general)).startswith("Paris")
    assert (await metered.ask(harness.member, general)).startswith("Paris")
    last = await metered.ask(harness.russian, general)
    assert "осталось токенов: 0 из 2\xa0500" in last
    refusal = await metered.ask(harness.russian, general)
    assert refusal.startswith("Лимит токенов этого сервера на сегодня (2500) исчерпан.")
    assert renewal(metered) in refusal
    assert (await metered.ask(harness.russian, SECOND)).startswith("Paris")
    assert "Ваш лимит токенов на сегодня" in await metered.ask(harness.russian, SECOND)


async def test_a_server_may_have_lower_limits_but_not_higher_ones(metered: Metered) -> None:
    harness = metered.harness
    general = harness.channel("general")
    await metered.limit(member_tokens_a_day="300", tokens_a_day="1000000")
    try:
        assert (await metered.ask(harness.member, general)).startswith("Paris")
        refusal = await metered.ask(harness.member, general)
        assert refusal.startswith("You have used up the 300 tokens that each member of this server has a day.")
        assert (await metered.ask(harness.member, await harness.dm(harness.member))).startswith("Paris")
        text, _description, _picture = await metered.shown(harness.administrator, "general", scope="server")
        assert "Tokens left for this server today: 2,200 of 2,500." in text
        await metered.limit(tokens_a_day="300")
        assert (await metered.ask(harness.administrator, general)).startswith("This server has used up its 300 tokens")
    finally:
        await metered.limit(member_tokens_a_day="", tokens_a_day="")


async def test_recordings_have_a_budget_of_their_own(metered: Metered) -> None:
    harness = metered.harness
    channel = await harness.dm(harness.member)
    assert is_heard(AMERICANS, await metered.transcribe(harness.member, channel))
    second = await metered.transcribe(harness.member, channel)
    assert is_heard(AMERICANS, second)
    assert "-# Minutes of recordings left for you today: 0 of 0.1." in second
    refusal = await metered.transcribe(harness.member, channel)
    assert refusal.startswith("You have used up your 0.1 min of recordings for today.")
    assert renewal(metered) in refusal
    note = await harness.member.send(channel, voice=voice("americans.ogg"))
    told = await harness.answer_to(note, lambda said: "used up" in said)
    assert told["content"].startswith("You have used up your 0.1 min of recordings")
    assert harness.chat.requests == []
    assert (await metered.ask(harness.member, channel)).startswith("Paris")


async def test_all_that_is_used_is_counted_and_nothing_twice(metered: Metered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.usage.store.WRITTEN_AFTER_S", 0.1)
    harness = metered.harness
    guild, user = int(harness.directory["guild_id"]), int(harness.administrator.user["id"])
    note = await harness.administrator.send(await harness.dm(harness.administrator), voice=voice("americans.ogg"))
    answer = await harness.answer_to(note, lambda said: "France." in said, reader=harness.administrator)
    await harness.voice_reply_to(answer, reader=harness.administrator)
    await (await harness.administrator.slash("say", {"text": "Hello there."}, channel="general")).response(30)
    today = metered.calendar.now.date()
    async with asyncio.timeout(30):
        while not (await used_on(metered.usage, today, guild_id=guild)).spoken_characters:
            await asyncio.sleep(0.05)
    used = await used_on(metered.usage, today, user_id=user)
    assert (used.prompt_tokens, used.reply_tokens) == (200, 100)
    assert used.heard_s == pytest.approx(voice("americans.ogg")[1], abs=0.1)
    assert used.spoken_characters == len("Paris is the capital of France.") + len("Hello there.")
    assert used.cost == pytest.approx((200 * 2 + 100 * 10) / 1e6)
    on_the_server = await used_on(metered.usage, today, guild_id=guild)
    assert on_the_server == UsageAmounts(spoken_characters=len("Hello there."))
    assert await used_on(metered.usage, today, user_id=int(harness.member.user["id"])) == UsageAmounts()


async def test_ones_own_use_is_shown_with_a_chart(metered: Metered) -> None:
    harness = metered.harness
    metered.calendar.now += timedelta(days=100)
    for _time in range(2):
        await metered.ask(harness.member, harness.channel("general"))
    metered.calendar.next_day()
    await metered.ask(harness.member, harness.channel("general"))
    text, description, picture = await metered.shown(harness.member, "general")
    assert text.splitlines() == [
        "**What you have used in the last 7 days**",
        "Today: 200 tokens in, 100 out; 0 min of recordings; 0 characters spoken.",
        "Tokens left for you today: 700 of 1,000.",
        "Minutes of recordings left for you today: 0.1 of 0.1.",
        f"It is renewed {renewal(metered)}.",
        "Cost: €0.0014 today, €0.0042 in 7 days.",
    ]
    assert "Tokens: 900 in total" in description
    assert "(600)" in description
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (WIDTH_PX, HEIGHT_PX))
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 10
    metered.calendar.now += timedelta(days=20)
    assert "Tokens: 0 in total" in (await metered.shown(harness.member, "general", days=7))[1]
    assert "Tokens: 900 in total" in (await metered.shown(harness.member, "general", days=30))[1]


async def test_a_russian_sees_it_in_russian(metered: Metered) -> None:
    text, description, _picture = await metered.shown(metered.harness.russian, SECOND, days=90)
    assert text.startswith("**Что вы использовали за последние 90 дней**\nСегодня: токенов на входе 0")
    assert description.startswith("Столбчатая диаграмма по дням")


async def test_a_servers_use_is_for_those_who_manage_it_and_on_it_alone(metered: Metered) -> None:
    harness = metered.harness
    await metered.ask(harness.member, harness.channel("general"))
    await metered.ask(harness.russian, SECOND)
    text, description, _picture = await metered.shown(harness.administrator, "general", scope="server")
    assert text.startswith("**What this server has used in the last 7 days**\nToday: 200 tokens in, 100 out;")
    assert "Tokens left for this server today: 2,200 of 2,500." in text
    assert "left for you" not in text
    assert "Bar chart" in description
    refusal = await metered.refused(harness.member, "general", scope="server")
    assert refusal.startswith("Only those who have the permission Manage Server can do that.")
    for person in (harness.administrator, harness.member):
        refusal = await metered.refused(person, await harness.dm(person), scope="server")
        assert refusal.startswith("That works only on a server.")
