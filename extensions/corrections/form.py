"""The form in which people write what the bot should have said, and what is done with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import hikari

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.correction import CorrectedAnswer
from bot.corrections.limits import MAX_CHARS
from bot.corrections.memories import MemoryStore
from bot.corrections.rights import correction_actor, require_corrector
from bot.corrections.service import Corrections, SubmissionResult
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.recall.recall import Recall
from bot.ui.modal_router import text_row
from bot.ui.permissions import Interaction, NotPermittedError, OnServersOnlyError, guild_of, server_or_direct
from bot.ui.screen import NUMBER, ROW_ID, SNOWFLAKE, Screen
from extensions.corrections.text import describe_result

screen = Screen()

Asking = hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction

FORM_ID = "correction"
TITLE = _("Correct my answer")
TEACH_TITLE = _("Teach me")
ASKED = _("What was asked")
SHOULD_BE = _("What I should say")
CUT = _("{label} (cut to {limit} characters)")
KEPT_FOR_YOU = _(
    "Remembered, for your direct messages with me and for nobody else: **#{number}**. Ask me again. "
    "/memory list shows everything you have taught me here, /memory forget takes it back."
)

_LINK = re.compile(r"(?:https?://\S+/channels/(?P<guild>\d+|@me)/(?P<channel>\d+)/)?(?P<message>\d{15,20})/?")


class FormKind(StrEnum):
    """What a form is for; the ``asked`` that names a form begins with it."""

    NEW = "new"
    """The first correction of a reply, see ``new``."""
    EDIT = "edit"
    """New text for a correction, see ``edit``."""
    TEACH = "teach"
    """An answer to a question that the bot has not answered; nothing follows the kind."""


WRITTEN = f"{FormKind.NEW}:{SNOWFLAKE}:{SNOWFLAKE}|{FormKind.EDIT}:{ROW_ID}(:{NUMBER})?|{FormKind.TEACH}"
"""The pattern of an ``asked``, and of the revision that a form adds to it."""


class NotALinkError(StarlingError):
    """Raised for text that is neither a link to a message nor its id."""

    sentence = _("I need the link or the id of one of my answers. Choose one of those that are offered while you type.")


class NotInThisChannelError(StarlingError):
    """Raised for a link to a message of another channel: not everyone may read there."""

    sentence = _("That message is in another channel. Please use /correct there.")


class NotMyAnswerError(StarlingError):
    """Raised when someone corrects a message that is not the bot's."""

    sentence = _("You can only correct what I said myself. Please choose one of my own answers.")


