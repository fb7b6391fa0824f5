"""Every setting of Starling: read from the environment and from ``.env``, checked at start."""

from bot.settings.settings import OPENAI_URL, ChatEndpoint, Settings, read_settings, unknown_names

__all__ = ["OPENAI_URL", "ChatEndpoint", "Settings", "read_settings", "unknown_names"]
