"""Every setting of Starling: read from the environment and from ``.env``, checked at start.

The name of a setting is that of its field in capitals. Empty values count as not set.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from dotenv import dotenv_values
from platformdirs import user_cache_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.settings.errors import CURRENCY, ENDPOINT_NAME, EXAMPLES, SettingsError, SettingsFileError, settings_error

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint that a key without a URL is for."""


Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Prices = tuple[Price, Price]
"""Of a million tokens of prompts and of a million tokens of replies."""


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        why = f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"
        raise PydanticCustomError("json_invalid", "not JSON", {"error": why}) from None


def _bare_token(value: object) -> object:
    """A token as people copy it, without the quotes, spaces and "Bot " that come along; nothing left is not set."""
    if not isinstance(value, str):
        return value
    return value.strip(" \t\r\n\"'").removeprefix("Bot ").strip() or None


def _from_list(value: object) -> object:
    """``["a", "b"]`` or ``a, b``."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _from_json(value)
    return [one.strip() for one in value.split(",") if one.strip()]


def _ids(value: object) -> object:
    """``1, 2`` as a list of ids; a single one may be a number already."""
    if isinstance(value, int):
        return [value]
    given = _from_list(value)
    if isinstance(value, str) and isinstance(given, list):
        for one in given:
            if not str(one).isdecimal():
                raise PydanticCustomError("no_id", "no id", {"given": one})
    return given


def _address(value: object) -> object:
    if isinstance(value, str) and not value.strip().lower().startswith(("http://", "https://")):
        raise PydanticCustomError("no_address", "no address")
    return value


def _work_address(value: object) -> object:
    if isinstance(value, str) and not all(
        one.strip().lower().startswith(("nats://", "tls://")) for one in value.split(",")
    ):
        raise PydanticCustomError("no_work_address", "no address")
    return value


def _key(value: object) -> object:
    said = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(said, str) and not said.isascii():
        raise PydanticCustomError("odd_key", "no key")
    return value


def _folder(value: object) -> object:
    if isinstance(value, str | Path) and not Path(value).is_dir():
        raise PydanticCustomError("no_folder", "no folder", {"folder": str(value)})
    return value


def _file(value: object) -> object:
    if isinstance(value, str | Path) and not Path(value).is_file():
        raise PydanticCustomError("no_file", "no file", {"file": str(value)})
    return value


Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)]
Address = Annotated[str, BeforeValidator(_address)]
WorkAddress = Annotated[str, BeforeValidator(_work_address)]
Key = Annotated[SecretStr, BeforeValidator(_key)]
Folder = Annotated[Path, BeforeValidator(_folder)]
"""One that is there."""
File = Annotated[Path, BeforeValidator(_file)]
"""One that is there."""


class ChatEndpoint(BaseModel):
    """A further endpoint, as an item of ``CHAT_ENDPOINTS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=ENDPOINT_NAME)
    """Its models are known as ``name/model``."""
    base_url: Address
    key: str = ""
    """The name of the variable with its key, in the environment or in ``.env``; without one, it needs none."""
    models: tuple[str, ...] = ()
    """Those that may be chosen; without any, all that it lists."""
    prices: dict[str, Prices] = {}
    """As ``CHAT_PRICES``."""
    context: int | None = Field(None, ge=512)
    """As ``CHAT_CONTEXT_TOKENS``; None: the same."""
    extra: dict[str, Any] = {}
    """As ``CHAT_EXTRA``."""
    headers: dict[str, str] = {}
    """As ``CHAT_HEADERS``."""

    @property
    def api_key(self) -> str:
        """What the variable says; empty where it is not set."""
        return (os.environ.get(self.key) or dotenv_values(".env").get(self.key) or "") if self.key else ""


_SCHEME = re.compile(r"^(bearer|basic|token|apikey) +", re.IGNORECASE)
"""What stands before a key in a header."""
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|signature|^sig$", re.IGNORECASE)


def _secrets_in_address(value: str) -> list[str]:
    """Passwords and tokens in an address, as they are written there and as they are meant."""
    if "://" not in value:
        return []
    if len(several := re.split(r",(?=\s*\w+://)", value)) > 1:
        return [secret for one in several for secret in _secrets_in_address(one.strip())]
    parts = urlsplit(value)
    # NATS takes a token in place of a name.
    token = parts.username if parts.scheme in ("nats", "tls") and parts.password is None else ""
    found = [
        parts.password or token or "",
        *(said for name, said in parse_qsl(parts.query) if _SECRET_NAME.search(name)),
    ]
    return [*found, *map(unquote, found)]


def _secrets_in_fields(value: object, name: str = "") -> list[str]:
    """The texts in ``value``, however deep, whose names say that they are secrets."""
    if isinstance(value, Mapping):
        return [secret for key, inner in value.items() for secret in _secrets_in_fields(inner, str(key))]
    # "reasoning_tokens": "none" is none, and neither is any other word of a setting.
    return [value] if isinstance(value, str) and len(value) >= 12 and _SECRET_NAME.search(name) else []


