"""The choices of guilds and people, and their defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_VOCABULARY_CHARS = 400
"""About as much as the speech model accepts as a prompt before a recording."""
MAX_NAMES = 5
MAX_CHANNELS = 25
"""Discord's limit on how many are chosen at once."""
MAX_VOTES = 10
MAX_TRANSLATIONS = 2
"""More of them below each note would outweigh its own words."""


class SpeakMode(StrEnum):
    """When answers are spoken."""

    NEVER = "never"
    VOICE = "voice"
    """Only answers to voice notes."""
    ALWAYS = "always"


class SpokenLength(StrEnum):
    """How much of a long answer is spoken."""

    WHOLE = "whole"
    SHORT = "short"
    """The beginning, and a sentence that the rest is written."""
    OFF = "off"
    """Nothing: only short answers are spoken."""


class TranscriptStyle(StrEnum):
    """The style of an automatic transcript of a voice note."""

    QUOTE = "quote"
    PLAIN = "plain"
    TIMES = "times"
    """With the time of each sentence."""


@dataclass(frozen=True, slots=True)
class TeachingRoles:
    """Who may teach in a guild, as Discord's ids of roles. Those who may manage the guild may do all of it."""

    correct: int | None = None
    """The role whose members may correct; None: everyone. The guild's own id is the role of everyone."""
    approve: int | None = None
    """The role whose members may approve; None: only those who may manage the guild."""
    votes: int = 1
    """How many people have to approve a correction, 1 to ``MAX_VOTES``."""
    train: int | None = None
    """The role whose members may train and test models; None: only those who may manage the guild."""

    def let_approve(self, roles: Collection[int]) -> bool:
        """Whether a member with these roles may approve."""
        return self.approve is not None and self.approve in roles


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """What may be used in a guild per day, within the host's limits; 0 means no limit of the guild's own."""

    tokens_a_day: int = 0
    """Tokens of the chat model, input and output, of all members together."""
    audio_s_a_day: int = 0
    """Seconds of recordings, of all members together."""
    member_tokens_a_day: int = 0
    member_audio_s_a_day: int = 0


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """What each member with a role may use in a guild per day, instead of the limits per member; 0 means no limit of
    the guild's own."""

    tokens_a_day: int = 0
    audio_s_a_day: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use Starling in a guild, by Discord's ids. An empty set of allowed channels or roles allows all; what is
    blocked stays blocked even if it is also allowed. Threads follow their channel. Those who may manage the guild
    always may."""

    allowed_channels: frozenset[int] = frozenset()
    blocked_channels: frozenset[int] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    """A member needs one of these. The guild's own id is the role of everyone."""
    blocked_roles: frozenset[int] = frozenset()
    blocked_people: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class GuildPreferences:
    """A guild's choices; None means that the host's settings apply."""

    speak: SpeakMode | None = None
    spoken_length: SpokenLength = SpokenLength.SHORT
    transcript_style: TranscriptStyle = TranscriptStyle.QUOTE
    transcribed_channels: frozenset[int] = frozenset()
    """Channels in which every voice note gets its transcript, without an answer."""
    transcript_languages: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By channel, the codes of ``audio.LANGUAGES`` into which transcripts are translated, at most
    ``MAX_TRANSLATIONS``."""
    joined_channels: Mapping[int, SpeakMode] = field(default_factory=dict)
    """Channels and threads in which Starling takes part without being mentioned, and when it speaks there."""
    retention_days: int | None = None
    """The number of days, at least 1, after which questions and answers are forgotten, if that is sooner than the
    host's."""
    languages: tuple[str, ...] = ()
    """The codes of ``audio.LANGUAGES`` that are recognised; empty for all."""
    names: tuple[str, ...] = ()
    """Names that Starling answers to besides its own, at most ``MAX_NAMES``."""
    vocabulary: str = ""
    """Names and jargon that may be said, at most ``MAX_VOCABULARY_CHARS``."""
    voice: str | None = None
    """The voice for members who have not chosen one; None leaves the choice to the language."""
    chat_model: str | None = None
    roles: TeachingRoles = field(default_factory=TeachingRoles)
    review_channel: int | None = None
    """The channel where corrections are shown to those who approve; None: nowhere."""
    limits: DailyLimits = field(default_factory=DailyLimits)
    role_limits: Mapping[int, RoleLimit] = field(default_factory=dict)
    """By role id; if a member has several of the roles, the highest limit applies."""
    access: Access = field(default_factory=Access)
    instruction: str | None = None
    """The name of the guild's active instruction."""
    channel_instructions: Mapping[int, str] = field(default_factory=dict)
    """The names of the instructions that apply in some of its channels and threads instead."""


@dataclass(frozen=True, slots=True)
class UserPreferences:
    """A person's choices, in all guilds."""

    voice: str | None = None
    """The voice that speaks to them; None: the guild's."""
    locale: str | None = None
    """The Discord locale with which they were last seen."""
    credited: bool = False
    """Whether they want to be credited as someone who teaches."""
