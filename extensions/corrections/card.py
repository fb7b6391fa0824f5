"""One correction as a card, and its buttons: to approve it, also in place of others, to reject it, and to edit it."""

from __future__ import annotations

import hikari

from bot.corrections.correction import Correction, CorrectionAction, CorrectionState
from bot.corrections.deciding import SOMEONE
from bot.corrections.service import CorrectionActor, CorrectionDetails, Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from extensions.corrections.text import STATES, describe_similar

APPROVE_ID, REJECT_ID = "correction-approve", "correction-reject"
RETIRE_ID, EDIT_ID = "correction-retire", "correction-edit"
APPROVE, REJECT, EDIT = _("Approve"), _("Reject"), _("Edit")
APPROVE_AND_RETIRE = _("Approve, and retire {numbers}")
MAX_RETIRED = 5
"""The most numbers that are named on a button, and in its id."""
TITLE = _("### Correction #{number} · {state}")
ASKED = _("**Asked**")
SAID = _("**I said**")
SHOULD_BE = _("**I should say**")
NOTHING_ANY_MORE = _("-# the answer was deleted")
BY = _("by {who} on {when}")
ANSWER = _("[my answer]({link})")
APPROVALS = _("Approvals: {count} of {votes}")
HISTORY = {
    CorrectionAction.SUBMITTED: _("{when} · {who} submitted it"),
    CorrectionAction.EDITED: _("{when} · {who} changed its text"),
    CorrectionAction.APPROVED: _("{when} · {who} approved"),
    CorrectionAction.REJECTED: _("{when} · {who} rejected it"),
    CorrectionAction.RETIRED: _("{when} · {who} approved another answer in its place"),
    CorrectionAction.WITHDRAWN: _("{when} · {who} took it back"),
}
_COLORS = {
    CorrectionState.PENDING: 0xF2C94C,
    CorrectionState.APPROVED: 0x27AE60,
    CorrectionState.REJECTED: 0xEB5757,
    CorrectionState.RETIRED: 0x9B8AC4,
    CorrectionState.WITHDRAWN: 0x828282,
}
_MAX_CHARS, _MAX_BYTES = 900, 2400
"""The limits for each text: a card has 4000 characters, and 10,000 bytes in UTF-8; longer texts are in a file below."""
_LAST = 8
"""The most lines of history that are shown."""


async def card_for(
    correction: Correction, corrections: Corrections, person: CorrectionActor, locale: str
) -> hikari.api.ContainerComponentBuilder:
    """The card of ``correction`` for ``person``."""
    return build_card(await corrections.shown(correction), person, locale)


def build_card(shown: CorrectionDetails, person: CorrectionActor, locale: str) -> hikari.api.ContainerComponentBuilder:
    """The card; while the correction is pending, it has buttons for people who may approve."""
    one = shown.correction

    def phrase(sentence: str, **params: object) -> str:
        return translate(sentence, locale, **params)

    texts = [(ASKED, one.prompt), (SAID, one.original), (SHOULD_BE, one.answer)]
    if one.is_without_answer:
        del texts[1]
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(_COLORS[one.state]))
    card.add_text_display(phrase(TITLE, number=one.number, state=phrase(STATES[one.state])))
    for heading, text in texts:
        card.add_text_display(f"{phrase(heading)}\n{_cut(_quoted(text)) if text else phrase(NOTHING_ANY_MORE)}")
    if any(_cut(_quoted(text)) != _quoted(text) for _heading, text in texts):
        whole = "\n\n".join(f"{phrase(heading).strip('*')}:\n{text}" for heading, text in texts)
        file = hikari.Bytes(whole.encode(), f"correction-{one.number}.txt", "text/plain; charset=utf-8")
        card.add_file(file)
    details = [phrase(BY, who=_named(one.author_id, locale), when=f"<t:{int(one.created_at.timestamp())}:f>")]
    if one.message_id is not None:
        link = f"https://discord.com/channels/{one.guild_id}/{one.channel_id}/{one.message_id}"
        details.append(phrase(ANSWER, link=link))
    lines = [" · ".join(details), *describe_similar(shown.similar, locale)]
    if one.state is CorrectionState.PENDING and shown.votes > 1:
        lines.append(phrase(APPROVALS, count=shown.approvals, votes=shown.votes))
    card.add_text_display("\n".join(lines))
    history = [
        phrase(
            HISTORY[each.action], who=_named(each.actor_id, locale), when=f"<t:{int(each.decided_at.timestamp())}:R>"
        )
        for each in shown.history[-_LAST:]
    ]
    card.add_text_display("\n".join(f"-# {line}" for line in history))
    if person.approves and one.state is CorrectionState.PENDING:
        row = hikari.impl.MessageActionRowBuilder()
        what = f"{one.id}:{one.revision}"
        if others := shown.similar.contradictions[:MAX_RETIRED]:
            label = phrase(APPROVE_AND_RETIRE, numbers=", ".join(f"#{number}" for number in others))
            what_holds = f"{what}:{','.join(map(str, others))}"
            row.add_interactive_button(hikari.ButtonStyle.SUCCESS, f"{RETIRE_ID}:{what_holds}", label=label)
        else:
            row.add_interactive_button(hikari.ButtonStyle.SUCCESS, f"{APPROVE_ID}:{what}", label=phrase(APPROVE))
        row.add_interactive_button(hikari.ButtonStyle.DANGER, f"{REJECT_ID}:{what}", label=phrase(REJECT))
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{EDIT_ID}:{one.id}", label=phrase(EDIT))
        card.add_component(row)
    return card


def _named(user_id: int | None, locale: str) -> str:
    return translate(SOMEONE, locale) if user_id is None else f"<@{user_id}>"


def _cut(text: str) -> str:
    short = text[:_MAX_CHARS].encode()[:_MAX_BYTES].decode(errors="ignore")
    return text if short == text else f"{short}…"


def _quoted(text: str) -> str:
    """Every line as a quotation, so that what people write cannot look like the card's own text."""
    return "\n".join(f"> {line}" for line in text.splitlines())
