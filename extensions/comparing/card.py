"""Two answers to one prompt as a card, with buttons to vote and to reveal the models' names."""

from __future__ import annotations

from enum import StrEnum

import alluka
import hikari
import yuyo

from bot.corrections.consents import ConsentStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.file_names import shown
from bot.training.evaluating.comparisons import Comparison, ComparisonChoice, ComparisonStore, Tally
from bot.training.evaluating.interval import wilson
from bot.training.evaluating.text import describe_better, interval_facts, quoted
from bot.ui.permissions import guild_of, require
from bot.ui.screen import ROW_ID, Screen

screen = Screen()

VOTE_ID, REVEAL_ID = "compare-vote", "compare-reveal"
LEARN_ID, TAKE_BACK_ID = "compare-learn", "compare-take-back"
TITLE = _("### Which answer is better?")
TITLE_REVEALED = _("### Which answer was better")
HINT = _("-# Votes: {count}. Which model is which is revealed after the vote.")
ALIKE, REVEAL = _("Both alike"), _("Show the names")
VOTED: dict[ComparisonChoice, str] = {
    ComparisonChoice.A: _("You prefer A. You can change your vote until the names are shown."),
    ComparisonChoice.B: _("You prefer B. You can change your vote until the names are shown."),
    ComparisonChoice.ALIKE: _("You find both equally good. You can change your vote until the names are shown."),
}
RESULT = _("**A** is {model_a}, votes: {a}. **B** is {model_b}, votes: {b}. Both alike: {alike}.")
SHARE = _("{model} got {share} of the votes for one of the two (95% confidence interval: {low} to {high}).")
NO_VOTES = _("Nobody has voted for either of them.")
LEARNED = _("-# {asker} agrees that this is learned from: /dataset add_comparisons takes it into a dataset.")
UNAGREED = _("-# It is learned from only if {asker} agrees.")
LEARN, TAKE_BACK = _("Let it be learned from"), _("Take it back")
_LABELS: dict[ComparisonChoice, str] = {ComparisonChoice.A: "A", ComparisonChoice.B: "B"}
_MAX_CHARS, _MAX_BYTES = 1400, 3500
"""The limits for each answer: a card has 4000 characters, and 10,000 bytes in UTF-8; longer answers are in a file
below."""
_MAX_PROMPT = 400


class ComparisonLearning(StrEnum):
    """Whether a comparison can be learned from."""

    UNDECIDED = "undecided"
    """Neither answer is preferred, or the names are not shown."""
    UNAGREED = "unagreed"
    AGREED = "agreed"


async def learning_of(comparison: Comparison, tally: Tally, consents: ConsentStore) -> ComparisonLearning:
    """Whether ``comparison`` can be learned from; the person who asked has to agree."""
    if comparison.revealed_at is None or tally.a == tally.b:
        return ComparisonLearning.UNDECIDED
    return ComparisonLearning.AGREED if await consents.given(comparison.asked_by) else ComparisonLearning.UNAGREED


def build_card(
    comparison: Comparison, tally: Tally, locale: str, learning: ComparisonLearning = ComparisonLearning.UNDECIDED
) -> hikari.api.ContainerComponentBuilder:
    """The card; once the names are revealed, they and the result replace the voting buttons."""

    def phrase(sentence: str, **params: object) -> str:
        return translate(sentence, locale, **params)

    revealed = comparison.revealed_at is not None
    names = {"A": comparison.model_a, "B": comparison.model_b}
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x27AE60 if revealed else 0x9B51E0))
    prompt = shown(" ".join(comparison.prompt.split()), _MAX_PROMPT)
    card.add_text_display(f"{phrase(TITLE_REVEALED if revealed else TITLE)}\n{prompt}")
    answers = {"A": comparison.answer_a, "B": comparison.answer_b}
    for label, answer in answers.items():
        heading = f"**{label}** · {shown(names[label])}" if revealed else f"**{label}**"
        card.add_text_display(f"{heading}\n{_cut(quoted(answer))}")
    if any(_cut(quoted(answer)) != quoted(answer) for answer in answers.values()):
        whole = "\n\n".join([comparison.prompt, *(f"{label}:\n{answer}" for label, answer in answers.items())])
        card.add_file(hikari.Bytes(whole.encode(), "answers.txt", "text/plain; charset=utf-8"))
    if revealed:
        told = {ComparisonLearning.AGREED: LEARNED, ComparisonLearning.UNAGREED: UNAGREED}.get(learning)
        line = [] if told is None else [phrase(told, asker=f"<@{comparison.asked_by}>")]
        card.add_text_display("\n".join([*_result(comparison, tally, locale), *line]))
        row = hikari.impl.MessageActionRowBuilder()
        if learning is ComparisonLearning.UNAGREED:
            row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"{LEARN_ID}:{comparison.id}", label=phrase(LEARN))
        taken_back = f"{TAKE_BACK_ID}:{comparison.id}"
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, taken_back, label=phrase(TAKE_BACK))
        card.add_component(row)
        return card
    card.add_text_display(phrase(HINT, count=tally.count))
    row = hikari.impl.MessageActionRowBuilder()
    for choice, label in _LABELS.items():
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"{VOTE_ID}:{comparison.id}:{choice}", label=label)
    alike = f"{VOTE_ID}:{comparison.id}:alike"
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, alike, label=phrase(ALIKE))
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{REVEAL_ID}:{comparison.id}", label=phrase(REVEAL))
    card.add_component(row)
    return card


