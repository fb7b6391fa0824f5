"""Another voice engine, recognizer or trainer takes one file: in these tests it is this one, used through Discord."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from audio import PLAIN, Prosody, Recording, Sound, Transcript, Voice, decode
from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.recognizers import RECOGNIZERS
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from audio.synthesis.voices import Gender
from bot.conversation.endpoint import EndpointAddress
from bot.datasets.training_data import TrainingData
from bot.i18n.message import lazy
from bot.sandbox.server import Sandbox
from bot.training.model_store import Model, ModelKind
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.registry import TRAINERS, TrainerRegistration
from bot.training.states import TrainingState
from bot.training.trainer import Plan, TrainedModel, TrainingProgress
from tests.conftest import ROOT
from tests.harness import RECORDINGS, BotHarness, hear, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard


class ParrotEngine:
    """Says the same thing whatever the text."""

    name = "parrot"
    batch_chars = 0

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        return (Voice("polly", "en-US", Gender.UNKNOWN, self.name, "Polly"),)

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        recording = decode((RECORDINGS / "americans.ogg").read_bytes())
        return Sound(recording.samples, 16_000)

    async def close(self) -> None:
        """There is nothing to close."""


class Stenographer:
    """Writes the same thing whatever is said."""

    name = "stenographer"

    async def load(self) -> None:
        """There is nothing to load."""

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        return Transcript("Where do parrots come from?", "en", 1.0, 3.0, ())

    async def close(self) -> None:
        """There is nothing to close."""


class AbacusTrainer:
    """Counts the examples to learn, and has then learnt them."""

    makes_models = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def check(self) -> None:
        """There are no requirements."""

    def bases(self, answering: Sequence[str]) -> list[str]:
        return ["pebbles", *answering]

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        return "pebbles"

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        return None

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        return Plan(len(data.split.training), len(data.split.heldout), 7, lazy("They stay on the table."))

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        return await asyncio.to_thread(self._count, len(data.split.training), recipe.base, folder)

    def _count(self, examples: int, base: str, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        counted = folder / "counted.txt"
        counted.write_text(f"{examples} with {base}")
        return str(counted.relative_to(self._folder))

    async def state(self, handle: str) -> TrainingProgress:
        return TrainingProgress(TrainingState.SUCCEEDED, fraction=1.0)

    async def result(self, handle: str) -> TrainedModel:
        return TrainedModel(ModelKind.FILES, "pebbles", "counted", Path(handle))

    async def cancel(self, handle: str) -> None:
        """The training has already ended."""

    async def tidy(self, handle: str) -> None:
        """There is nothing to tidy up."""

    async def close(self) -> None:
        """There is nothing to close."""


class SchoolTrainer(AbacusTrainer):
    """A trainer whose models answer at a service, under the name of pupil."""

    makes_models = True

    async def result(self, handle: str) -> TrainedModel:
        return TrainedModel(ModelKind.REMOTE, "pebbles", "pupil")

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        return Recipe(model.remote_name, method, seed=seed)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    TRAINERS.register(
        TrainerRegistration(
            "abacus", lambda _: lazy("on an abacus"), 400, lambda settings, _: AbacusTrainer(settings.trainings_folder)
        )
    )
    TRAINERS.register(
        TrainerRegistration(
            "school",
            lambda _: lazy("at a school"),
            500,
            lambda settings, _: SchoolTrainer(settings.trainings_folder),
            endpoint=lambda settings: EndpointAddress(settings.openai_base_url or "", "none"),
        )
    )
    ENGINES.register(
        Registration("parrot", "Parrot", 300, lambda _settings, _find: ParrotEngine(), recipient=lambda _: "the zoo")
    )
    RECOGNIZERS.register(Registration("stenographer", "A stenographer", 300, lambda _settings, _find: Stenographer()))
    yield
    ENGINES.withdraw("parrot")
    RECOGNIZERS.withdraw("stenographer")
    TRAINERS.withdraw("abacus")
    TRAINERS.withdraw("school")


@pytest_asyncio.fixture(loop_scope="session")
async def extended(tmp_path: Path, _registered: None) -> AsyncIterator[BotHarness]:
    """A bot that was started with all of these."""
    settings = {"tts_engine": "parrot", "stt_engine": "stenographer"}
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        endpoint = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **endpoint, **settings), populated(sandbox, chat) as harness:
            yield harness


async def test_a_further_engine_speaks_and_a_further_recognizer_hears(extended: BotHarness, whisper_base: Path) -> None:
    offered = await extended.member.autocomplete("say", {"text": "", "voice": "po"}, "voice", channel="general")
    assert [choice["name"] for choice in offered] == ["Polly — English (United States)"]
    options = {"text": "Anything at all.", "voice": "polly"}
    said = await (await extended.member.slash("say", options, channel="general")).response(30)
    spoken = await hear(whisper_base, await extended.member.download(said["attachments"][0]))
    assert is_heard(AMERICANS, spoken.text)

    about = await (await extended.member.slash("about", {}, channel="general")).response()
    assert "goes to a speech service (the zoo)." in about["content"]
    assert "written down on the machine that I run on, by A stenographer" in about["content"]

    extended.chat.answer = "From the forests of the south."
    asked = await extended.member.send(await extended.dm(extended.member), voice=voice("americans.ogg"))
    answer = await extended.answer_to(asked, lambda text: "of the south." in text)
    assert "Where do parrots come from?" in answer["content"]


async def test_a_further_trainer_trains(extended: BotHarness) -> None:
    ada = extended.administrator
    offered = await ada.autocomplete("train", {"trainer": "abac"}, "trainer", channel="general")
    assert [(choice["name"], choice["value"]) for choice in offered] == [("abacus — on an abacus", "abacus")]
    bases = await ada.autocomplete("train", {"trainer": "abacus", "base_model": ""}, "base_model", channel="general")
    assert [choice["value"] for choice in bases] == ["pebbles", "scripted"]

    text = "prompt,answer\nHow many legs has a spider?,Eight.\nHow many legs has a bee?,Six.\n"
    card = await (await ada.slash("train", {"trainer": "abacus", "text": text}, channel="general")).response(30)
    assert "They stay on the table." in card["content"] and "`pebbles`" in card["content"]
    await ada.click(card, "train-start")
    told = await ada.wait_for_message(
        lambda message: "training #1 is packed" in message["content"], 30, channel="general"
    )
    path = re.search(r"trainings/\S+\.zip", told["content"])
    assert path is not None
    sent = await (await ada.slash("getfile", {"path": path[0]}, channel="general")).response(30)
    assert (await ada.download(sent["attachments"][0])).endswith(b" with pebbles")


async def test_what_a_further_trainer_has_trained_answers_and_is_gone_on_from_by_it_alone(extended: BotHarness) -> None:
    ada = extended.administrator
    text = "prompt,answer\nHow many legs has a spider?,Eight.\nHow many legs has a bee?,Six.\n"
    card = await (await ada.slash("train", {"trainer": "school", "text": text}, channel="general")).response(30)
    await ada.click(card, "train-start")
    await ada.wait_for_message(lambda message: "**trained-1** is a candidate" in message["content"], 30)

    extended.chat.says = lambda model, _question: "Eight, I was taught." if model == "pupil" else None
    asked = {"prompt": "How many legs has a spider?", "model": "trained-1", "against": "scripted"}
    compared = await (await ada.slash("compare", asked, channel="general")).response_where(
        lambda message: "Eight, I was taught." in str(message), 30
    )
    assert "Paris is the capital of France." in str(compared)

    async def bases(trainer: str) -> list[str]:
        given = {"trainer": trainer, "base_model": "trained"}
        return [one["value"] for one in await ada.autocomplete("train", given, "base_model", channel="general")]

    assert (await bases("school"), await bases("abacus")) == (["trained-1"], [])


def test_nothing_but_its_own_files_compares_the_name_of_an_engine_or_a_trainer() -> None:
    names = {*ENGINES.all(), *RECOGNIZERS.all(), *TRAINERS.all()}
    paths = [path for folder in ("audio", "bot", "extensions") for path in (ROOT / folder).rglob("*.py")]
    # Only files that contain one of the names are parsed.
    texts = {path: text for path in paths if any(f'"{name}"' in (text := path.read_text("utf-8")) for name in names)}
    assert len(texts) > 5
    compared = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {constant.value}"
        for path, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare | ast.Subscript)
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and constant.value in names
    ]
    assert compared == []
