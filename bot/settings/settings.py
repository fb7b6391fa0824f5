"""The table of settings.

The name of a setting is its field's name in capitals. Empty values count as not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.settings.chat_endpoint import ChatEndpoint
from bot.settings.errors import CURRENCY
from bot.settings.secret_values import SCHEME, secrets_in_address, secrets_in_fields
from bot.settings.values import (
    Address,
    Extra,
    File,
    Folder,
    Headers,
    Ids,
    Key,
    Price,
    Prices,
    WorkAddress,
    bare_token,
    from_json,
    from_list,
)

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint that is used if a key is set without a URL."""


class Settings(BaseSettings):
    """The settings, frozen."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Discord
    discord_token: Annotated[SecretStr | None, BeforeValidator(bare_token)] = None
    """The bot's token. Without one, Starling starts the sandbox and connects to it instead."""
    discord_api_url: Address | None = None
    """Another server that speaks Discord's REST API v10, with the version in the path; for tests and proxies."""
    discord_requests_per_s: int = Field(50, ge=1, le=100_000)
    """Requests per second that Discord accepts from the whole bot, shared among the gateways; more if Discord has
    raised the bot's limit."""
    message_content_intent: bool = False
    """Request the privileged MESSAGE_CONTENT intent. Without it, mentions, replies that ping, DMs, commands and menus
    still work; voice notes that are not replies cannot be heard."""

    # Who may use it
    allowed_guilds: Ids = frozenset()
    """The ids of the only servers that are served, separated by commas; if empty, all are. Starling leaves any other
    server that it joins later."""
    blocked_guilds: Ids = frozenset()
    """The ids of servers that Starling leaves, and whose stored data it deletes."""
    blocked_users: Ids = frozenset()
    """The ids of people who may not use Starling anywhere."""

    # The sandbox
    sandbox_host: str = "127.0.0.1"
    """The address that the sandbox listens on; everything in it is open to anyone who can reach it."""
    sandbox_port: int = Field(8190, ge=0, le=65535)
    """0 takes any free port."""
    sandbox_autostart: bool = True
    """Without a token, start the sandbox and connect to it; if false, as in the container image, say what is
    missing."""

    # Speech in
    stt_engine: str = "auto"
    """auto: the best configured recognizer, and the next one if it fails; offline: only recognizers on this machine; or
    the name of a recognizer."""
    stt_base_url: Address | None = None
    """A transcription service with OpenAI's audio API; with a key and no URL, OpenAI's own."""
    stt_api_key: Key | None = None
    """The key for that service."""
    stt_model: str = "whisper-1"
    """The model's name at that service."""
    whisper_model: str = "whisper-base"
    """A bundled name, a faster-whisper name (small, large-v3-turbo, ...), a folder or a hub id."""
    whisper_device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU if one can be used, otherwise the CPU; cpu; or cuda, which needs libcublas.so.12."""
    whisper_device_index: int = Field(0, ge=0, le=63)
    """Which GPU, if there are several."""
    whisper_compute_type: str = "auto"
    """auto: int8 on a CPU, float16 on a GPU; or a ctranslate2 name, such as int8_float16."""
    whisper_quality: Literal["fast", "accurate"] = "accurate"
    """fast saves a tenth of the CPU time, at the cost of a few more wrong words."""
    whisper_threads: int = Field(1, ge=1, le=256)
    """Threads per worker; more take more CPU time in total for the same words."""
    whisper_workers: int = Field(0, ge=0, le=256)
    """How many recordings are transcribed at the same time; 0: one per core."""
    whisper_unload_s: float = Field(0, ge=0, le=604800)
    """The seconds without a recording after which the model is unloaded until the next one; 0: never."""
    max_audio_mb: int = Field(25, ge=1, le=500)
    """The largest recording that is accepted, in MiB."""
    max_audio_s: float = Field(1200, ge=1, le=86400)
    """The longest recording that is accepted, in seconds; Discord's own voice messages last at most 1200."""

    # Speech out
    tts_engine: str = "auto"
    """auto: the best configured voice engine, and the next one if it fails; offline: only engines on this machine; or
    the name of an engine."""
    tts_base_url: Address | None = None
    """A speech service with OpenAI's audio API; with a key and no URL, OpenAI's own."""
    tts_api_key: Key | None = None
    """The key for that service."""
    tts_model: str = "tts-1"
    """The model's name at that service."""
    tts_voice: str = "alloy"
    """Its voices, separated by commas, the best first; voice=language for a voice that speaks only one language."""
    piper_voices: Folder | None = None
    """A folder of additional Piper voices (*.onnx with *.onnx.json)."""
    tts_pause_s: float = Field(300, ge=0, le=86400)
    """How long a voice engine that failed is skipped, in seconds."""
    tts_rate: float = Field(1.0, ge=0.5, le=2)
    """How fast voices speak: 0.5 (half as fast) to 2 (twice as fast)."""
    tts_pitch: float = Field(0.0, ge=-6, le=6)
    """How high voices speak: -6 to 6 semitones above their own pitch."""
    tts_cache_mb: int = Field(64, ge=0, le=4096)
    """How much of the speech of the last hour is kept in memory, in MiB; a minute takes about 0.2."""
    speak: Literal["never", "voice", "always"] = "voice"
    """When answers are spoken: never, in reply to voice notes, or always."""

    # Chat
    openai_base_url: Address | None = None
    """An OpenAI-compatible endpoint; with a key and no URL, OpenAI's own."""
    openai_api_key: Key | None = None
    """The key for that endpoint."""
    chat_model: str | None = None
    """The model's name at that endpoint, where it is required. Without an endpoint, the embedded demonstration model
    answers."""
    chat_timeout_s: float = Field(60, ge=1, le=3600)
    """How long the chat model may be silent, in seconds."""
    chat_answer_s: float = Field(600, ge=1, le=7200)
    """The longest time that an answer may take from the question to its last word, in seconds."""
    chat_max_tokens: int = Field(800, ge=16, le=32768)
    """The longest answer, in tokens, not counting the reasoning of a model that reasons."""
    chat_reasoning_tokens: int = Field(4000, ge=0, le=200_000)
    """How many more tokens a model that reasons may spend on its reasoning."""
    chat_context_tokens: int = Field(8192, ge=512, le=10_000_000)
    """The most that a prompt and its answer may take together, in tokens; the demonstration model has a limit of its
    own."""
    chat_prices: Annotated[dict[str, Prices], NoDecode, BeforeValidator(from_json)] = {}
    """The prices of models, as JSON: {"model": [price of a million prompt tokens, of a million reply tokens]}."""
    chat_currency: str = Field("USD", pattern=CURRENCY)
    """The currency of those prices, as ISO 4217 names it."""
    chat_extra: Annotated[Extra, NoDecode] = {}
    """Extra fields for each request, as JSON; those of single models go into "models"; null omits a field."""
    chat_headers: Annotated[Headers, NoDecode] = {}
    """Headers sent with each request, as JSON."""
    chat_endpoints: Annotated[tuple[ChatEndpoint, ...], NoDecode, BeforeValidator(from_json)] = ()
    """Additional endpoints, as JSON: see ``ChatEndpoint``."""
    chat_models: Annotated[tuple[str, ...], NoDecode, BeforeValidator(from_list)] = ()
    """The models that servers may choose from, separated by commas; if empty, all that there are."""
    chat_fallback: str | None = None
    """The model that answers when the requested one cannot, named as /model list shows it."""
    instruction_file: File | None = None
    """A text file with the instruction (system prompt); by default the bundled one."""

    # Learning
    recall: Literal["auto", "multilingual", "wordllama", "words", "off"] = "auto"
    """How approved corrections are retrieved: by meaning in a hundred languages (multilingual), by meaning in English
    (wordllama), by words, or not at all; auto is the first that is installed."""
    recall_check: bool = True
    """Whether the chat model is asked if a taught answer that comes close applies to the question; never the
    demonstration model."""

    trainings_a_day: int = Field(3, ge=0, le=1000)
    """How many trainings one guild may start per day."""
    training_base_url: Address | None = None
    """A service with OpenAI's fine-tuning API; with a key and no URL, OpenAI's own."""
    training_api_key: Key | None = None
    """The key for that service; without one, training there is not offered."""
    training_base_model: str = ""
    """The model that is trained there, as the service names it."""
    training_price: Price | None = None
    """The price there of a million training tokens, in CHAT_CURRENCY."""
    judge_model: str | None = None
    """A model at the endpoint that judges answers in /test that do not match the expected ones word for word."""

    # Budgets: limits per day, in UTC; 0: no limit
    user_tokens_a_day: int = Field(0, ge=0)
    """Tokens of the chat model, in and out, that one user may use in all places together."""
    private_tokens_a_day: int = Field(200_000, ge=0)
    """Tokens that one user may use outside servers that have invited Starling: in direct messages, and wherever they
    have it as a user-installed app."""
    guild_tokens_a_day: int = Field(0, ge=0)
    """Tokens that the members of one guild may use there together."""
    user_audio_s_a_day: float = Field(0, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are transcribed for one user."""
    private_audio_s_a_day: float = Field(3600, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are transcribed for one user outside servers that have invited Starling."""
    guild_audio_s_a_day: float = Field(0, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are transcribed in one guild."""

    # Storage
    data_folder: Path = Path("data")
    """The folder of the default database and of the files of guilds and users."""
    database_url: str | None = None
    """sqlite:///path or postgresql://user:password@host/name; by default SQLite in DATA_FOLDER."""
    retention_days: int = Field(30, ge=1, le=3650)
    """The number of days after which stored prompts and replies are deleted."""
    guild_files_mb: int = Field(500, ge=1, le=1 << 20)
    """How much the files of one guild, or of one user in direct messages, may take together, in MiB."""
    models_folder: Path = Field(default_factory=lambda: user_cache_path("starling") / "models")
    """Where downloaded weights are kept."""

    # More than one process on one PostgreSQL database
    gateways: int = Field(1, ge=1, le=1000)
    """How many processes share Discord's shards, each with its own GATEWAY."""
    gateway: int = Field(0, ge=0, le=999)
    """The number of this one among them: 0 to GATEWAYS - 1."""
    shards: int = Field(0, ge=0, le=400_000)
    """The number of shards of all processes together, the same everywhere; 0, for a single process only: as many as
    Discord recommends."""

    # Work on other machines
    work_url: WorkAddress | None = None
    """A NATS server with JetStream, nats://user:password@host or tls://..., through which workers transcribe and speak;
    if not set, this process does both."""
    work_kinds: Annotated[tuple[Literal["hear", "speak"], ...], NoDecode, BeforeValidator(from_list)] = Field(
        ("hear", "speak"), min_length=1
    )
    """The kinds of tasks that a worker takes."""
    work_at_once: int = Field(0, ge=0, le=4096)
    """How many tasks a worker does at the same time; 0: four per core, so that recordings are transcribed in
    batches."""
    work_per_source: int = Field(4, ge=1, le=1000)
    """How many tasks of one server, or of one person in direct messages, may be with workers at the same time."""
    work_queue: int = Field(20_000, ge=1, le=10_000_000)
    """How many tasks may wait for workers in all; beyond that, people are told to try later."""

    # Life
    stop_timeout_s: float = Field(20, ge=0, le=600)
    """How long answers in progress may take to finish when Starling is stopped, in seconds."""
    answers_at_once: int = Field(4, ge=1, le=256)
    """How many messages are answered at the same time."""
    answers_waiting: int = Field(100, ge=1, le=10000)
    """How many more messages of one server may wait, and a tenth as many of one person; beyond that, people are told to
    try later."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Message text is only logged at debug."""
    owner_id: int | None = Field(None, ge=1)
    """The Discord id of the person who runs Starling and is told by direct message when it is in trouble."""
    owner_told_after: int = Field(5, ge=1, le=1000)
    """How many answers in a row have to fail before that person is told."""
    metrics_port: int | None = Field(None, ge=0, le=65535)
    """The port where Prometheus reads metrics, at /metrics; 0 takes any free port; if not set, there are no metrics."""
    metrics_host: str = "127.0.0.1"
    """The address that metrics are served at; anyone who can reach it can read them."""

    @property
    def database(self) -> str:
        """The database's URL, the default included."""
        return self.database_url or f"sqlite:///{self.data_folder / 'starling.db'}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read in a log: every token and key that is set, headers, and secrets in addresses and request
        fields."""
        values = [getattr(self, name) for name in type(self).model_fields]
        keys = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        endpoints = self.chat_endpoints
        addresses = [value for value in (*values, *(one.base_url for one in endpoints)) if isinstance(value, str)]
        headers = list(self.chat_headers.values())
        for one in endpoints:
            headers += one.headers.values()
        fields = [self.chat_extra, *(one.extra for one in endpoints)]
        found = [
            *keys,
            *(secret for address in addresses for secret in secrets_in_address(address)),
            *(one.api_key for one in endpoints),
            *headers,
            *(SCHEME.sub("", value) for value in headers),
            *(secret for given in fields for secret in secrets_in_fields(given)),
        ]
        return tuple(dict.fromkeys(filter(None, found)))

    @property
    def prices(self) -> Mapping[str, Prices]:
        """The prices of models, by the names that people know them by."""
        further = {f"{one.name}/{model}": price for one in self.chat_endpoints for model, price in one.prices.items()}
        return {**further, **self.chat_prices}

    @property
    def of_gateway(self) -> str:
        """The suffix, such as "-1", of the files that each of several gateways on one data folder has to itself;
        otherwise empty."""
        return f"-{self.gateway}" if self.gateways > 1 else ""

    @property
    def chat_profiles_file(self) -> Path:
        """The file that remembers what chat models accept."""
        return self.data_folder / f"chat-profiles{self.of_gateway}.json"

    @property
    def max_audio_bytes(self) -> int:
        return self.max_audio_mb << 20

    @property
    def archive_key(self) -> Path:
        """The file of the key that signs archives of datasets."""
        return self.data_folder / "archive.key"

    @property
    def trainings_folder(self) -> Path:
        """The folder in which each training has a folder of its own."""
        return self.data_folder / "trainings"

    @property
    def inference_priority(self) -> Path:
        """The file that tells trainings on this machine to pause."""
        return self.trainings_folder / ".inference-priority"

    @property
    def guild_files_bytes(self) -> int:
        return self.guild_files_mb << 20

    @property
    def embedded_chat(self) -> bool:
        """Whether the demonstration model answers: neither an endpoint nor a key is set."""
        return self.openai_base_url is None and self.openai_api_key is None
