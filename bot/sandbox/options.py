"""The settings that a test or a demonstration may change."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass
class Options:
    """How strict, how quick and how large the sandbox is. May be changed while it runs."""

    bot_name: str = "starling"
    """The user name of the bot."""
    heartbeat_interval_s: float = 41.25
    """The interval that HELLO asks for; Discord's own is 41.25."""
    intervals_of_silence: float = 2.5
    """In heartbeat intervals: a client that is silent for longer, and for 5 s at least, is closed with 4009."""
    ack_timeout_s: float = 3.0
    """How long an interaction waits for its acknowledgement."""
    token_lifetime_s: float = 900.0
    """How long an interaction's token is valid."""
    link_lifetime_s: float = 86_400.0
    """How long a link to an attachment is valid."""
    file_limit_bytes: int = 10 * MIB
    """The largest file the bot may upload; sent to it as ``attachment_size_limit``."""
    person_file_limit_bytes: int = 10 * MIB
    """The largest file a person may upload."""
    request_limit_bytes: int = 25 * MIB
    """The largest request, with all its files together."""
    stored_limit_bytes: int = 512 * MIB
    """How much of the uploads is kept; the oldest files are dropped first."""
    message_limit: int = 50_000
    """How many messages are kept."""
    replay_limit: int = 2_000
    """How many events a session keeps for RESUME."""
    request_log_limit: int = 5_000
    """How many requests are remembered."""
    session_lifetime_s: float = 300.0
    """How long a disconnected session may be resumed."""
    shards: int = 1
    """The number of shards that ``GET /gateway/bot`` recommends."""
    guilds_per_shard: int = 2_500
    """A session with more guilds is closed with 4011."""
    max_concurrency: int = 16
    """How many shards may identify at once: one per bucket (shard id % max_concurrency). A client waits 5 s before
    the next ones."""
    identify_interval_s: float = 0.0
    """How long a bucket is closed after an IDENTIFY; an earlier one is answered with op 9. Discord's is 5; 0 lets
    shards identify at any time."""
    message_content: bool = True
    """Whether the application has the MESSAGE_CONTENT intent."""
    guild_members: bool = False
    """Whether the application has the GUILD_MEMBERS intent."""
    presences: bool = False
    """Whether the application has the GUILD_PRESENCES intent."""
    user_install: bool = True
    """Whether the application can be installed by people, not only by guilds."""
    requests_per_bucket: int = 0
    """Requests per route and major parameter in each ``bucket_window_s``; 0 turns these limits off."""
    bucket_window_s: float = 5.0
    """How long until a bucket is full again."""
    global_requests_per_s: int = 0
    """Discord's is 50; 0 turns the global limit off."""
