"""Incoming and missed messages: decides which are for the bot, and what is done with them."""

from __future__ import annotations

import contextlib

import hikari
from cachetools import TTLCache

from audio import detect_language
from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.expected_notes import ExpectedNotes, is_note
from bot.answering.message_text import text_of
from bot.answering.outcomes import Outcomes
from bot.answering.request import is_for, own_roles
from bot.answering.sent_notes import SentNotes
from bot.answering.service import AnswerService
from bot.i18n.known_locales import KnownLocales
from bot.preferences.access import AccessRules, ChannelNotServedError, NoAccessError, RoleNotServedError
from bot.preferences.preferences import Preferences
from bot.ui.access import channels_of, may_manage
from bot.ui.error_report import report_error
from bot.ui.nonce import fresh_nonce
from bot.work.keyed_lock import KeyedLock

DEFAULT_LOCALE = "en-US"
REFUSAL_HOLDS_S = 60.0


class MessageIntake:
    """Has messages that are for the bot answered, and voice notes transcribed in channels where all of them are."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        answers: AnswerService,
        transcripts: AutoTranscripts,
        locales: KnownLocales,
        preferences: Preferences,
        outcomes: Outcomes,
        expected: ExpectedNotes,
        access: AccessRules,
    ) -> None:
        self._bot = bot
        self._answers = answers
        self._transcripts = transcripts
        self._locales = locales
        self._preferences = preferences
        self._outcomes = outcomes
        self._expected = expected
        self._access = access
        self._sent = SentNotes()
        self._refused: TTLCache[tuple[int, int], bool] = TTLCache(10_000, REFUSAL_HOLDS_S)
        """The users who were recently told that they may not use the bot, and the channels."""
        self._lock = KeyedLock()

    async def take(self, message: hikari.Message) -> bool:
        """Have ``message`` answered or transcribed if it should be. Returns whether it was accepted, which happens only
        once per message. Errors are reported to its author."""
        try:
            # Each event is handled in its own task: without a lock, a person's next message could be accepted first.
            async with self._lock.of((message.author.id, message.channel_id)):
                is_ours, follows = await self._is_for_us(message), None
                notes: tuple[int, ...] = ()
                if not is_ours:
                    is_ours, follows = self._expected.take(message)
                    if not is_ours and is_note(message):
                        self._sent.came(message)
                elif message.guild_id is not None and not is_note(message):
                    self._expected.expect(message.author.id, message.channel_id, after=message.id)
                    if message.referenced_message is None:
                        notes = self._sent.take(message.author.id, message.channel_id)
                if is_ours and not await self._may(message):
                    return False
                if is_ours:
                    locale, guild_name = await self._circumstances(message)
                    return await self._answers.accept(
                        message, locale=locale, guild_name=guild_name, follows=follows, notes=notes
                    )
                if await self._transcripts.wanted(message) and await self._may(message, silently=True):
                    locale, _guild_name = await self._circumstances(message)
                    return await self._transcripts.accept(message, locale=locale)
        except Exception as error:
            self._outcomes.failed(error)
            report = report_error(error, DEFAULT_LOCALE, message=message.id, user=message.author.id)
            await self._bot.rest.create_message(
                message.channel_id, report.text, reply=message.id, mentions_reply=True, user_mentions=False,
                nonce=fresh_nonce(),
            )  # fmt: skip
        return False

    async def offer(self, message: hikari.Message) -> bool:
        """Offer to answer ``message``, which is too old to be answered unasked. Returns whether it was offered, which
        happens only once per message, and only if it addresses the bot, not if the bot has merely joined the
        channel."""
        me = self._bot.get_me()
        if me is None or not is_for(me.id, message, roles=own_roles(me.id, message.guild_id, self._bot.cache)):
            return False
        if not await self._may(message, silently=True):
            return False
        locale, guild_name = await self._circumstances(message)
        return await self._answers.offer(message, locale=locale, guild_name=guild_name)

    async def _may(self, message: hikari.Message, *, silently: bool = False) -> bool:
        """Whether the author of ``message`` may use Starling there. Unless ``silently``, a person whom the server's
        choice of channels or roles excludes is told so by a direct message, at most once a minute per channel; a person
        who was blocked is told nothing."""
        member = message.member or None
        try:
            await self._access.require(
                message.author.id, message.guild_id, channels_of(message.channel_id, self._bot.cache),
                None if member is None else member.role_ids, manages=self._may_manage(message),
            )  # fmt: skip
        except NoAccessError as error:
            if isinstance(error, ChannelNotServedError | RoleNotServedError) and not silently:
                await self._tell_once(message, error)
            return False
        return True

    def _may_manage(self, message: hikari.Message) -> bool:
        if message.guild_id is None or not message.member:
            return False
        return may_manage(message.guild_id, message.author.id, message.member.role_ids, self._bot.cache)

    async def _tell_once(self, message: hikari.Message, error: NoAccessError) -> None:
        whose = message.author.id, message.channel_id
        if whose in self._refused:
            return
        self._refused[whose] = True
        locale, _guild_name = await self._circumstances(message)
        report = report_error(error, locale, message=message.id, user=message.author.id)
        with contextlib.suppress(hikari.HTTPError):
            direct = await self._bot.rest.create_dm_channel(message.author.id)
            await self._bot.rest.create_message(direct, report.text, nonce=fresh_nonce())

    async def _is_for_us(self, message: hikari.Message) -> bool:
        me = self._bot.get_me()
        joined = (await self._preferences.guild(message.guild_id)).joined_channels
        if me is None:
            return False
        roles = own_roles(me.id, message.guild_id, self._bot.cache)
        return is_for(me.id, message, joined=message.channel_id in joined, roles=roles)

    async def _circumstances(self, message: hikari.Message) -> tuple[str, str | None]:
        """The best known locale of the author, and the name of the guild."""
        guild = None if message.guild_id is None else self._bot.cache.get_guild(message.guild_id)
        locale = await self._locales.of(message.author.id, str(guild.preferred_locale) if guild else DEFAULT_LOCALE)
        me = self._bot.get_me()
        written = "" if me is None else text_of(message, me.id, self._bot.cache, embeds=False)
        if written:
            locale = await self._locales.guess(message.author.id, detect_language(written, hint=locale), locale)
        return locale, guild.name if guild else None
