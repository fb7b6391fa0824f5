"""Accounts, direct messages, and where to find the gateway."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.gateway.events import Event
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.entities import Channel
from bot.sandbox.model.enums import LOCALES, ChannelType
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.payloads import own_user_payload, user_payload
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.rest.api import Call, Reply, Route
from bot.sandbox.services import SandboxServices
from bot.sandbox.validation.forms import Form

_SESSION_STARTS = 1000


class UserRoutes:
    def __init__(self, services: SandboxServices) -> None:
        self._services = services
        self._state = services.state

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/gateway", self.gateway, "nobody"),
            Route("GET", "/gateway/bot", self.gateway_for_bot, "bot"),
            Route("GET", "/oauth2/applications/@me", self.application, "bot"),
            Route("GET", "/applications/@me", self.application, "bot"),
            Route("PATCH", "/applications/@me", self.application, "bot"),
            Route("GET", "/users/@me", self.me),
            Route("PATCH", "/users/@me", self.edit_me),
            Route("PATCH", "/users/@me/settings", self.settings, "person"),
            Route("GET", "/users/@me/guilds", self.guilds),
            Route("DELETE", "/users/@me/guilds/{guild_id}", self.leave_guild, "bot"),
            Route("GET", "/users/@me/channels", self.direct_channels, "person"),
            Route("POST", "/users/@me/channels", self.open_direct),
            Route("GET", "/users/{user_id}", self.user),
        ]

    def gateway(self, call: Call) -> Reply:
        return {"url": self._services.gateway.url}

    def gateway_for_bot(self, call: Call) -> Reply:
        used = self._services.gateway.identifies % _SESSION_STARTS
        limit = {
            "total": _SESSION_STARTS,
            "remaining": _SESSION_STARTS - used,
            "reset_after": 86_400_000,
            "max_concurrency": self._services.options.max_concurrency,
        }
        url = self._services.gateway.url
        return {"url": url, "shards": self._services.options.shards, "session_start_limit": limit}

    def application(self, call: Call) -> Reply:
        return self._services.accounts.application()

    def me(self, call: Call) -> Reply:
        return own_user_payload(call.user)

    def edit_me(self, call: Call) -> Reply:
        form = Form()
        name = form.text(call.form, "username", 2, 32)
        form.raise_if_wrong()
        changed = replace(call.user, username=name or call.user.username)
        self._state.users[changed.id] = changed
        data = own_user_payload(changed)
        self._services.publish(Event("USER_UPDATE", data, to_bot=changed.bot, only_user_id=changed.id))
        return data

    def settings(self, call: Call) -> Reply:
        """A person's own settings: ``locale``, and ``allow_dms`` for direct messages from bots."""
        form = Form()
        locale = form.word(call.form, "locale", LOCALES) or call.user.locale
        form.raise_if_wrong()
        allow_dms = bool(call.form.get("allow_dms", call.user.allow_dms))
        changed = replace(call.user, locale=locale, allow_dms=allow_dms)
        self._state.users[changed.id] = changed
        return {"locale": changed.locale, "allow_dms": changed.allow_dms}

    def leave_guild(self, call: Call) -> Reply:
        guild = self._state.guild_of_member(call.id("guild_id"), call.user.id)
        event = Event("GUILD_DELETE", {"id": str(guild.id)}, guild.id, intents=Intents.GUILDS, to_people=False)
        self._services.publish(event)
        del self._state.members[guild.id, call.user.id]
        return None

    def guilds(self, call: Call) -> Reply:
        found = self._state.guilds_of(call.user.id)
        return [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": guild.owner_id == call.user.id,
                "permissions": str(int(self._state.guild_permissions(call.user.id, guild.id))),
                "features": [],
            }
            for guild in found
        ]

    def direct_channels(self, call: Call) -> Reply:
        found = self._state.direct_channels_of(call.user.id)
        return [self._services.payloads.channel(channel, call.user.id) for channel in found]

    def open_direct(self, call: Call) -> Reply:
        body = call.form
        recipients = body.get("recipients")
        recipient = recipients[0] if isinstance(recipients, list) and recipients else body.get("recipient_id")
        other = self._state.users.get(parse(recipient, "recipient_id"))
        if other is None or other.id == call.user.id:
            raise DiscordError(400, 50033, "Invalid Recipient(s)")
        channel = self._state.direct_channel(call.user.id, other.id)
        if channel is None:
            channel = Channel(self._state.clock.next(), ChannelType.DM, recipient_ids=(call.user.id, other.id))
            self._state.channels[channel.id] = channel
            for party in (call.user, other):
                if not party.bot:
                    data = self._services.payloads.channel(channel, party.id)
                    self._services.publish(Event("CHANNEL_CREATE", data, to_bot=False, only_user_id=party.id))
        return self._services.payloads.channel(channel, call.user.id)

    def user(self, call: Call) -> Reply:
        return user_payload(self._state.user(call.id("user_id")))
