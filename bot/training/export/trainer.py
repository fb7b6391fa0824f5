"""Training elsewhere: the examples, with configurations for well-known trainers, as one zip."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Sequence
from pathlib import Path
from string import Template

from bot.datasets.archiving import HELDOUT, PREFERENCE, TRAIN
from bot.datasets.training_data import TrainingData
from bot.errors import translatable as _
from bot.i18n.message import lazy
from bot.training.errors import TooFewExamplesError, UnknownTrainingError
from bot.training.examples import TrainingExamples, examples_for
from bot.training.model_store import Model, ModelKind
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.registry import TRAINERS, TrainerRegistration
from bot.training.states import TrainingState
from bot.training.trainer import Plan, TrainedModel, TrainingProgress

EPOCHS = 3
BASE = "smollm2-135m"
"""The base model in the configurations if nobody names another."""
LABEL = _("only packed, to be trained elsewhere")
STAYS_HERE = _("The examples stay on this machine, in a zip that you may take wherever you train.")

_TEXTS = Path(__file__).parent
_CONFIGURATIONS = ("README.md", "axolotl.yaml", "llamafactory.yaml", "dataset_info.json")
_NAME = "training.zip"


class ExportingTrainer:
    """Does not train: it packs the examples for training elsewhere. The handle is the zip's path."""

    makes_models = False

    def __init__(self, home: Path) -> None:
        """``home``: the folder that handles are relative to, so that it may be moved."""
        self._home = home

    async def check(self) -> None:
        """See ``Trainer``; nothing is needed."""

    def bases(self, answering: Sequence[str]) -> list[str]:
        """See ``Trainer``; nothing is trained here, so any other name will do as well."""
        return [BASE]

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        """See ``Trainer``."""
        return BASE

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        """See ``Trainer``."""
        return None

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        """See ``Trainer``."""
        examples = examples_for(data, recipe.method, least=1)
        tokens = await asyncio.to_thread(lambda: examples.tokens) * (recipe.epochs or EPOCHS)
        heldout, warnings = len(examples.heldout), tuple(examples.warnings)
        return Plan(len(examples.training), heldout, tokens, lazy(STAYS_HERE), duration_s=0, price=0, warnings=warnings)

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        """See ``Trainer``. All work is done when it returns; repeating it gives the same zip."""
        path = await asyncio.to_thread(_pack, data, recipe, folder)
        return str(path.relative_to(self._home))

    async def state(self, handle: str) -> TrainingProgress:
        """See ``Trainer``."""
        await asyncio.to_thread(self._existing, handle)
        return TrainingProgress(TrainingState.SUCCEEDED, fraction=1.0)

    async def result(self, handle: str) -> TrainedModel:
        """See ``Trainer``; ``base`` is empty, since nothing was trained."""
        path = await asyncio.to_thread(self._existing, handle)
        return TrainedModel(ModelKind.FILES, "", path.name, path)

    async def cancel(self, handle: str) -> None:
        """See ``Trainer``."""

    async def tidy(self, handle: str) -> None:
        """See ``Trainer``."""

    async def close(self) -> None:
        """See ``Trainer``."""

    def _existing(self, handle: str) -> Path:
        path = Path(handle)
        if not (self._home / path).is_file():
            raise UnknownTrainingError(handle)
        return path


def _pack(data: TrainingData, recipe: Recipe, folder: Path) -> Path:
    said = examples_for(data, TrainingMethod.SUPERVISED, least=0)
    pairs = examples_for(data, TrainingMethod.PREFERENCE, least=0)
    if not said.training:
        raise TooFewExamplesError(0, 1)
    facts = _facts(data, recipe, said, pairs)
    contents = {
        name: Template((_TEXTS / name).read_text(encoding="utf-8")).substitute(facts).encode()
        for name in _CONFIGURATIONS
    }
    contents |= {TRAIN: said.training_file, PREFERENCE: pairs.training_file, HELDOUT: said.heldout_file}
    folder.mkdir(parents=True, exist_ok=True)
    path, scratch = folder / _NAME, folder / f".{_NAME}"
    with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            if content:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    scratch.replace(path)
    return path


def _facts(data: TrainingData, recipe: Recipe, said: TrainingExamples, pairs: TrainingExamples) -> dict[str, object]:
    return {
        "name": data.datasets[0].name,
        "datasets": ", ".join(f"{dataset.name} v{dataset.version}" for dataset in data.datasets),
        "examples": f"{len(said.training)} examples",
        "pairs": f"{len(pairs.training)} pairs",
        "heldout": len(said.heldout),
        "base": recipe.base,
        "epochs": recipe.epochs or EPOCHS,
        "seed": recipe.seed,
    }


TRAINERS.register(
    TrainerRegistration(
        name="export",
        label=lambda _settings: lazy(LABEL),
        preference=300,
        build=lambda settings, _cache: ExportingTrainer(settings.trainings_folder),
    )
)
