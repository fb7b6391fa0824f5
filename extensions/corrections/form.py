"""The form in which people write what the bot should have said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import alluka
import hikari
import yuyo

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.correction import CorrectedAnswer, NoSuchCorrectionError
from bot.corrections.limits import MAX_CHARS
from bot.corrections.rights import correction_actor, require_corrector
from bot.corrections.service import Corrections, SubmissionResult
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.error_report import report_error
from bot.ui.modal_router import text_row, texts_in
from bot.ui.permissions import Interaction, NotPermittedError, OnServersOnlyError, guild_of
from bot.ui.screen import Screen
from extensions.corrections.text import describe_result

screen = Screen()

Asking = hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction

FORM_ID = "correction"
TITLE = _("Correct my answer")
ASKED = _("What was asked")
SHOULD_BE = _("What I should say")
CUT = _("{label} (cut to {limit} characters)")
WHAT_YOU_WROTE = _("What you wrote is in the file, so that it is not lost.")

_LINK = re.compile(r"(?:https?://\S+/channels/(?P<guild>\d+|@me)/(?P<channel>\d+)/)?(?P<message>\d{15,20})/?")
_NEW, _EDIT = "new", "edit"


class NotALinkError(StarlingError):
    """Raised for what is neither a link to a message nor its id."""

    sentence = _("I need the link or the id of one of my answers. Choose one of those that are offered while you type.")


class NotInThisChannelError(StarlingError):
    """Raised for a link to a message of another channel: not everyone may read there."""

    sentence = _("That message is in another channel. Please use /correct there.")


class NotMyAnswerError(StarlingError):
    """Raised when someone corrects what the bot has not said."""

    sentence = _("I can only be corrected in what I said myself. Please choose one of my own answers.")


class NotAnAnswerError(StarlingError):
    """Raised for a message of the bot's that answers no question, or one that is forgotten."""

    sentence = _(
        "I do not know, or no longer, which question this answers. Please choose one of my answers to a question."
    )


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """What Discord opens."""

    title: str
    custom_id: str
    rows: Sequence[hikari.api.ModalActionRowBuilder]


def new(exchange: Exchange) -> str:
    """What is asked for in a form for the first correction of the reply of ``exchange``."""
    return f"{_NEW}:{exchange.channel_id}:{exchange.reply_message_id}"


def edit(id_: str) -> str:
    """What is asked for in a form for other words of a correction."""
    return f"{_EDIT}:{id_}"


@screen.service
class CorrectionForms:
    """Opens forms and takes what was written in them."""

    def __init__(self, corrections: Corrections, exchanges: ExchangeStore, preferences: Preferences) -> None:
        self._corrections = corrections
        self._exchanges = exchanges
        self._preferences = preferences

    async def answer_of(self, interaction: Asking, message: hikari.Message) -> Exchange:
        """The answer that ``message`` is, or a further part of.

        Raises:
            NotMyAnswerError, NotAnAnswerError, OnServersOnlyError
        """
        if message.author.id != interaction.application_id:
            raise NotMyAnswerError
        if (found := await self._known(message)) is None:
            raise NotAnAnswerError
        return _of_place(found, interaction, message.channel_id)

    async def first_of(self, message: hikari.Message) -> int:
        """The id of the first message of the answer that ``message`` is a part of."""
        known = await self._known(message)
        return int(message.id) if known is None else known.reply_message_id

    async def _known(self, message: hikari.Message) -> Exchange | None:
        # Further parts of an answer, and its voice message, are replies to its first message.
        first = message.message_reference.id if message.message_reference else None
        for id_ in (message.id, first):
            if id_ is not None and (found := await self._exchanges.by_reply(id_)):
                return found
        return None

    async def answer_at(self, interaction: hikari.CommandInteraction, given: str) -> Exchange:
        """The answer to which ``given`` is the link, or its id, in the channel where it is asked for.

        Raises:
            NotALinkError, NotInThisChannelError, NotMyAnswerError, NotAnAnswerError, OnServersOnlyError
        """
        guild, link = guild_of(interaction), _LINK.fullmatch(given.strip().strip("<>"))
        if link is None:
            raise NotALinkError
        place = (str(guild), str(interaction.channel_id))
        if link["channel"] and (link["guild"], link["channel"]) != place:
            raise NotInThisChannelError
        if found := await self._exchanges.by_reply(int(link["message"])):
            return _of_place(found, interaction, interaction.channel_id)
        try:
            message = await interaction.app.rest.fetch_message(interaction.channel_id, int(link["message"]))
        except (hikari.NotFoundError, hikari.ForbiddenError) as error:
            raise NotInThisChannelError from error
        return await self.answer_of(interaction, message)

    async def form(self, asked: str, interaction: Interaction) -> CorrectionForm:
        """What is opened for ``asked``: see ``new`` and ``edit``.

        Raises:
            OnServersOnlyError, NotPermittedError
            NotAnAnswerError: it was forgotten meanwhile.
            NoSuchCorrectionError: it was taken back meanwhile, or is not theirs.
        """
        locale, guild = str(interaction.locale), guild_of(interaction)
        kind, _colon, what = asked.partition(":")
        if kind == _EDIT:
            person = await correction_actor(interaction, self._preferences)
            correction = await self._corrections.by_id(guild, what, person)
            custom_id = f"{FORM_ID}:{asked}:{correction.revision}"
            return _form(custom_id, correction.prompt, correction.answer, locale)
        await require_corrector(interaction, self._preferences)
        exchange = await self._exchange(what, guild)
        return _form(f"{FORM_ID}:{asked}", exchange.prompt, exchange.reply, locale)

    async def may_correct(self, interaction: Interaction) -> bool:
        """Whether the one who asks may correct what the bot says here."""
        try:
            await require_corrector(interaction, self._preferences)
        except (NotPermittedError, OnServersOnlyError):
            return False
        return True

    async def take(
        self,
        written: str,
        interaction: hikari.ModalInteraction | hikari.ComponentInteraction,
        answer: str,
        prompt: str | None = None,
    ) -> str:
        """Keep the answer that was written in the form with the id ``written``, to ``prompt``, or to what was asked
        where that was not written; what to tell.

        Raises:
            StarlingError: see ``Corrections.submit`` and ``Corrections.edit``, and those of ``form``.
        """
        guild = guild_of(interaction)
        kind, _colon, what = written.partition(":")
        result: SubmissionResult
        if kind == _EDIT:
            person = await correction_actor(interaction, self._preferences)
            id_, _colon, revision = what.partition(":")
            result = await self._corrections.edit(guild, id_, int(revision), prompt or "", answer, person)
        else:
            person = await require_corrector(interaction, self._preferences)
            exchange = await self._exchange(what, guild)
            asked_by_message = exchange.prompt_message_id != exchange.reply_message_id
            about = CorrectedAnswer(
                guild_id=int(guild),
                channel_id=exchange.channel_id,
                message_id=exchange.reply_message_id,
                original=exchange.reply,
                question_id=exchange.prompt_message_id if asked_by_message else None,
                asker_id=exchange.user_id,
            )
            asked = exchange.prompt if prompt is None else prompt
            result = await self._corrections.submit(about, asked, answer, person)
        return describe_result(result, str(interaction.locale), approves=person.approves)

    async def _exchange(self, what: str, guild: int) -> Exchange:
        channel, _colon, message = what.partition(":")
        exchange = await self._exchanges.by_reply(int(message))
        if exchange is None or (exchange.guild_id, exchange.channel_id) != (int(guild), int(channel)):
            raise NotAnAnswerError
        return exchange


