"""How much each user and each guild may use per day, and counting what they use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.conversation.tokens import TokenUse
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import translate
from bot.preferences.access import KnownRoles
from bot.preferences.choices import DailyLimits
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.usage.store import NO_GUILD, UsageAmounts, UsageStore
from bot.usage.text import minutes_text, number_text
from bot.work.metrics import NOTES, NOTES_S, SPOKEN_CHARACTERS, TOKENS


class BudgetKind(StrEnum):
    """What is limited."""

    TOKENS = "tokens"
    """Tokens of the chat model, in and out."""
    AUDIO = "audio"
    """Seconds of recordings that are transcribed."""


class BudgetHolder(StrEnum):
    """Whose use is limited."""

    USER = "user"
    """A user, everywhere."""
    PRIVATE = "private"
    """A user outside of the guilds that have invited Starling."""
    MEMBER = "member"
    """A user in one guild."""
    GUILD = "guild"
    """Everyone in one guild."""


_EVERYWHERE = (BudgetHolder.USER, BudgetHolder.PRIVATE)
"""Holders whose use is counted across several places."""

LOW = 0.1
"""People are told when less than this part of a limit is left."""


class UsedUpError(StarlingError):
    """Raised when a limit for the day is used up."""

    def __init__(self, limit: float, renewed: datetime) -> None:
        """``limit``: in tokens or seconds."""
        super().__init__(limit=limit, limit_min=round(limit / 60, 1), renewed=f"<t:{int(renewed.timestamp())}:R>")


class UserTokensUsedUpError(UsedUpError):
    """Raised when a user has no tokens left."""

    sentence = ngettext(
        "You have used up your {limit} token for today. Please ask again when it is renewed: {renewed}.",
        "You have used up your {limit} tokens for today. Please ask again when they are renewed: {renewed}.",
        number="limit",
    )


class PrivateTokensUsedUpError(UsedUpError):
    """Raised when a user has no tokens left outside of guilds that have invited Starling."""

    sentence = ngettext(
        "You have used up the {limit} token that you have a day outside the servers that have invited me. "
        "Please ask again when it is renewed: {renewed}.",
        "You have used up the {limit} tokens that you have a day outside the servers that have invited me. "
        "Please ask again when they are renewed: {renewed}.",
        number="limit",
    )


class MemberTokensUsedUpError(UsedUpError):
    """Raised when a member has no tokens left in a guild."""

    sentence = ngettext(
        "You have used up the {limit} token that each member of this server has a day. "
        "Please ask again when it is renewed: {renewed}.",
        "You have used up the {limit} tokens that each member of this server has a day. "
        "Please ask again when they are renewed: {renewed}.",
        number="limit",
    )


class GuildTokensUsedUpError(UsedUpError):
    """Raised when a guild has no tokens left."""

    sentence = ngettext(
        "This server has used up its {limit} token for today. Please ask again when it is renewed: {renewed}.",
        "This server has used up its {limit} tokens for today. Please ask again when they are renewed: {renewed}.",
        number="limit",
    )


class UserAudioUsedUpError(UsedUpError):
    """Raised when a user may have no more recordings transcribed."""

    sentence = _(
        "You have used up your {limit_min:g} min of recordings for today. "
        "Please send them when they are renewed: {renewed}."
    )


class PrivateAudioUsedUpError(UsedUpError):
    """Raised when a user may have no more recordings transcribed outside of guilds that have invited Starling."""

    sentence = _(
        "You have used up the {limit_min:g} min of recordings that you have a day outside the servers that have "
        "invited me. Please send them when they are renewed: {renewed}."
    )


class MemberAudioUsedUpError(UsedUpError):
    """Raised when a member may have no more recordings transcribed in a guild."""

    sentence = _(
        "You have used up the {limit_min:g} min of recordings that each member of this server has a day. "
        "Please send them when they are renewed: {renewed}."
    )


class GuildAudioUsedUpError(UsedUpError):
    """Raised when a guild may have no more recordings transcribed."""

    sentence = _(
        "This server has used up its {limit_min:g} min of recordings for today. "
        "Please send them when they are renewed: {renewed}."
    )


_ERRORS: dict[tuple[BudgetHolder, BudgetKind], type[UsedUpError]] = {
    (BudgetHolder.USER, BudgetKind.TOKENS): UserTokensUsedUpError,
    (BudgetHolder.PRIVATE, BudgetKind.TOKENS): PrivateTokensUsedUpError,
    (BudgetHolder.MEMBER, BudgetKind.TOKENS): MemberTokensUsedUpError,
    (BudgetHolder.GUILD, BudgetKind.TOKENS): GuildTokensUsedUpError,
    (BudgetHolder.USER, BudgetKind.AUDIO): UserAudioUsedUpError,
    (BudgetHolder.PRIVATE, BudgetKind.AUDIO): PrivateAudioUsedUpError,
    (BudgetHolder.MEMBER, BudgetKind.AUDIO): MemberAudioUsedUpError,
    (BudgetHolder.GUILD, BudgetKind.AUDIO): GuildAudioUsedUpError,
}

_LEFT: dict[tuple[BudgetHolder, BudgetKind], str] = {
    (BudgetHolder.USER, BudgetKind.TOKENS): _("Tokens left for you today: {left} of {limit}."),
    (BudgetHolder.PRIVATE, BudgetKind.TOKENS): _("Tokens left for you today outside of servers: {left} of {limit}."),
    (BudgetHolder.MEMBER, BudgetKind.TOKENS): _("Tokens left for you on this server today: {left} of {limit}."),
    (BudgetHolder.GUILD, BudgetKind.TOKENS): _("Tokens left for this server today: {left} of {limit}."),
    (BudgetHolder.USER, BudgetKind.AUDIO): _("Minutes of recordings left for you today: {left} of {limit}."),
    (BudgetHolder.PRIVATE, BudgetKind.AUDIO): _(
        "Minutes of recordings left for you today outside of servers: {left} of {limit}."
    ),
    (BudgetHolder.MEMBER, BudgetKind.AUDIO): _(
        "Minutes of recordings left for you on this server today: {left} of {limit}."
    ),
    (BudgetHolder.GUILD, BudgetKind.AUDIO): _("Minutes of recordings left for this server today: {left} of {limit}."),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit for the day, and how much of it is used."""

    whose: BudgetHolder
    kind: BudgetKind
    limit: float
    """Above 0; in tokens or seconds."""
    used: float

    @property
    def left(self) -> float:
        """How much is left; 0 if more than the limit was used."""
        return max(self.limit - self.used, 0.0)

    def left_text(self, locale: str) -> str:
        """A sentence that says how much is left."""
        text = number_text if self.kind is BudgetKind.TOKENS else minutes_text
        left, limit = text(self.left, locale), text(self.limit, locale)
        return translate(_LEFT[self.whose, self.kind], locale, left=left, limit=limit)


