"""What people did not like, for those who can correct it."""

from __future__ import annotations

from datetime import datetime

from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackKind, FeedbackStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.splitting import MESSAGE_LIMIT
from extensions.corrections.text import first_words

HEADING = _("**Answers that people did not like.** Open one and choose Correct this reply in its menu.")
NOTHING = _("Nobody has disliked an answer here, and nobody has said anything with /feedback.")
ANSWER = _("👎 {bad} · 👍 {good} · [{words}]({link})")
UNKNOWN = _("an answer that I no longer know")
FEEDBACK = _("**What people say about me:**")
WORDS = _("**Words that I did not know**, from corrected transcripts; /hearing vocabulary takes them:")
_MOST, _WORD_CHARACTERS, _TEXT_CHARACTERS = 10, 60, 200


async def wanted(guild: int, feedback: FeedbackStore, exchanges: ExchangeStore, locale: str) -> str:
    """One message with the answers that were disliked most, what was said lately, and words to learn."""
    lines: list[str] = []
    disliked = await feedback.disliked(guild, _MOST)
    if disliked:
        lines.append(translate(HEADING, locale))
    for one in disliked:
        known = await exchanges.by_reply(one.message_id)
        words = _plain(first_words(known.reply), _WORD_CHARACTERS) if known else translate(UNKNOWN, locale)
        link = f"https://discord.com/channels/{guild}/{one.channel_id}/{one.message_id}"
        lines.append(translate(ANSWER, locale, bad=one.bad, good=one.good, words=words, link=link))
        lines += [f"> {_plain(reason, _TEXT_CHARACTERS)}" for reason in one.reasons]
    for heading, kind in ((FEEDBACK, FeedbackKind.FEEDBACK), (WORDS, FeedbackKind.WORDS)):
        said = await feedback.entries(guild, kind, _MOST)
        if said:
            lines.append(translate(heading, locale))
        lines += [f"- {_plain(one.text, _TEXT_CHARACTERS)} — <@{one.user_id}>, {_when(one.given_at)}" for one in said]
    kept: list[str] = []
    for line in lines or [translate(NOTHING, locale)]:
        if len("\n".join([*kept, line])) > MESSAGE_LIMIT:
            break
        kept.append(line)
    return "\n".join(kept)


def _plain(text: str, most: int) -> str:
    """One line without what would end a link."""
    flat = " ".join(text.split()).translate(str.maketrans("[]`", "()'"))
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _when(moment: datetime) -> str:
    return f"<t:{int(moment.timestamp())}:R>"