def _result(comparison: Comparison, tally: Tally, locale: str) -> list[str]:
    names = {"model_a": shown(comparison.model_a), "model_b": shown(comparison.model_b)}
    lines = [translate(RESULT, locale, **names, a=tally.a, b=tally.b, alike=tally.alike)]
    if not tally.a + tally.b:
        return [*lines, translate(NO_VOTES, locale)]
    ahead, votes = (comparison.model_a, tally.a) if tally.a >= tally.b else (comparison.model_b, tally.b)
    params = interval_facts(wilson(votes, tally.a + tally.b), locale)
    of_a = wilson(tally.a, tally.a + tally.b)
    lines.append(translate(SHARE, locale, model=shown(ahead), **params))
    return [*lines, describe_better(comparison.model_a, comparison.model_b, of_a, locale)]


def _cut(text: str) -> str:
    short = text[:_MAX_CHARS].encode()[:_MAX_BYTES].decode(errors="ignore")
    return text if short == text else f"{short}…"


@screen.button(VOTE_ID, state=f"{ROW_ID}:({'|'.join(ComparisonChoice)})")
async def vote(context: yuyo.components.Context, store: alluka.Injected[ComparisonStore]) -> None:
    """Count a vote, replacing any earlier one by the same person.

    Raises:
        ComparisonGoneError, ComparisonRevealedError
    """
    interaction = context.interaction
    locale = str(interaction.locale)
    id_, _colon, choice = context.id_metadata.partition(":")
    comparison, tally = await store.vote(guild_of(interaction), id_, interaction.user.id, choice)
    await _redraw(context, comparison, tally)
    sentence = VOTED[ComparisonChoice(choice)]
    await interaction.execute(translate(sentence, locale), flags=hikari.MessageFlag.EPHEMERAL)


def require_asker_or_manager(interaction: hikari.ComponentInteraction, comparison: Comparison) -> None:
    """
    Raises:
        NotPermittedError: the person neither asked for ``comparison`` nor may manage the server.
    """
    if comparison.asked_by != interaction.user.id:
        require(interaction)


@screen.button(REVEAL_ID, state=ROW_ID)
async def reveal(
    context: yuyo.components.Context,
    store: alluka.Injected[ComparisonStore],
    consents: alluka.Injected[ConsentStore],
) -> None:
    """Show the names and the result.

    Raises:
        NotPermittedError: the person neither asked nor may manage the server.
        ComparisonGoneError
    """
    interaction = context.interaction
    guild = guild_of(interaction)
    comparison, _tally = await store.get(guild, context.id_metadata)
    require_asker_or_manager(interaction, comparison)
    comparison, tally = await store.reveal(guild, comparison.id)
    await _redraw(context, comparison, tally, await learning_of(comparison, tally, consents))


async def _redraw(
    context: yuyo.components.Context,
    comparison: Comparison,
    tally: Tally,
    learning: ComparisonLearning = ComparisonLearning.UNDECIDED,
) -> None:
    """Redraw the card. Everyone sees it, so it is in the guild's language rather than that of the person who
    pressed."""
    interaction = context.interaction
    locale = str(interaction.guild_locale or interaction.locale)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, component=build_card(comparison, tally, locale, learning),
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip
