"""Training at a service with OpenAI's API for files and fine-tuning jobs.

https://platform.openai.com/docs/api-reference/fine-tuning. OpenAI's own service is ending: since 7 May 2026 it has been
closed to organisations that never used it, and from 6 January 2027 it will be closed to all
(https://platform.openai.com/docs/deprecations). Other services keep the API.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai
import structlog

from bot.conversation.endpoint import EndpointAddress
from bot.conversation.trusted_authorities import trusted_authorities
from bot.datasets.training_data import TrainingData
from bot.errors import translatable as _
from bot.i18n.message import lazy
from bot.settings import OPENAI_URL, Settings
from bot.training.errors import (
    ExamplesExpiredError,
    ServiceFailedError,
    TrainingCancelledError,
    TrainingError,
    TrainingFailedError,
    TrainingNotDoneError,
)
from bot.training.examples import TrainingExamples, examples_for
from bot.training.model_store import Model, ModelKind
from bot.training.openai.errors import is_about_files, named
from bot.training.openai.progress import curve_of, share_done, state_of
from bot.training.openai.record import Record
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.registry import TRAINERS, TrainerRegistration
from bot.training.states import ENDED, TrainingState
from bot.training.trainer import Plan, TrainedModel, TrainingProgress
from bot.weights.weights import WeightsCache

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob
    from openai.types.fine_tuning.job_create_params import Method as MethodParam

log = structlog.get_logger()

MIN_EXAMPLES = 10
"""The fewest that OpenAI accepts."""
EPOCHS = 3
"""Used if the recipe gives none, and stated in the request, so that the price that was shown is the price paid."""
CONNECT_TIMEOUT_S = 10.0
RETRIES = 2
RETRY_WAIT_S = 1.0
MAX_WAIT_S = 30.0
"""The longest wait that is accepted before retrying a request that must not be sent twice blindly."""
UPLOAD_TIMEOUT_S = 600.0
KEPT_S = 30 * 24 * 3600
"""How long the service keeps uploads that are never deleted, such as a retry's duplicates; 30 days is the maximum."""
MAX_EVENTS = 1000
"""The most events of a job, newest first, that are read for its curve."""
MAX_JOBS = 200
"""The most jobs that are searched for one that may have begun."""
PAGE = 100
_MARK = "starling_training"
"""The metadata key by which a job is found that was begun, but whose id never arrived."""

CHECK_TIMEOUT_S = 15.0
LABEL = _("at {service}, by OpenAI's API")
GOES_TO = _("The examples are uploaded to {service}, and are deleted there when the training has ended.")
OPENAI_CLOSES = _(
    "OpenAI trains no models for accounts that have never trained one, and from 6 January 2027 for "
    "nobody. Training on this machine needs no account."
)


class OpenAITrainer:
    """Trains at one service."""

    makes_models = True

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        base_model: str = "",
        timeout_s: float = 60.0,
        price_of_a_million: float | None = None,
    ) -> None:
        """``base_model``: the model to train if nobody names one. ``timeout_s``: for one request, except uploads.
        ``price_of_a_million``: the price of training on a million tokens."""
        self._base_model = base_model
        self.service = _host(base_url)
        self._price_of_a_million = price_of_a_million
        timeout = openai.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            max_retries=RETRIES,
            http_client=openai.DefaultAsyncHttpx2Client(timeout=timeout, verify=trusted_authorities()),
        )

    async def check(self) -> None:
        """Check that the service answers, and accepts the key.

        Raises:
            TrainingError: it does not.
        """
        with named(self.service):
            await self._client.with_options(timeout=CHECK_TIMEOUT_S).fine_tuning.jobs.list(limit=1)

    def bases(self, answering: Sequence[str]) -> list[str]:
        """See ``Trainer``; the service that trains often also has the models at the chat endpoint."""
        return [self._base_model, *answering]

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        """See ``Trainer``."""
        return self._base_model

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        """See ``Trainer``."""
        return Recipe(model.remote_name, method, seed=seed) if model.kind is ModelKind.REMOTE else None

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        """See ``Trainer``; nothing is sent."""
        examples = examples_for(data, recipe.method, least=MIN_EXAMPLES)
        tokens = await asyncio.to_thread(lambda: examples.tokens) * (recipe.epochs or EPOCHS)
        warnings = examples.warnings
        if self.service == "api.openai.com":
            warnings.append(lazy(OPENAI_CLOSES))
        return Plan(
            examples=len(examples.training),
            heldout=len(examples.heldout),
            tokens=tokens,
            destination=lazy(GOES_TO, service=self.service),
            price=None if self._price_of_a_million is None else tokens * self._price_of_a_million / 1e6,
            warnings=tuple(warnings),
        )

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        """See ``Trainer``. The handle is the job's id."""
        examples = examples_for(data, recipe.method, least=MIN_EXAMPLES)
        record = await asyncio.to_thread(Record.open, folder)
        if record.job is not None:
            return record.job
        with named(self.service):
            job = await self._find(record.mark) if record.training_file is not None else None
            if job is None:
                try:
                    job = await self._begin(examples, recipe, record)
                except openai.APIStatusError as error:
                    if not is_about_files(error.param, str(error.code or ""), str(error.message)):
                        raise
                    # The files of an earlier try are gone.
                    await record.note(training_file=None, heldout_file=None)
                    job = await self._begin(examples, recipe, record)
        await record.note(job=job.id)
        return job.id

    async def state(self, handle: str) -> TrainingProgress:
        """See ``Trainer``."""
        with named(self.service, handle=handle):
            job = await self._client.fine_tuning.jobs.retrieve(handle)
            events, checkpoints = [], []
            async for event in self._client.fine_tuning.jobs.list_events(handle, limit=PAGE):
                events.append(event)
                if len(events) >= MAX_EVENTS:
                    break
            # Not every service keeps checkpoints.
            with contextlib.suppress(openai.NotFoundError):
                checkpoints = (await self._client.fine_tuning.jobs.checkpoints.list(handle, limit=PAGE)).data
        state = state_of(job)
        left_s = max(job.estimated_finish - time.time(), 0.0) if job.estimated_finish and state not in ENDED else None
        return TrainingProgress(
            state=state,
            fraction=share_done(job, events),
            curve=curve_of(events, checkpoints),
            message=max(events, key=lambda event: event.created_at).message if events else "",
            left_s=left_s,
            error=self._why(job) if state is TrainingState.FAILED else None,
        )

    async def result(self, handle: str) -> TrainedModel:
        """See ``Trainer``."""
        with named(self.service, handle=handle):
            job = await self._client.fine_tuning.jobs.retrieve(handle)
            state = state_of(job)
            if state is TrainingState.CANCELLED:
                raise TrainingCancelledError
            if state is TrainingState.FAILED:
                raise self._why(job)
            if state is not TrainingState.SUCCEEDED or not job.fine_tuned_model:
                raise TrainingNotDoneError
            kept = []
            with contextlib.suppress(openai.NotFoundError):
                kept = (await self._client.fine_tuning.jobs.checkpoints.list(handle, limit=PAGE)).data
        kept.sort(key=lambda checkpoint: checkpoint.step_number)
        names = tuple(checkpoint.fine_tuned_model_checkpoint for checkpoint in kept)
        return TrainedModel(ModelKind.REMOTE, job.model, job.fine_tuned_model, checkpoints=names)

    async def cancel(self, handle: str) -> None:
        """See ``Trainer``."""
        with named(self.service, handle=handle):
            try:
                await self._client.fine_tuning.jobs.cancel(handle)
            except (openai.BadRequestError, openai.ConflictError):
                # Services refuse to cancel a job that has ended.
                if state_of(await self._client.fine_tuning.jobs.retrieve(handle)) not in ENDED:
                    raise

    async def tidy(self, handle: str) -> None:
        """See ``Trainer``."""
        with named(self.service, handle=handle):
            job = await self._client.fine_tuning.jobs.retrieve(handle)
            if state_of(job) not in ENDED:
                raise TrainingNotDoneError
            for file in filter(None, (job.training_file, job.validation_file)):
                with contextlib.suppress(openai.NotFoundError):
                    await self._client.files.delete(file)

    async def close(self) -> None:
        """See ``Trainer``."""
        await self._client.close()

    async def _begin(self, examples: TrainingExamples, recipe: Recipe, record: Record) -> FineTuningJob:
        """Upload the files that are not uploaded yet, and create the job."""
        if record.training_file is None:
            await record.note(training_file=await self._upload("training", examples.training_file))
        if record.heldout_file is None and examples.heldout:
            await record.note(heldout_file=await self._upload("heldout", examples.heldout_file))
        for tries_left in range(RETRIES, -1, -1):
            try:
                return await self._create(recipe, record)
            except openai.APIError as error:
                wait_s = _wait_before_retry(error)
                if wait_s is None or not tries_left:
                    raise
                log.warning("the training service did not take a job, trying again", wait_s=wait_s)
                await asyncio.sleep(wait_s)
                # The service may have begun the job all the same.
                if not isinstance(error, openai.RateLimitError) and (job := await self._find(record.mark)):
                    return job
        raise ServiceFailedError(self.service, "no answer")

    async def _upload(self, what: str, content: bytes) -> str:
        name = f"starling-{what}-{hashlib.sha256(content).hexdigest()[:16]}.jsonl"
        file = await self._client.files.create(
            file=(name, content, "application/jsonl"),
            purpose="fine-tune",
            expires_after={"anchor": "created_at", "seconds": KEPT_S},
            timeout=UPLOAD_TIMEOUT_S,
        )
        return file.id

    async def _create(self, recipe: Recipe, record: Record) -> FineTuningJob:
        optional: dict[str, Any] = {}
        if record.heldout_file is not None:
            optional["validation_file"] = record.heldout_file
        if recipe.suffix is not None:
            optional["suffix"] = recipe.suffix
        return await self._client.with_options(max_retries=0).fine_tuning.jobs.create(
            model=recipe.base,
            training_file=record.training_file or "",
            method=_method(recipe),
            seed=recipe.seed,
            metadata={_MARK: record.mark},
            **optional,
        )

    async def _find(self, mark: str) -> FineTuningJob | None:
        """The job that was created with ``mark``, if there is one."""
        looked = 0
        async for job in self._client.fine_tuning.jobs.list(metadata={_MARK: mark}, limit=PAGE):
            if (job.metadata or {}).get(_MARK) == mark:
                return job
            looked += 1
            if looked >= MAX_JOBS:
                break
        return None

    def _why(self, job: FineTuningJob) -> TrainingError:
        if job.error is None:
            return TrainingFailedError("the service does not say why")
        if is_about_files(job.error.param, job.error.code, job.error.message):
            return ExamplesExpiredError(self.service)
        return TrainingFailedError(job.error.message or job.error.code)