def unknown_names(file: Path = Path(".env")) -> list[str]:
    """What ``file`` sets that is no setting, a sentence each, with the setting that is written most like it."""
    if not file.is_file():
        return []
    known = [name.upper() for name in Settings.model_fields]
    notes, given = [], dotenv_values(file)
    keys = re.findall(r'"key"\s*:\s*"([^"]+)"', given.get("CHAT_ENDPOINTS") or "")
    for name in given:
        if name.upper() not in known and name not in keys:
            like = get_close_matches(name.upper(), known, 1)
            meant = f" Did you mean {like[0]}?" if like else ""
            notes.append(f"{file} sets {name}, which is no setting of Starling's.{meant}")
    return notes


class Settings(BaseSettings):
    """The settings, frozen."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Discord
    discord_token: Annotated[SecretStr | None, BeforeValidator(_bare_token)] = None
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
    chat_prices: Annotated[dict[str, Prices], NoDecode, BeforeValidator(_from_json)] = {}
    """What models cost, as JSON: {"model": [price of a million prompt tokens, of a million reply tokens]}."""
    chat_currency: str = Field("USD", pattern=CURRENCY)
    """The currency of those prices, as ISO 4217 names it."""
    chat_extra: Annotated[dict[str, Any], NoDecode, BeforeValidator(_from_json)] = {}
    """Fields that go into each request, as JSON; those of single models in "models"; null leaves a field out."""
    chat_headers: Annotated[dict[str, str], NoDecode, BeforeValidator(_from_json)] = {}
    """Headers that go with each request, as JSON."""
    chat_endpoints: Annotated[tuple[ChatEndpoint, ...], NoDecode, BeforeValidator(_from_json)] = ()
    """Further endpoints, as JSON: see ``ChatEndpoint``."""
    chat_models: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_from_list)] = ()
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
    work_kinds: Annotated[tuple[Literal["hear", "speak"], ...], NoDecode, BeforeValidator(_from_list)] = Field(
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
            *(secret for address in addresses for secret in _secrets_in_address(address)),
            *(one.api_key for one in endpoints),
            *headers,
            *(_SCHEME.sub("", value) for value in headers),
            *(secret for given in fields for secret in _secrets_in_fields(given)),
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
        return self.trainings_folder / ".right-of-way"

    @property
    def guild_files_bytes(self) -> int:
        return self.guild_files_mb << 20

    @property
    def embedded_chat(self) -> bool:
        """Whether the demonstration model answers: no endpoint and no key was given."""
        return self.openai_base_url is None and self.openai_api_key is None


def read_settings(**given: object) -> Settings:
    """The settings; ``given`` win over the environment, the environment over ``.env``.

    Raises:
        SettingsError: the first value that cannot be used.
        SettingsFileError: ``.env`` cannot be read.
    """
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        defaults = {name: field.default for name, field in Settings.model_fields.items()}
        # The cause would show values, keys among them.
        raise settings_error(error.errors(include_url=False)[0], defaults) from None
    except UnicodeDecodeError:
        raise SettingsFileError("it is not text in UTF-8. Save it as that, which Notepad calls an encoding") from None
    except OSError as error:
        raise SettingsFileError(error.strerror or str(error)) from error
    if not settings.embedded_chat and settings.chat_model is None:
        raise SettingsError(
            "CHAT_MODEL", "it is needed with OPENAI_BASE_URL or OPENAI_API_KEY (such as CHAT_MODEL=gpt-5)"
        )
    names = [endpoint.name for endpoint in settings.chat_endpoints]
    if len(set(names)) < len(names):
        raise SettingsError("CHAT_ENDPOINTS", f"two of them have the same name (such as {EXAMPLES['chat_endpoints']})")
    for endpoint in settings.chat_endpoints:
        if endpoint.key and not endpoint.api_key:
            reason = f"the key of {endpoint.name} is not set (such as {endpoint.key}={EXAMPLES['openai_api_key']})"
            raise SettingsError("CHAT_ENDPOINTS", reason)
    _require_shares(settings)
    if settings.embedded_chat and settings.judge_model is not None:
        raise SettingsError("JUDGE_MODEL", "it needs an endpoint (such as OPENAI_BASE_URL=http://localhost:11434/v1)")
    return settings


def _require_shares(settings: Settings) -> None:
    """
    Raises:
        SettingsError: several gateways would not know which shards are theirs.
    """
    count = settings.gateways
    if settings.gateway >= count:
        numbers = "GATEWAYS is 1" if count == 1 else f"of {count} gateways the last is {count - 1}"
        raise SettingsError("GATEWAY", f"{settings.gateway} is too much: {numbers} (such as GATEWAY=0)")
    if count > 1 and settings.shards < count:
        reason = "with GATEWAYS above 1 it is needed, the same everywhere and no fewer than there are gateways"
        raise SettingsError("SHARDS", f"{reason} (such as SHARDS={count})")