def _of_place(exchange: Exchange, interaction: Asking, channel: int) -> Exchange:
    if exchange.guild_id != guild_of(interaction):
        raise NotAnAnswerError
    if exchange.channel_id != channel:
        raise NotInThisChannelError
    return exchange


def _form(custom_id: str, prompt: str, answer: str, locale: str) -> CorrectionForm:
    rows = []
    for name, sentence, text in (("asked", ASKED, prompt), ("answer", SHOULD_BE, answer)):
        label = translate(sentence, locale)
        if len(text) > MAX_CHARS:
            label = translate(CUT, locale, label=label, limit=MAX_CHARS)
        rows.append(text_row(name, label, value=text, most=MAX_CHARS))
    return CorrectionForm(translate(TITLE, locale), custom_id, rows)


@screen.form(FORM_ID)
async def submitted(context: yuyo.modals.Context, forms: alluka.Injected[CorrectionForms]) -> None:
    """Keep what was written; where that cannot be, the person gets it back."""
    texts = texts_in(context.interaction)
    await keep(context.interaction, context.id_metadata, forms, texts.get("answer", ""), texts.get("asked", ""))


async def keep(
    interaction: hikari.ModalInteraction | hikari.ComponentInteraction,
    written: str,
    forms: CorrectionForms,
    answer: str,
    prompt: str | None = None,
) -> None:
    """Have ``forms`` take what was written, and tell what became of it, in the place of the card on which the person
    has agreed where there was one; where it cannot be kept, the person gets it back."""
    locale = str(interaction.locale)
    try:
        reply = await forms.take(written, interaction, answer, prompt)
    except NoSuchCorrectionError:
        raise
    except StarlingError as error:
        report = report_error(error, locale, form=interaction.custom_id, user=int(interaction.user.id))
        whole = answer if prompt is None else f"{prompt}\n\n→\n\n{answer}"
        file = hikari.Bytes(f"{whole}\n".encode(), "correction.txt", "text/plain; charset=utf-8")
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE,
            f"{report.text}\n{translate(WHAT_YOU_WROTE, locale)}",
            attachment=file,
            flags=hikari.MessageFlag.EPHEMERAL,
        )
        return
    card = hikari.impl.ContainerComponentBuilder()
    card.add_text_display(reply)
    shown = interaction.message
    if shown is not None and shown.flags & hikari.MessageFlag.EPHEMERAL:
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)
    else:
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE, component=card, flags=hikari.MessageFlag.EPHEMERAL
        )