def _method(recipe: Recipe) -> MethodParam:
    hyperparameters: dict[str, Any] = {
        "n_epochs": recipe.epochs or EPOCHS,
        "batch_size": recipe.batch_size,
        "learning_rate_multiplier": recipe.learning_rate_multiplier,
    }
    if recipe.method is TrainingMethod.PREFERENCE:
        hyperparameters["beta"] = recipe.beta
    given: Any = {"hyperparameters": {name: value for name, value in hyperparameters.items() if value is not None}}
    return (
        {"type": "dpo", "dpo": given}
        if recipe.method is TrainingMethod.PREFERENCE
        else {"type": "supervised", "supervised": given}
    )


def _wait_before_retry(error: openai.APIError) -> float | None:
    """How many seconds to wait before sending a request again; None if that is of no use or would take too long."""
    if isinstance(error, openai.APIConnectionError | openai.InternalServerError):
        return RETRY_WAIT_S
    if isinstance(error, openai.RateLimitError) and error.code != "insufficient_quota":
        with contextlib.suppress(ValueError):
            told_s = float(error.response.headers.get("retry-after", 2.0))
            return told_s if told_s <= MAX_WAIT_S else None
    return None


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or base_url


def _endpoint(settings: Settings) -> EndpointAddress:
    assert settings.training_api_key is not None, "only what is configured is built"
    return EndpointAddress(settings.training_base_url or OPENAI_URL, settings.training_api_key.get_secret_value())


def build_openai(settings: Settings, _cache: WeightsCache) -> OpenAITrainer:
    """Build the trainer from the settings, which must contain a key."""
    service = _endpoint(settings)
    return OpenAITrainer(
        service.url,
        service.key,
        base_model=settings.training_base_model,
        price_of_a_million=settings.training_price,
    )


TRAINERS.register(
    TrainerRegistration(
        name="openai",
        label=lambda settings: lazy(LABEL, service=_host(settings.training_base_url or OPENAI_URL)),
        preference=200,
        build=build_openai,
        needs_network=True,
        needs=("training_api_key",),
        endpoint=_endpoint,
    )
)
