"""What there is to choose, and what holds where nothing was chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_VOCABULARY_CHARS = 400
"""About as much as the speech model takes in before a recording."""
MAX_NAMES = 5
MAX_CHANNELS = 25
"""Discord's limit on what is chosen at once."""
MAX_VOTES = 10
MAX_TRANSLATIONS = 2
"""More below each note would be more than its words."""


class SpeakMode(StrEnum):
    """When answers are spoken."""

    NEVER = "never"
    VOICE = "voice"
    """To voice notes."""
    ALWAYS = "always"


class SpokenLength(StrEnum):
    """How much of a long answer is spoken."""

    WHOLE = "whole"
    SHORT = "short"
    """Its beginning, and that the rest is written."""
    OFF = "off"
    """Nothing: only short answers are spoken."""


class TranscriptStyle(StrEnum):
    """How a voice note is written down by itself."""

    QUOTE = "quote"
    PLAIN = "plain"
    TIMES = "times"
    """With the time of each sentence."""


@dataclass(frozen=True, slots=True)
class TeachingRoles:
    """Who may teach in a guild, by Discord's ids of roles. Those who may manage the guild may all of it."""

    correct: int | None = None
    """The role whose members may correct; None: everyone. The guild's own id is the role of everyone."""
    approve: int | None = None
    """The role whose members may approve; None: only those who may manage the guild."""
    votes: int = 1
    """People who have to approve, 1 to ``MAX_VOTES``."""
    train: int | None = None
    """The role whose members may train and test models; None: only those who may manage the guild."""

    def let_approve(self, roles: Collection[int]) -> bool:
        """Whether a member with these roles may approve."""
        return self.approve is not None and self.approve in roles


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """What may be used in a guild within a day, as far as its host allows it; 0: no limit of its own."""

    tokens_a_day: int = 0
    """Of the chat model, in and out, by all together."""
    audio_s_a_day: int = 0
    """Of recordings, in seconds, by all together."""
    member_tokens_a_day: int = 0
    member_audio_s_a_day: int = 0


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """What each member with a role may use in a guild within a day, in place of what members may; 0: no limit of the
    guild's own."""

    tokens_a_day: int = 0
    audio_s_a_day: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use Starling in a guild, by Discord's ids. What is allowed holds for all where it is empty; what is
    blocked is, whatever else is allowed. Threads go with their channel. Those who may manage the guild always may."""

    allowed_channels: frozenset[int] = frozenset()
    blocked_channels: frozenset[int] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    """Members with one of these. The guild's own id is the role of everyone."""
    blocked_roles: frozenset[int] = frozenset()
    blocked_people: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class GuildPreferences:
    """What a guild has chosen; None where the host's settings hold."""

    speak: SpeakMode | None = None
    spoken_length: SpokenLength = SpokenLength.SHORT
    transcript_style: TranscriptStyle = TranscriptStyle.QUOTE
    transcribed_channels: frozenset[int] = frozenset()
    """Channels in which every voice note gets its transcript, without an answer."""
    transcript_languages: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By channel, codes of ``audio.LANGUAGES`` into which transcripts are translated, at most ``MAX_TRANSLATIONS``."""
    joined_channels: Mapping[int, SpeakMode] = field(default_factory=dict)
    """Channels and threads in which Starling takes part without being mentioned, and when it speaks there."""
    retention_days: int | None = None
    """After how many days, at least 1, questions and answers are forgotten, when that is sooner than the host's."""
    languages: tuple[str, ...] = ()
    """Codes of ``audio.LANGUAGES`` that are listened for; empty for all."""
    names: tuple[str, ...] = ()
    """By which Starling is called besides its own, at most ``MAX_NAMES``."""
    vocabulary: str = ""
    """Names and jargon that may be said, at most ``MAX_VOCABULARY_CHARS``."""
    voice: str | None = None
    """Of those who have not chosen one; None leaves it to the language."""
    chat_model: str | None = None
    roles: TeachingRoles = field(default_factory=TeachingRoles)
    review_channel: int | None = None
    """Where corrections are shown to those who approve; None: nowhere."""
    limits: DailyLimits = field(default_factory=DailyLimits)
    role_limits: Mapping[int, RoleLimit] = field(default_factory=dict)
    """By the ids of roles; of several roles of one member, the highest limit holds."""
    access: Access = field(default_factory=Access)
    instruction: str | None = None
    """The name of the guild's instruction that holds."""
    channel_instructions: Mapping[int, str] = field(default_factory=dict)
    """The names of those that hold in some of its channels and threads instead."""


@dataclass(frozen=True, slots=True)
class UserPreferences:
    """What a person has chosen, wherever they are."""

    voice: str | None = None
    """That speaks to them; None: the guild's."""
    locale: str | None = None
    """Discord's, that they were last seen with."""
    credited: bool = False
    """Whether they want to be named as one who teaches."""