class NotAnAnswerError(StarlingError):
    """Raised for a message by the bot that answers no question, or whose question is no longer known."""

    sentence = _(
        "I do not know, or no longer know, which question this answers. Please choose one of my answers to a question."
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the author of a text is told."""

    text: str
    result: SubmissionResult | None = None
    """None if the text is kept for its author alone."""
    is_theirs_to_decide: bool = False
    """Whether the correction is pending and its author may approve it."""


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """A form as Discord opens it."""

    title: str
    custom_id: str
    rows: Sequence[hikari.api.ModalActionRowBuilder]


def new(exchange: Exchange) -> str:
    """The ``asked`` of a form for the first correction of the reply of ``exchange``."""
    return f"{FormKind.NEW}:{exchange.channel_id}:{exchange.reply_message_id}"


def edit(id_: str) -> str:
    """The ``asked`` of a form for new text for the correction ``id_``."""
    return f"{FormKind.EDIT}:{id_}"


@screen.service
class CorrectionForms:
    """Builds forms, and keeps what was written in them."""

    def __init__(
        self,
        corrections: Corrections,
        memories: MemoryStore,
        consents: ConsentStore,
        exchanges: ExchangeStore,
        preferences: Preferences,
        recall: Recall,
    ) -> None:
        self._corrections = corrections
        self._recall = recall
        self._memories = memories
        self._consents = consents
        self._exchanges = exchanges
        self._preferences = preferences

    async def is_agreed(self, interaction: Interaction) -> bool:
        """Whether what the person writes here may be kept: in direct messages always, because it is for them alone, and
        elsewhere if they have agreed.

        Raises:
            OnServersOnlyError
        """
        return server_or_direct(interaction) is None or await self._consents.given(interaction.user.id)

    async def answer_of(self, interaction: Asking, message: hikari.Message) -> Exchange:
        """The exchange whose answer ``message`` is, or is a further part of.

        Raises:
            NotMyAnswerError, NotAnAnswerError, OnServersOnlyError
        """
        if message.author.id != interaction.application_id:
            raise NotMyAnswerError
        if (found := await self._known(message)) is None:
            raise NotAnAnswerError
        return _of_place(found, interaction, message.channel_id)

    async def answer_with(self, message_id: int) -> Exchange | None:
        """The exchange whose answer begins with this message; None if it is not known, or no longer known."""
        return await self._exchanges.by_reply(message_id)

    async def first_of(self, message: hikari.Message) -> int:
        """The id of the first message of the answer that ``message`` is a part of."""
        known = await self._known(message)
        return message.id if known is None else known.reply_message_id

    async def _known(self, message: hikari.Message) -> Exchange | None:
        # Further parts of an answer, and its voice message, are replies to its first message.
        first = message.message_reference.id if message.message_reference else None
        for id_ in (message.id, first):
            if id_ is not None and (found := await self._exchanges.by_reply(id_)):
                return found
        return None

    async def answer_at(self, interaction: hikari.CommandInteraction, given: str) -> Exchange:
        """The exchange whose answer ``given`` is the link to, or the id of; it must be in the current channel.

        Raises:
            NotALinkError, NotInThisChannelError, NotMyAnswerError, NotAnAnswerError, OnServersOnlyError
        """
        guild, link = server_or_direct(interaction), _LINK.fullmatch(given.strip().strip("<>"))
        if link is None:
            raise NotALinkError
        place = ("@me" if guild is None else str(guild), str(interaction.channel_id))
        if link["channel"] and (link["guild"], link["channel"]) != place:
            raise NotInThisChannelError
        if found := await self._exchanges.by_reply(int(link["message"])):
            return _of_place(found, interaction, interaction.channel_id)
        try:
            message = await interaction.app.rest.fetch_message(interaction.channel_id, int(link["message"]))
        except (hikari.NotFoundError, hikari.ForbiddenError) as error:
            raise NotInThisChannelError from error
        return await self.answer_of(interaction, message)

    async def form(self, asked: str, interaction: Interaction, question: str = "") -> CorrectionForm:
        """The form that is opened for ``asked``, see ``FormKind``; ``question`` is filled in for ``TEACH``.

        What is needed to recall the answer later is loaded while the person fills in the form.

        Raises:
            OnServersOnlyError, NotPermittedError
            NotAnAnswerError: the answer is no longer known.
            NoSuchCorrectionError: it was deleted meanwhile, or the person may not see it.
        """
        locale, guild = str(interaction.locale), server_or_direct(interaction)
        kind, _colon, what = asked.partition(":")
        if kind == FormKind.EDIT:
            person = await correction_actor(interaction, self._preferences)
            correction = await self._corrections.by_id(guild_of(interaction), what, person)
            custom_id = f"{FORM_ID}:{asked}:{correction.revision}"
            return _form(custom_id, correction.prompt, correction.answer, locale)
        if guild is not None:
            await require_corrector(interaction, self._preferences)
        if kind == FormKind.TEACH:
            self._recall.prepare_for(question)
            return _form(f"{FORM_ID}:{FormKind.TEACH}", question, "", locale, title=TEACH_TITLE)
        exchange = await self._exchange(what, guild)
        self._recall.prepare_for(exchange.prompt)
        return _form(f"{FORM_ID}:{asked}", exchange.prompt, exchange.reply, locale)

    async def may_correct(self, interaction: Interaction) -> bool:
        """Whether the person may correct what the bot says here."""
        try:
            if server_or_direct(interaction) is not None:
                await require_corrector(interaction, self._preferences)
        except (NotPermittedError, OnServersOnlyError):
            return False
        return True

    async def take(self, written: str, interaction: Interaction, answer: str, prompt: str | None = None) -> Receipt:
        """Keep ``answer``, which was written in the form with the id ``written``, as the answer to ``prompt`` or, if
        that was not written, to what was asked. In a direct message it is kept for the person alone.

        Raises:
            StarlingError: see ``Corrections.submit``, ``Corrections.edit`` and ``MemoryStore.teach``, and those of
                ``form``.
        """
        guild, locale = server_or_direct(interaction), str(interaction.locale)
        kind, _colon, what = written.partition(":")
        exchange = await self._exchange(what, guild) if kind == FormKind.NEW else None
        asked = exchange.prompt if prompt is None and exchange is not None else prompt or ""
        if guild is None:
            memory = await self._memories.teach(interaction.user.id, asked, answer)
            self._recall.prepare_own(interaction.user.id)
            return Receipt(translate(KEPT_FOR_YOU, locale, number=memory.number))
        if kind == FormKind.EDIT:
            person = await correction_actor(interaction, self._preferences)
            id_, _colon, revision = what.partition(":")
            result = await self._corrections.edit(guild, id_, int(revision), asked, answer, person)
        else:
            person = await require_corrector(interaction, self._preferences)
            about = _about(exchange, guild, interaction.channel_id)
            result = await self._corrections.submit(about, asked, answer, person)
        told = describe_result(result, locale, approves=person.approves)
        return Receipt(told, result, is_theirs_to_decide=person.approves and result.missing is None)

    async def _exchange(self, what: str, guild: int | None) -> Exchange:
        channel, _colon, message = what.partition(":")
        exchange = await self._exchanges.by_reply(int(message))
        if exchange is None or (exchange.guild_id, exchange.channel_id) != (guild, int(channel)):
            raise NotAnAnswerError
        return exchange


def _of_place(exchange: Exchange, interaction: Asking, channel: int) -> Exchange:
    if exchange.guild_id != server_or_direct(interaction):
        raise NotAnAnswerError
    if exchange.channel_id != channel:
        raise NotInThisChannelError
    return exchange


def _about(exchange: Exchange | None, guild: int, channel: int) -> CorrectedAnswer:
    if exchange is None:
        return CorrectedAnswer(guild_id=guild, channel_id=channel, message_id=None, original="")
    asked_by_message = exchange.prompt_message_id != exchange.reply_message_id
    return CorrectedAnswer(
        guild_id=guild,
        channel_id=exchange.channel_id,
        message_id=exchange.reply_message_id,
        original=exchange.reply,
        question_id=exchange.prompt_message_id if asked_by_message else None,
        asker_id=exchange.said_by,
    )


def _form(custom_id: str, prompt: str, answer: str, locale: str, *, title: str = TITLE) -> CorrectionForm:
    rows = []
    for name, sentence, text in (("asked", ASKED, prompt), ("answer", SHOULD_BE, answer)):
        label = translate(sentence, locale)
        if len(text) > MAX_CHARS:
            label = translate(CUT, locale, label=label, limit=MAX_CHARS)
        rows.append(text_row(name, label, value=text, max_chars=MAX_CHARS))
    return CorrectionForm(translate(title, locale), custom_id, rows)
