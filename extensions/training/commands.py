"""/train and /jobs: teaching a model for good."""

from __future__ import annotations

import re

import hikari
import lightbulb

from bot.conversation.models import ChatModels
from bot.datasets.archives import DatasetArchives
from bot.datasets.dataset import DatasetLabel, NoSuchDatasetError
from bot.datasets.intake import ExampleIntake, GivenExamples
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import MAX_BYTES
from bot.datasets.store import DatasetStore
from bot.datasets.text import describe_refusal, folder_choices
from bot.datasets.training_data import TrainingDatasets
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.settings import Settings
from bot.storage.files import FileStore
from bot.training.completion import complete_dataset
from bot.training.model_store import ModelStore
from bot.training.readiness import Readiness
from bot.training.recipe import TrainingMethod
from bot.training.registry import TRAINERS
from bot.training.rights import require_trainer
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.store import NoSuchTrainingError, Training, TrainingStore
from bot.training.trainings import Trainings
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.downloading import download
from bot.ui.splitting import MESSAGE_LIMIT
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.training.cards import METHODS, cancel_row, chart_of, describe_plan, describe_training, plan_row

loader = lightbulb.Loader()

NAME = "training"
"""The dataset that examples given with /train are added to if none is named."""
NONE_YET = _("Nothing has been trained on this server yet. /train starts a training.")
ENDED_ALREADY = _("Training #{number} has ended already.")
IS_CANCELLED = _("Training #{number} is cancelled.")
WHICH_JOB = _("Its number; or type a part of it")
MAX_JOBS = 10


class TwoSourcesError(StarlingError):
    """Raised when examples come in more than one way."""

    sentence = _("Give me one of text, file and folder.")


@safe
async def complete_trainer(
    context: lightbulb.AutocompleteContext[str], readiness: Readiness, settings: Settings, preferences: Preferences
) -> None:
    await require_trainer(context.interaction, preferences)
    typed, locale = str(context.focused.value or "").casefold(), str(context.interaction.locale)
    labels = []
    for name in await readiness.ready():
        where = translate(TRAINERS.all()[name].label(settings), locale)
        labels.append((f"{name} — {where}"[:100], name))
    await context.respond([choice for choice in labels if typed in choice[0].casefold()])


@safe
async def complete_folder(
    context: lightbulb.AutocompleteContext[str], files: FileStore, preferences: Preferences
) -> None:
    listing = await files.of_guild(await require_trainer(context.interaction, preferences)).listing()
    locale = str(context.interaction.locale)
    await context.respond(folder_choices(listing, str(context.focused.value or ""), locale))


@safe
async def complete_base(
    context: lightbulb.AutocompleteContext[str],
    models: ChatModels,
    trained: ModelStore,
    trainings: Trainings,
    readiness: Readiness,
    preferences: Preferences,
) -> None:
    guild = await require_trainer(context.interaction, preferences)
    typed = str(context.focused.value or "").casefold()
    chosen = context.get_option("trainer")
    named = str(chosen.value) if chosen is not None and chosen.value else (await readiness.chosen())[0]
    trainer = trainings.trainers.named(named)
    bases = trainer.bases(await models.names())
    bases += [
        model.name
        for model in await trained.of_guild(guild, named)
        if trainer.continues(model, TrainingMethod.SUPERVISED, 0)
    ]
    known = list(dict.fromkeys(base for base in bases if base and len(base) <= 100))
    await context.respond([base for base in known if typed in base.casefold()][:25])


_MARKDOWN = re.compile(r"\*\*|[`\\]")
"""Markdown, which choices do not render."""


@safe
async def complete_job(
    context: lightbulb.AutocompleteContext[str], store: TrainingStore, preferences: Preferences
) -> None:
    guild = await require_trainer(context.interaction, preferences)
    typed, locale = str(context.focused.value or "").lstrip("#"), str(context.interaction.locale)
    offered = []
    for one in await store.of_guild(guild, 200):
        label = _MARKDOWN.sub("", describe_training(one, locale)).replace("\n", " · ")[:100]
        if typed in str(one.number) or typed.casefold() in label.casefold():
            offered.append((label, str(one.number)))
    await context.respond(offered[:25])


