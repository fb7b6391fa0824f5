"""A local Discord for tests and demonstrations: REST and gateway v10 in memory, with people to talk to a bot."""

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox

__all__ = ["DiscordUser", "Options", "Sandbox"]