class Budgets:
    """Counts what is used, and enforces the limits.

    Work that is already running when a limit is reached is finished, so the limit may be exceeded by that much.
    """

    def __init__(
        self,
        usage: UsageStore,
        preferences: Preferences,
        settings: Settings,
        roles: KnownRoles | None = None,
        *,
        has_invited: Callable[[int], bool],
    ) -> None:
        """``roles``: the roles of members, for guilds with limits by role. ``has_invited``: whether a guild has invited
        Starling; in any other, people use it as an app that they installed for themselves."""
        self._roles = roles or KnownRoles()
        self._usage = usage
        self._has_invited = has_invited
        self._preferences = preferences
        self._warned: set[tuple[BudgetHolder, BudgetKind, int, int]] = set()
        """Who was told today that little is left, and of what; each ends with the ids of user and guild, 0 if none
        applies."""
        self._warned_on: date | None = None
        self._settings = settings

    @property
    def renewed(self) -> datetime:
        """When the next day begins in UTC, and the limits are renewed."""
        return self._usage.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    async def require(self, user: int, guild: int | None, *kinds: BudgetKind) -> None:
        """Check that ``user`` has something left of each of ``kinds`` in ``guild`` (None: in direct messages).

        Raises:
            UsedUpError: the subclass says which limit is used up, and its text when it is renewed.
        """
        for budget in await self.of(user, guild, *kinds):
            if budget.used >= budget.limit:
                raise _ERRORS[budget.whose, budget.kind](budget.limit, self.renewed)

    async def of(self, user: int, guild: int | None, *kinds: BudgetKind) -> list[Budget]:
        """Every limit of ``kinds`` that applies to ``user`` in ``guild``, with how much of it is used."""
        guild = self._inviting(guild)
        limits = [
            (whose, kind, limit)
            for kind in kinds
            for whose in BudgetHolder
            if (limit := await self._limit(whose, kind, user, guild))
        ]
        limited = list(dict.fromkeys(whose for whose, _kind, _limit in limits))
        if not limited:
            return []
        here = NO_GUILD if guild is None else guild
        places = [
            (None if whose is BudgetHolder.USER else here, None if whose is BudgetHolder.GUILD else user)
            for whose in limited
        ]
        used = dict(zip(limited, await self._usage.of_places(self._usage.now.date(), places), strict=True))
        return [
            Budget(whose, kind, limit, used[whose].tokens if kind is BudgetKind.TOKENS else used[whose].heard_s)
            for whose, kind, limit in limits
        ]

    def _inviting(self, guild: int | None) -> int | None:
        """``guild`` if it has invited Starling, else None."""
        return guild if guild is not None and self._has_invited(guild) else None

    async def _limit(self, whose: BudgetHolder, kind: BudgetKind, user: int, guild: int | None) -> float:
        """The limit, 0 if there is none. What a guild has set applies only as far as it is below the host's limit."""
        tokens, host = kind is BudgetKind.TOKENS, self._settings
        of_user = host.user_tokens_a_day if tokens else host.user_audio_s_a_day
        if whose is BudgetHolder.USER:
            return of_user
        if whose is BudgetHolder.PRIVATE:
            own = host.private_tokens_a_day if tokens else host.private_audio_s_a_day
            return 0 if guild is not None else own
        if guild is None:
            return 0
        most = (
            of_user if whose is BudgetHolder.MEMBER else host.guild_tokens_a_day if tokens else host.guild_audio_s_a_day
        )
        choices = await self._preferences.guild(guild)
        own = _own_limit(choices.limits, whose, kind)
        held = [limit for role, limit in choices.role_limits.items() if role in self._roles.of(guild, user)]
        if held and whose is BudgetHolder.MEMBER:
            of_roles = [limit.tokens_a_day if tokens else limit.audio_s_a_day for limit in held]
            own = max(of_roles) if all(of_roles) else 0
        if own > 0:
            return min(own, most) if most else own
        return most if whose is BudgetHolder.GUILD else 0

    def count_tokens(self, user: int, guild: int | None, model: str, use: TokenUse) -> None:
        """Count tokens of the chat model ``model``, and what they cost."""
        if not use.prompt_tokens and not use.reply_tokens:
            return
        TOKENS.labels(model, "in").inc(use.prompt_tokens)
        TOKENS.labels(model, "out").inc(use.reply_tokens)
        of_prompt, of_reply = self._settings.prices.get(model, (0.0, 0.0))
        cost = (use.prompt_tokens * of_prompt + use.reply_tokens * of_reply) / 1_000_000
        self._add(user, guild, model, UsageAmounts(use.prompt_tokens, use.reply_tokens, cost=cost))

    def count_recording(self, user: int, guild: int | None, duration_s: float) -> None:
        """Count a recording that was transcribed."""
        NOTES.inc()
        NOTES_S.inc(duration_s)
        self._add(user, guild, self._settings.whisper_model, UsageAmounts(heard_s=duration_s))

    def count_speech(self, user: int, guild: int | None, engine: str, text: str) -> None:
        """Count the characters of ``text``, which was spoken by ``engine``."""
        SPOKEN_CHARACTERS.labels(engine).inc(len(text))
        self._add(user, guild, engine, UsageAmounts(spoken_characters=len(text)))

    def _add(self, user: int, guild: int | None, model: str, amounts: UsageAmounts) -> None:
        self._usage.add(guild_id=self._inviting(guild), user_id=user, model=model, amounts=amounts)

    async def running_out(self, user: int, guild: int | None, locale: str, *kinds: BudgetKind) -> list[str]:
        """For each of ``kinds``, a sentence on the tightest limit that has less than a tenth left and was not mentioned
        yet today, if there is one."""
        sentences = []
        budgets = await self.of(user, guild, *kinds)
        for kind in kinds:
            low = [one for one in budgets if one.kind is kind and one.left < one.limit * LOW]
            for budget in sorted(low, key=lambda budget: budget.left / budget.limit):
                if self._tell_today(budget, user, guild):
                    sentences.append(budget.left_text(locale))
                    break
        return sentences

    def _tell_today(self, budget: Budget, user: int, guild: int | None) -> bool:
        """Whether ``budget`` was not mentioned yet today, as far as this process knows. From now on it counts as
        mentioned."""
        today = self._usage.now.date()
        if self._warned_on != today:
            self._warned_on, self._warned = today, set()
        whom = 0 if budget.whose is BudgetHolder.GUILD else user
        warning = (budget.whose, budget.kind, whom, 0 if budget.whose in _EVERYWHERE else guild or 0)
        if warning in self._warned:
            return False
        self._warned.add(warning)
        return True


def _own_limit(limits: DailyLimits, whose: BudgetHolder, kind: BudgetKind) -> float:
    if whose is BudgetHolder.GUILD:
        return limits.tokens_a_day if kind is BudgetKind.TOKENS else limits.audio_s_a_day
    return limits.member_tokens_a_day if kind is BudgetKind.TOKENS else limits.member_audio_s_a_day
