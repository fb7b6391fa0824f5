"""The table of settings.

The name of a setting is that of its field in capitals. Empty values count as not set.
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
"""The endpoint that a key without a URL is for."""


class Settings(BaseSettings):
    """The settings, frozen."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Discord
    discord_token: Annotated[SecretStr | None, BeforeValidator(bare_token)] = None
    """The bot's token. Without one, Starling starts the sandbox and connects to that."""
    discord_api_url: Address | None = None
    """Another server that speaks Discord's REST API v10, with the version in the path; for tests and proxies."""
    discord_requests_per_s: int = Field(50, ge=1, le=100_000)
    """Requests a second that Discord takes from all of the bot, of which each gateway has its part; more where Discord
    has raised its limit."""
    message_content_intent: bool = False
    """Ask for the privileged MESSAGE_CONTENT intent. Without it mentions, replies that ping, DMs, commands
    and menus still work; voice notes that are no replies cannot be heard."""

    # Who may use it
    allowed_guilds: Ids = frozenset()
    """The ids of the only servers that are served, with commas between them; without any, all. One that is joined later
    and is not among them is left."""
    blocked_guilds: Ids = frozenset()
    """The ids of servers that are left, and all that is stored of them is forgotten."""
    blocked_users: Ids = frozenset()
    """The ids of people who may not use Starling anywhere."""

    # The sandbox
    sandbox_host: str = "127.0.0.1"
    """The address that the sandbox listens on; everything in it is open to whoever reaches it."""
    sandbox_port: int = Field(8190, ge=0, le=65535)
    """0 takes any free port."""
    sandbox_autostart: bool = True
    """Without a token, start the sandbox and connect to that; false, as in the container image: say what is missing."""

    # Speech in
    stt_engine: str = "auto"
    """auto: the best recognizer that is configured, and the next one when that fails; offline: only on this machine; or
    one of their names."""
    stt_base_url: Address | None = None
    """A service behind OpenAI's audio API that hears; with a key and no URL, OpenAI's own."""
    stt_api_key: Key | None = None
    """The key for that service."""
    stt_model: str = "whisper-1"
    """The model's name there."""
    whisper_model: str = "whisper-base"
    """A bundled name, a faster-whisper name (small, large-v3-turbo, ...), a folder or a hub id."""
    whisper_device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a graphics card where one can be used, else the processor; cpu; or cuda, which wants libcublas.so.12."""
    whisper_device_index: int = Field(0, ge=0, le=63)
    """Which graphics card, where there are several."""
    whisper_compute_type: str = "auto"
    """auto: int8 on a processor, float16 on a graphics card; or as ctranslate2 names them: int8_float16, ..."""
    whisper_quality: Literal["fast", "accurate"] = "accurate"
    """fast saves a tenth of the processor time, for a few more wrong words."""
    whisper_threads: int = Field(1, ge=1, le=256)
    """Threads of each worker; more cost more time in all, for the same words."""
    whisper_workers: int = Field(0, ge=0, le=256)
    """Recordings that are heard at the same time; 0: one for each core."""
    whisper_unload_s: float = Field(0, ge=0, le=604800)
    """After so many seconds without a recording the model leaves memory, until the next; 0: never."""
    max_audio_mb: int = Field(25, ge=1, le=500)
    """The largest recording that is taken, in MiB."""
    max_audio_s: float = Field(1200, ge=1, le=86400)
    """The longest recording that is taken, in seconds; a voice message of Discord's own lasts 1200 at most."""

    # Speech out
    tts_engine: str = "auto"
    """auto: the best voice engine that is configured, and the next one when that fails; offline: only voices of this
    machine; or one of their names."""
    tts_base_url: Address | None = None
    """A service behind OpenAI's audio API that speaks; with a key and no URL, OpenAI's own."""
    tts_api_key: Key | None = None
    """The key for that service."""
    tts_model: str = "tts-1"
    """The model's name there."""
    tts_voice: str = "alloy"
    """Its voices, with commas between them, the best first; voice=language for one that speaks one language only."""
    piper_voices: Folder | None = None
    """A folder of further Piper voices (*.onnx with *.onnx.json)."""
    tts_pause_s: float = Field(300, ge=0, le=86400)
    """How long a voice engine that failed is skipped, in seconds."""
    tts_rate: float = Field(1.0, ge=0.5, le=2)
    """How fast voices speak: 0.5 (half as fast) to 2 (twice as fast)."""
    tts_pitch: float = Field(0.0, ge=-6, le=6)
    """How high voices speak: -6 to 6 semitones above their own pitch."""
    tts_cache_mb: int = Field(64, ge=0, le=4096)
    """How much of what was spoken in the last hour is kept in memory, in MiB; a minute takes about 0.2."""
    speak: Literal["never", "voice", "always"] = "voice"
    """When answers are spoken: never, to voice notes, or always."""

    # Chat
    openai_base_url: Address | None = None
    """An OpenAI-compatible endpoint; with a key and no URL, OpenAI's own."""
    openai_api_key: Key | None = None
    """The key for that endpoint."""
    chat_model: str | None = None
    """The model's name at that endpoint; needed there. Without an endpoint, the embedded demonstration model."""
    chat_timeout_s: float = Field(60, ge=1, le=3600)
    """The longest silence of the chat model, in seconds."""
    chat_answer_s: float = Field(600, ge=1, le=7200)
    """The longest time that an answer may take from the question to its last word, in seconds."""
    chat_max_tokens: int = Field(800, ge=16, le=32768)
    """The longest answer, in tokens, without what a model that reasons says to itself."""
    chat_reasoning_tokens: int = Field(4000, ge=0, le=200_000)
    """What a model that reasons may say to itself besides, in tokens."""
    chat_context_tokens: int = Field(8192, ge=512, le=10_000_000)
    """What a prompt and its answer may take together, in tokens; the demonstration model has its own."""
    chat_prices: Annotated[dict[str, Prices], NoDecode, BeforeValidator(from_json)] = {}
    """What models cost, as JSON: {"model": [price of a million prompt tokens, of a million reply tokens]}."""
    chat_currency: str = Field("USD", pattern=CURRENCY)
    """The currency of those prices, as ISO 4217 names it."""
    chat_extra: Annotated[Extra, NoDecode] = {}
    """Fields that go into each request, as JSON; those of single models in "models"; null leaves a field out."""
    chat_headers: Annotated[Headers, NoDecode] = {}
    """Headers that go with each request, as JSON."""
    chat_endpoints: Annotated[tuple[ChatEndpoint, ...], NoDecode, BeforeValidator(from_json)] = ()
    """Further endpoints, as JSON: see ``ChatEndpoint``."""
    chat_models: Annotated[tuple[str, ...], NoDecode, BeforeValidator(from_list)] = ()
    """The models that servers may choose from, as a list with commas; without any, all that there are."""
    chat_fallback: str | None = None
    """The model that answers when the one that was asked cannot, by the name that /model list gives it."""
    instruction_file: File | None = None
    """A text file with the instruction (system prompt); by default the bundled one."""

    # Learning
    recall: Literal["auto", "multilingual", "wordllama", "words", "off"] = "auto"
    """How approved corrections are found again: by meaning in a hundred languages, by meaning in English, by words, or
    not at all; auto is the first that is installed."""
    recall_check: bool = True
    """Whether the chat model is asked, where something taught is near, if it applies; not the demonstration model."""

    trainings_a_day: int = Field(3, ge=0, le=1000)
    """Trainings that one guild may start a day."""
    training_base_url: Address | None = None
    """A service that speaks OpenAI's contract for fine-tuning; with a key and no URL, OpenAI's own."""
    training_api_key: Key | None = None
    """The key for that service; without one, it is not offered."""
    training_base_model: str = ""
    """The model that is trained there, as the service names it."""
    training_price: Price | None = None
    """What a million tokens of training cost there, in CHAT_CURRENCY."""
    judge_model: str | None = None
    """A model at the endpoint that judges answers in /test, where they are not what was expected word for word."""

    # Budgets: what may be used a day, in UTC; 0: no limit
    user_tokens_a_day: int = Field(0, ge=0)
    """Tokens of the chat model, in and out, that one user may use, everywhere together."""
    private_tokens_a_day: int = Field(200_000, ge=0)
    """Tokens that one user may use outside of servers that have invited Starling: in direct messages, and wherever
    they have it because they installed it for themselves."""
    guild_tokens_a_day: int = Field(0, ge=0)
    """Tokens that the members of one guild may use there together."""
    user_audio_s_a_day: float = Field(0, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are heard for one user."""
    private_audio_s_a_day: float = Field(3600, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are heard for one user outside of servers that have invited Starling."""
    guild_audio_s_a_day: float = Field(0, ge=0, allow_inf_nan=False)
    """Seconds of recordings that are heard in one guild."""

    # Storage
    data_folder: Path = Path("data")
    """Where the default database and the files of guilds and users lie."""
    database_url: str | None = None
    """sqlite:///path or postgresql://user:password@host/name; by default SQLite in DATA_FOLDER."""
    retention_days: int = Field(30, ge=1, le=3650)
    """After how many days stored prompts and replies are deleted."""
    guild_files_mb: int = Field(500, ge=1, le=1 << 20)
    """What the files of one guild, or of one user in direct messages, may take together, in MiB."""
    models_folder: Path = Field(default_factory=lambda: user_cache_path("starling") / "models")
    """Where fetched weights are kept."""

    # More than one process on one PostgreSQL database
    gateways: int = Field(1, ge=1, le=1000)
    """How many processes share Discord's shards, each with a GATEWAY of its own."""
    gateway: int = Field(0, ge=0, le=999)
    """Which of them this one is: 0 to GATEWAYS - 1."""
    shards: int = Field(0, ge=0, le=400_000)
    """Shards of all processes together, the same everywhere; 0: as many as Discord recommends, for a single process."""

    # Work on other machines
    work_url: WorkAddress | None = None
    """NATS with JetStream, nats://user:password@host or tls://...: workers hear and speak; without one, this process
    does."""
    work_kinds: Annotated[tuple[Literal["hear", "speak"], ...], NoDecode, BeforeValidator(from_list)] = Field(
        ("hear", "speak"), min_length=1
    )
    """What a worker does."""
    work_at_once: int = Field(0, ge=0, le=4096)
    """How many tasks a worker does at the same time; 0: four for each core, so that recordings are heard in batches."""
    work_per_source: int = Field(4, ge=1, le=1000)
    """How many tasks of one server, or of one person in direct messages, may be with workers at the same time."""
    work_queue: int = Field(20_000, ge=1, le=10_000_000)
    """How many tasks may wait for workers in all; beyond, people are told to try later."""

    # Life
    stop_timeout_s: float = Field(20, ge=0, le=600)
    """How long answers under way may take to end when Starling is stopped, in seconds."""
    answers_at_once: int = Field(4, ge=1, le=256)
    """How many messages are answered at the same time."""
    answers_waiting: int = Field(100, ge=1, le=10000)
    """How many more of one server may wait, and a tenth of them of one person; beyond, people are told to try later."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Message text is only logged at debug."""
    owner_id: int | None = Field(None, ge=1)
    """Discord's id of whoever runs Starling, who is told by a direct message when it is in trouble."""
    owner_told_after: int = Field(5, ge=1, le=1000)
    """After how many answers in a row that failed."""
    metrics_port: int | None = Field(None, ge=0, le=65535)
    """Where Prometheus reads metrics, at /metrics; 0 takes any free port, and without one there are none."""
    metrics_host: str = "127.0.0.1"
    """The address that they are served at; whoever reaches it may read them."""

    @property
    def database(self) -> str:
        """The database's URL, the default included."""
        return self.database_url or f"sqlite:///{self.data_folder / 'starling.db'}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read in a log: every token and key that is set, and passwords in addresses."""
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
        """What models cost, by the names that people know them by."""
        further = {f"{one.name}/{model}": price for one in self.chat_endpoints for model, price in one.prices.items()}
        return {**further, **self.chat_prices}

    @property
    def of_gateway(self) -> str:
        """What the names of files have that each of several gateways on one data folder writes for itself: "-1"."""
        return f"-{self.gateway}" if self.gateways > 1 else ""

    @property
    def chat_profiles_file(self) -> Path:
        """Where it is kept what chat models take."""
        return self.data_folder / f"chat-profiles{self.of_gateway}.json"

    @property
    def max_audio_bytes(self) -> int:
        return self.max_audio_mb << 20

    @property
    def archive_key(self) -> Path:
        """The key with which archives of datasets are signed."""
        return self.data_folder / "archive.key"

    @property
    def trainings_folder(self) -> Path:
        """Where each training has a folder of its own."""
        return self.data_folder / "trainings"

    @property
    def inference_priority(self) -> Path:
        """The file that tells trainings on this machine to hold still."""
        return self.trainings_folder / ".inference-priority"

    @property
    def guild_files_bytes(self) -> int:
        return self.guild_files_mb << 20

    @property
    def embedded_chat(self) -> bool:
        """Whether the demonstration model answers: no endpoint and no key was given."""
        return self.openai_base_url is None and self.openai_api_key is None