@loader.command
class Train(
    lightbulb.SlashCommand,
    name=_("train"),
    description=_("Train a model on what people gave"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    dataset = lightbulb.string(
        _("dataset"), _("What to learn from; left empty, what is selected"), localize=True, default=None,
        autocomplete=complete_dataset, max_length=100,
    )  # fmt: skip
    trainer = lightbulb.string(
        _("trainer"), _("Where it is trained; left empty, the first that is ready"), localize=True, default=None,
        autocomplete=complete_trainer, max_length=100,
    )  # fmt: skip
    base_model = lightbulb.string(
        _("base_model"), _("The base model to start from"), localize=True, default=None, autocomplete=complete_base,
        max_length=100,
    )  # fmt: skip
    method = lightbulb.string(
        _("method"), _("Whether it learns to give the answers, or also to prefer them to rejected ones"), localize=True,
        default=TrainingMethod.SUPERVISED.value,
        choices=[lightbulb.Choice(words, method.value, localize=True) for method, words in METHODS.items()],
    )  # fmt: skip
    positive = lightbulb.boolean(
        _("positive"), _("Whether this is what to say; yes unless you say no"), localize=True, default=True
    )
    file = lightbulb.attachment(
        _("file"),
        _("Examples to add to the dataset first: JSONL, JSON, CSV or a zip of them"),
        localize=True,
        default=None,
    )
    folder = lightbulb.string(
        _("folder"), _("The same from a folder of this server's files"), localize=True, default=None,
        autocomplete=complete_folder, max_length=400,
    )  # fmt: skip
    text = lightbulb.string(
        _("text"), _("The same as text: JSON, or lines of CSV with prompt and answer"), localize=True, default=None,
        max_length=4000,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        trainings: Trainings,
        datasets: TrainingDatasets,
        intake: ExampleIntake,
        archives: DatasetArchives,
        store: DatasetStore,
        preferences: Preferences,
        settings: Settings,
        trained: ModelStore,
        readiness: Readiness,
    ) -> None:
        guild, locale = await require_trainer(context.interaction, preferences), locale_of(context)
        await context.defer()
        if sum(given is not None for given in (self.file, self.folder, self.text)) > 1:
            raise TwoSourcesError
        trainer, note = (self.trainer, None) if self.trainer is not None else await readiness.chosen()
        method, label = TrainingMethod(self.method), DatasetLabel.POSITIVE if self.positive else DatasetLabel.NEGATIVE
        theirs = await trained.of_guild(guild, trainer)
        base = self.base_model or trainings.trainers.named(trainer).default_base(method, theirs)
        spec = TrainingSpec(trainer, base, method)
        await readiness.require(trainer)
        try:
            given = await self._given(guild, intake, context.user.id)
        except UploadRefusedError as error:
            await respond(context, describe_refusal(error, locale)[:MESSAGE_LIMIT])
            return
        name = self.dataset or (NAME if given is not None else None)
        if name is not None:
            # Checked before anything is stored: a training that cannot be started must leave nothing behind.
            examples = () if given is None else given.examples
            would_learn = await datasets.look_at_selected_with(guild, name, label, examples)
            await trainings.look_at(guild, spec, would_learn)
            if given is not None:
                await _add(store, intake, guild, name, given)
            await archives.select(guild, name, label)
        starter = TrainingStarter(guild, context.user.id, context.channel_id, locale)
        training, plan = await trainings.plan(starter, spec)
        text = describe_plan(training, plan, locale, settings.chat_currency, note)
        await respond(context, text, components=[plan_row(training, locale)])

    async def _given(self, guild: int, intake: ExampleIntake, user: int) -> GivenExamples | None:
        """
        Raises:
            UploadRefusedError: something is wrong with the examples.
        """
        if self.folder is not None:
            return await intake.read_folder(guild, self.folder, given_by=user, positive=self.positive)
        if self.file is not None:
            name, data = self.file.filename, await download(self.file, MAX_BYTES)
        elif self.text is not None:
            name, data = _as_file(self.text)
        else:
            return None
        return await intake.read(name, data, given_by=user, positive=self.positive)


jobs = lightbulb.Group(
    _("jobs"),
    _("Trainings of this server"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
)


@jobs.register
class ListTrainings(
    lightbulb.SlashCommand, name=_("list"), description=_("The trainings, the latest first"), localize=True
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: TrainingStore, preferences: Preferences) -> None:
        guild, locale = await require_trainer(context.interaction, preferences), locale_of(context)
        found = await store.of_guild(guild, MAX_JOBS)
        lines = [describe_training(one, locale).replace("\n", " · ")[:190] for one in found]
        await respond(context, "\n".join(lines) or translate(NONE_YET, locale), ephemeral=True)


@jobs.register
class ShowTraining(lightbulb.SlashCommand, name=_("show"), description=_("How a training is going"), localize=True):
    number = lightbulb.string(_("number"), WHICH_JOB, localize=True, autocomplete=complete_job, max_length=100)

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, store: TrainingStore, preferences: Preferences, trainings: Trainings
    ) -> None:
        training, locale = await _chosen(context, store, preferences, self.number), locale_of(context)
        chart = await chart_of(training, locale)
        row = [cancel_row(training, locale)] if training.is_open else []
        await respond(
            context, describe_training(training, locale, left_s=trainings.left_s(training)),
            attachments=[] if chart is None else [chart], components=row, ephemeral=True,
        )  # fmt: skip


@jobs.register
class Cancel(lightbulb.SlashCommand, name=_("cancel"), description=_("Stop a training early"), localize=True):
    number = lightbulb.string(_("number"), WHICH_JOB, localize=True, autocomplete=complete_job, max_length=100)

    @lightbulb.invoke
    async def invoke(
        self, context: lightbulb.Context, store: TrainingStore, preferences: Preferences, trainings: Trainings
    ) -> None:
        training = await _chosen(context, store, preferences, self.number)
        await context.defer(ephemeral=True)
        ended = await trainings.cancel(training)
        sentence = ENDED_ALREADY if ended is None else IS_CANCELLED
        await respond(context, translate(sentence, locale_of(context), number=training.number), ephemeral=True)


@jobs.register
class Logs(lightbulb.SlashCommand, name=_("logs"), description=_("A training's log, as a file"), localize=True):
    number = lightbulb.string(_("number"), WHICH_JOB, localize=True, autocomplete=complete_job, max_length=100)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, store: TrainingStore, preferences: Preferences) -> None:
        training = await _chosen(context, store, preferences, self.number)
        lines = ["step,loss,heldout_loss"]
        lines += [",".join("" if value is None else f"{value:g}" for value in point) for point in training.curve]
        if training.message:
            lines.append(f"# {training.message}")
        file = hikari.Bytes("\n".join(lines).encode(), f"training-{training.number}.csv", "text/csv; charset=utf-8")
        await respond(context, describe_training(training, locale_of(context)), attachment=file, ephemeral=True)


loader.command(jobs)


async def _add(store: DatasetStore, intake: ExampleIntake, guild: int, name: str, given: GivenExamples) -> None:
    """Add the given examples to a dataset, which is created if there is none."""
    try:
        await store.get(guild, name)
    except NoSuchDatasetError:
        await store.create(guild, name, given.given_by)
    await intake.add(guild, name, given)


def _as_file(text: str) -> tuple[str, bytes]:
    """A file name that fits the format of ``text``, and its bytes, for code that reads files."""
    begins = text.lstrip()[:1]
    if begins == "{" and "\n{" in text:
        return "text.jsonl", text.encode()
    return ("text.json" if begins in ("[", "{") else "text.csv"), text.encode()


async def _chosen(context: lightbulb.Context, store: TrainingStore, preferences: Preferences, given: str) -> Training:
    """
    Raises:
        NotPermittedError: the person may not train.
        NoSuchTrainingError
    """
    guild = await require_trainer(context.interaction, preferences)
    number = given.strip().lstrip("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NoSuchTrainingError(given[:20])
    return await store.get(guild, int(number))
