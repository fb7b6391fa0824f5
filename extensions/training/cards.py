"""Trainings as messages: what would be done, how far it is, and how it ended."""

from __future__ import annotations

import contextlib
import time

import alluka
import hikari
import structlog
import yuyo

from bot.charts import draw_in_thread
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.storage.file_names import shown
from bot.training.model_store import Model, ModelKind
from bot.training.readiness import Readiness
from bot.training.recipe import TrainingMethod
from bot.training.rights import require_trainer
from bot.training.states import TrainingState
from bot.training.store import Training, TrainingStore
from bot.training.trainer import Plan
from bot.training.trainings import Trainings
from bot.ui.nonce import fresh_nonce
from bot.ui.screen import ROW_ID, Screen
from extensions.training import loss_chart

screen = Screen()

log = structlog.get_logger()

START_ID, DROP_ID = "train-start", "train-drop"
CANCEL_ID, PROMOTE_ID, NOTICE_ID = "train-cancel", "train-promote", "model-notice"
EDIT_EVERY_S = 5.0
BAR = 12

PLAN = _("### Training #{number}, if you start it")
LEARNS = _("Examples to learn from: {examples}, from {datasets}; held back to test it: {heldout}.")
HOW = _("Trainer: **{trainer}** · method: {method} · base model: `{base}` · tokens: {tokens}")
TAKES = _("It takes about {minutes} min.")
COSTS = _("It costs about {price}.")
START, CANCEL, PROMOTE = _("Start"), _("Cancel"), _("Measure and promote")
NOTICE = _("What people would notice")
METHODS = {
    TrainingMethod.SUPERVISED: _("supervised: to say the answers"),
    TrainingMethod.PREFERENCE: _("preference: to prefer them to others"),
}
DROPPED = _("Training #{number} was not started.")
STARTED = _("Training started. Job ID: **#{number}**")
LEFT = _("about {minutes} min left")
LOSS = _("loss {loss}")
ENDING = _("Somebody cancelled it; it is stopping.")
STATES: dict[TrainingState, str] = {
    TrainingState.PLANNED: _("not started"),
    TrainingState.QUEUED: _("waits for its turn"),
    TrainingState.RUNNING: _("under way"),
    TrainingState.SUCCEEDED: _("finished"),
    TrainingState.FAILED: _("failed"),
    TrainingState.CANCELLED: _("cancelled"),
}
SUCCEEDED = _(
    "{who} training #{number} is finished: **{model}** is a candidate now. /test shows how good it is, "
    "and /model promote lets it answer, if it is better."
)
PACKED = _("{who} training #{number} is packed: {path}. /getfile sends it to you.")
FAILED = _("{who} training #{number} has failed: {why}")
CANCELLED = _("{who} training #{number} was cancelled.")
NO_REASON = _("something went wrong on our side, my host's log has the rest.")


def describe_plan(training: Training, plan: Plan, locale: str, currency: str, note: LazyMessage | None = None) -> str:
    """What a training would do. ``currency``: the currency of prices, as ISO 4217 names it. ``note``: what people
    should know first."""
    lines = [
        translate(PLAN, locale, number=training.number),
        translate(LEARNS, locale, examples=plan.examples, heldout=plan.heldout, datasets=datasets_of(training)),
        translate(
            HOW,
            locale,
            trainer=training.trainer,
            method=translate(METHODS[training.method], locale),
            base=training.base,
            tokens=f"{plan.tokens:,}",
        ),
        translate(plan.destination, locale),
    ]
    if plan.duration_s:
        lines.append(translate(TAKES, locale, minutes=max(1, round(plan.duration_s / 60))))
    if plan.price:
        lines.append(translate(COSTS, locale, price=f"{plan.price:.2f} {currency}"))
    lines += [f"⚠️ {translate(warning, locale)}" for warning in (*([note] if note else []), *plan.warnings)]
    return "\n".join(lines)[:2000]


def plan_row(training: Training, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The buttons below a plan."""
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"{START_ID}:{training.id}", label=translate(START, locale))
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{DROP_ID}:{training.id}", label=translate(CANCEL, locale)
    )


def describe_training(training: Training, locale: str, *, left_s: float | None = None) -> str:
    """The state of a training, and how far it is."""
    lines = [translate(STARTED, locale, number=training.number)]
    if not training.is_open:
        lines = [f"**#{training.number}**"]
    lines[0] += f" · {translate(STATES[training.state], locale)} · {training.trainer} · `{training.base}`"
    if training.state is TrainingState.RUNNING and training.fraction is not None:
        done = round(BAR * training.fraction)
        parts = [f"{'▰' * done}{'▱' * (BAR - done)} {training.fraction:.0%}"]
        if left_s is not None:
            parts.append(translate(LEFT, locale, minutes=max(1, round(left_s / 60))))
        lines.append(" · ".join(parts))
    lines.append(datasets_of(training))
    losses = [point[1] for point in training.curve if point[1] is not None]
    if losses:
        lines[-1] += f" · {translate(LOSS, locale, loss=f'{losses[-1]:.3f}')}"
    if training.state is TrainingState.RUNNING and training.is_cancelled:
        lines.append(translate(ENDING, locale))
    if training.state is TrainingState.FAILED:
        lines.append(f"> {_why(training, locale)}")
    return "\n".join(lines)[:2000]


def _why(training: Training, locale: str) -> str:
    return translate(NO_REASON, locale) if training.error is None else translate(training.error, locale)


def datasets_of(training: Training) -> str:
    """The names and versions of the datasets that a training learns from."""
    return ", ".join(f"{shown(one.name)} v{one.version}" for one in training.datasets)


def cancel_row(training: Training, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The button below a training that has not ended, which cancels it."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.DANGER, f"{CANCEL_ID}:{training.id}", label=translate(CANCEL, locale)
    )


def promote_row(model: Model, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The buttons below the message that announces a candidate."""
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(
        hikari.ButtonStyle.PRIMARY, f"{PROMOTE_ID}:{model.name}", label=translate(PROMOTE, locale)
    )
    return add_notice(row, model, locale)


def add_notice(
    row: hikari.impl.MessageActionRowBuilder, model: Model, locale: str
) -> hikari.impl.MessageActionRowBuilder:
    """``row`` with the button that shows what people would notice of a model."""
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{NOTICE_ID}:{model.name}", label=translate(NOTICE, locale), emoji="🔍"
    )


