"""Every setting of Starling: read from the environment and from ``.env``, checked at start."""

from bot.settings.chat_endpoint import ChatEndpoint
from bot.settings.reading import read_settings, unknown_names
from bot.settings.settings import OPENAI_URL, Settings

__all__ = ["OPENAI_URL", "ChatEndpoint", "Settings", "read_settings", "unknown_names"]
