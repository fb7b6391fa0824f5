"""Each limit applies to those it is meant for, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation.tokens import TokenUse
from bot.i18n.translation import translate_error
from bot.preferences.choices import DailyLimits
from bot.preferences.preferences import Preferences
from bot.settings import read_settings
from bot.storage.database import Database
from bot.usage.budgets import BudgetHolder, BudgetKind, Budgets, UsedUpError
from bot.usage.store import UsageStore
from tests.databases import opened_with_tables

RENEWED = f"<t:{int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())}:R>"
ADA, BORIS, GUILD, OTHER_GUILD, FOREIGN_GUILD = 5, 6, 7, 8, 9
LIMITS: list[tuple[BudgetHolder, BudgetKind]] = [
    (whose, kind) for whose in BudgetHolder if whose is not BudgetHolder.PRIVATE for kind in BudgetKind
]
NAMES: dict[BudgetKind, str] = {BudgetKind.TOKENS: "tokens_a_day", BudgetKind.AUDIO: "audio_s_a_day"}
SETTINGS = {
    (BudgetHolder.USER, BudgetKind.TOKENS): "user_tokens_a_day",
    (BudgetHolder.GUILD, BudgetKind.TOKENS): "guild_tokens_a_day",
    (BudgetHolder.USER, BudgetKind.AUDIO): "user_audio_s_a_day",
    (BudgetHolder.GUILD, BudgetKind.AUDIO): "guild_audio_s_a_day",
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await opened_with_tables(tmp_path / "starling.db")
    yield opened
    await opened.close()


def budgets_of(database: Database, **settings: object) -> Budgets:
    usage = UsageStore(database, clock=lambda: datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    return Budgets(
        usage, Preferences(database), read_settings(**settings), has_invited=lambda guild: guild != FOREIGN_GUILD
    )


async def limit(database: Database, limits: DailyLimits) -> None:
    await Preferences(database).change_guild(GUILD, lambda chosen: replace(chosen, limits=limits))


async def spend(budgets: Budgets, kind: BudgetKind, amount: int, guild: int | None = GUILD) -> None:
    if kind == "tokens":
        budgets.count_tokens(ADA, guild, "m", TokenUse(amount - 1, 1))
    else:
        budgets.count_recording(ADA, guild, amount)


async def is_refused(budgets: Budgets, user: int, guild: int | None, kind: BudgetKind) -> bool:
    try:
        await budgets.require(user, guild, kind)
    except UsedUpError:
        return True
    return False


@pytest.mark.parametrize(("whose", "kind"), LIMITS)
async def test_a_limit_holds_for_whom_it_is_meant(database: Database, whose: BudgetHolder, kind: BudgetKind) -> None:
    if whose == "member":
        await limit(database, DailyLimits(**{f"member_{NAMES[kind]}": 600}))
        budgets = budgets_of(database)
    else:
        budgets = budgets_of(database, **{SETTINGS[whose, kind]: 600})
    await spend(budgets, kind, 599)
    await budgets.require(ADA, GUILD, BudgetKind.TOKENS, BudgetKind.AUDIO)
    await spend(budgets, kind, 1)
    with pytest.raises(UsedUpError) as refused:
        await budgets.require(ADA, GUILD, BudgetKind.TOKENS, BudgetKind.AUDIO)
    in_english, in_russian = ("600 tokens", "(600)") if kind == "tokens" else ("10 min", "(10)")
    for locale, amount in (("en-US", in_english), ("ru", in_russian)):
        said = translate_error(refused.value, locale)
        assert amount in said
        assert RENEWED in said
    assert await is_refused(budgets, BORIS, GUILD, kind) == (whose == "guild")
    assert await is_refused(budgets, ADA, OTHER_GUILD, kind) == (whose == "user")
    assert await is_refused(budgets, ADA, None, kind) == (whose == "user")
    assert not await is_refused(
        budgets, ADA, GUILD, BudgetKind.AUDIO if kind is BudgetKind.TOKENS else BudgetKind.TOKENS
    )


@pytest.mark.parametrize(("kind", "usual"), [(BudgetKind.TOKENS, 200_000), (BudgetKind.AUDIO, 3600)])
async def test_whoever_installed_it_for_themselves_has_a_limit_wherever_they_use_it(
    database: Database, kind: BudgetKind, usual: int
) -> None:
    budgets = budgets_of(database)
    await spend(budgets, kind, usual // 2, FOREIGN_GUILD)
    await spend(budgets, kind, usual, GUILD)
    assert not await is_refused(budgets, ADA, None, kind)
    await spend(budgets, kind, usual // 2, None)
    for place in (None, FOREIGN_GUILD):
        assert await is_refused(budgets, ADA, place, kind)
        assert not await is_refused(budgets, BORIS, place, kind)
        with pytest.raises(UsedUpError) as refused:
            await budgets.require(ADA, place, kind)
        assert "outside the servers that have invited me" in str(refused.value)
    assert not await is_refused(budgets, ADA, GUILD, kind), "a server that invited it has limits of its own"
    free = budgets_of(database, **{f"private_{NAMES[kind]}": 0})
    assert not await is_refused(free, ADA, None, kind)


@pytest.mark.parametrize("kind", BudgetKind)
async def test_a_server_cannot_raise_what_the_host_has_set(database: Database, kind: BudgetKind) -> None:
    host = {SETTINGS[BudgetHolder.USER, kind]: 100, SETTINGS[BudgetHolder.GUILD, kind]: 1000}
    for of_guild, of_member, expected in (
        (5000, 5000, {"user": 100, "member": 100, "guild": 1000}),
        (500, 50, {"user": 100, "member": 50, "guild": 500}),
        (0, 0, {"user": 100, "guild": 1000}),
    ):
        await limit(database, DailyLimits(**{NAMES[kind]: of_guild, f"member_{NAMES[kind]}": of_member}))
        held = await budgets_of(database, **host).of(ADA, GUILD, kind)
        assert {budget.whose: budget.limit for budget in held} == expected
    alone = await budgets_of(database).of(ADA, GUILD, kind)
    assert alone == []


async def test_of_several_limits_that_run_out_the_tightest_is_told_and_once(database: Database) -> None:
    budgets = budgets_of(database, user_tokens_a_day=1000, guild_tokens_a_day=950, user_audio_s_a_day=600)
    await spend(budgets, BudgetKind.TOKENS, 900)
    assert await budgets.running_out(ADA, GUILD, "en-US", BudgetKind.TOKENS, BudgetKind.AUDIO) == [
        "Tokens left for this server today: 50 of 950."
    ]
    assert await budgets.running_out(BORIS, GUILD, "en-US", BudgetKind.TOKENS) == []
    await spend(budgets, BudgetKind.AUDIO, 570, guild=None)
    assert await budgets.running_out(ADA, None, "ru", BudgetKind.TOKENS, BudgetKind.AUDIO) == [
        "У вас на сегодня осталось минут записей: 0,5 из 10."
    ]
    await spend(budgets, BudgetKind.TOKENS, 20, guild=None)
    assert await budgets.running_out(ADA, None, "en-US", BudgetKind.TOKENS, BudgetKind.AUDIO) == [
        "Tokens left for you today: 80 of 1,000."
    ]