async def chart_of(training: Training, locale: str) -> hikari.Bytes | None:
    """A picture of a training's loss; None while there are too few points."""
    if len(training.curve) < loss_chart.MIN_POINTS:
        return None
    png = await draw_in_thread(lambda: loss_chart.draw(training.curve, f"#{training.number}", locale))
    return hikari.Bytes(png, "loss.png", "image/png")


@screen.service
class TrainingCards:
    """Keeps the messages of trainings up to date, each at most once in ``EDIT_EVERY_S``."""

    def __init__(self, rest: hikari.api.RESTClient, trainings: Trainings) -> None:
        self._rest = rest
        self._trainings = trainings
        self._edited: dict[str, float] = {}
        trainings.show_by(self.show)

    async def show(self, training: Training, model: Model | None) -> None:
        """Update the message of a training; when it has ended, tell the person who started it."""
        if training.is_open and time.monotonic() - self._edited.get(training.id, -EDIT_EVERY_S) < EDIT_EVERY_S:
            return
        self._edited[training.id] = time.monotonic()
        locale = training.locale
        if training.message_id is not None:
            text = describe_training(training, locale, left_s=self._trainings.left_s(training))
            with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
                chart = await chart_of(training, locale)
                await self._rest.edit_message(
                    training.channel_id, training.message_id, text,
                    attachments=[chart] if chart is not None else [],
                    components=[cancel_row(training, locale)] if training.is_open else [],
                )  # fmt: skip
        if training.is_open:
            return
        self._edited.pop(training.id, None)
        is_candidate = model is not None and model.kind is not ModelKind.FILES
        row = [promote_row(model, locale)] if model is not None and is_candidate else []
        with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
            await self._rest.create_message(
                training.channel_id, _ended(training, model, locale), nonce=fresh_nonce(),
                reply=training.message_id or hikari.UNDEFINED, reply_must_exist=False, mentions_reply=False,
                user_mentions=[] if training.starter_id is None else [training.starter_id], role_mentions=False,
                mentions_everyone=False, components=row,
            )  # fmt: skip


def _ended(training: Training, model: Model | None, locale: str) -> str:
    who = "" if training.starter_id is None else f"<@{training.starter_id}>"
    params: dict[str, object] = {"who": who, "number": training.number}
    if training.state is TrainingState.SUCCEEDED and model is not None and model.kind is ModelKind.FILES:
        return translate(PACKED, locale, **params, path=shown(training.message))
    if training.state is TrainingState.SUCCEEDED:
        return translate(SUCCEEDED, locale, **params, model=model.name if model else "?")
    if training.state is TrainingState.FAILED:
        return translate(FAILED, locale, **params, why=_why(training, locale))[:2000]
    return translate(CANCELLED, locale, **params)


@screen.button(START_ID, state=ROW_ID)
async def start(
    context: yuyo.components.Context,
    trainings: alluka.Injected[Trainings],
    store: alluka.Injected[TrainingStore],
    preferences: alluka.Injected[Preferences],
    readiness: alluka.Injected[Readiness],
) -> None:
    """Start the planned training.

    Raises:
        NotPermittedError: the person may not train, or not any more.
        NoTrainerError, TrainerNotReadyError: its trainer is gone, or cannot train now.
    """
    interaction = context.interaction
    guild = await require_trainer(interaction, preferences)
    planned = await store.in_guild(guild, context.id_metadata)
    trainings.trainers.named(planned.trainer)
    await readiness.require(planned.trainer)
    await store.note(planned.id, message_id=interaction.message.id)
    training = await trainings.start(guild, planned.id, interaction.user.id)
    locale = str(interaction.locale)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE,
        describe_training(training, locale),
        components=[cancel_row(training, locale)],
    )


@screen.button(DROP_ID, state=ROW_ID)
async def drop(
    context: yuyo.components.Context, store: alluka.Injected[TrainingStore], preferences: alluka.Injected[Preferences]
) -> None:
    """Drop the planned training.

    Raises:
        NotPermittedError: the person may not train, or not any more.
        NoSuchTrainingError
    """
    interaction = context.interaction
    guild = await require_trainer(interaction, preferences)
    planned = await store.in_guild(guild, context.id_metadata)
    dropped = await store.end_before_its_turn(planned.id)
    text = translate(DROPPED, str(interaction.locale), number=dropped.number if dropped else "?")
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, text, components=[])


@screen.button(CANCEL_ID, state=ROW_ID)
async def cancel(
    context: yuyo.components.Context,
    trainings: alluka.Injected[Trainings],
    store: alluka.Injected[TrainingStore],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Cancel a training that has not ended.

    Raises:
        NotPermittedError: the person may not train, or not any more.
    """
    interaction = context.interaction
    guild = await require_trainer(interaction, preferences)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    await trainings.cancel(await store.in_guild(guild, context.id_metadata))
