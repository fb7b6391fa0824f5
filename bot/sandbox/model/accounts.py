"""Who is behind a token, and what the application is."""

from __future__ import annotations

from bot.sandbox.model.entities import User
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import user_payload
from bot.sandbox.model.seed import APPLICATION_ID, BOT_TOKEN, USER_TOKENS, new_token
from bot.sandbox.model.state import SandboxState
from bot.sandbox.options import Options

# The application flags of the three privileged intents, in their variant for apps in few servers.
_PRESENCES_LIMITED = 1 << 13
_MEMBERS_LIMITED = 1 << 15
_CONTENT_LIMITED = 1 << 19


class Accounts:
    """The bot and the people, by their tokens."""

    def __init__(self, state: SandboxState, options: Options) -> None:
        self._state = state
        self._options = options
        self._ids = {BOT_TOKEN: APPLICATION_ID} | {token: user_id for user_id, token in USER_TOKENS.items()}

    def by_token(self, token: str) -> User | None:
        """The account of a bare token, without "Bot "."""
        account_id = self._ids.get(token.removeprefix("Bot "))
        return self._state.users.get(account_id) if account_id is not None else None

    def by_authorization(self, header: str | None) -> User | None:
        """The account of an Authorization header: "Bot token" for the bot, the bare token for a person."""
        if header is None:
            return None
        account = self.by_token(header)
        if account is None or account.bot != header.startswith("Bot "):
            return None
        return account

    def add_person(self, name: str) -> tuple[User, str]:
        """Create an account; returns it and its token.

        Raises:
            SandboxError: the name is taken, or does not have 2 to 32 characters.
        """
        if not 2 <= len(name) <= 32:
            raise SandboxError(f"The name {name!r} has {len(name)} characters; it needs 2 to 32.")
        if any(user.username == name for user in self._state.users.values()):
            raise SandboxError(f"There is already somebody called {name!r}; choose another name.")
        person = User(self._state.clock.next(), name)
        token = new_token(person.id)
        self._state.users[person.id] = person
        self._ids[token] = person.id
        return person, token

    @property
    def people(self) -> dict[int, str]:
        """Tokens of the people by their ids."""
        return {user_id: token for token, user_id in self._ids.items() if user_id != APPLICATION_ID}

    @property
    def bot(self) -> User:
        return self._state.user(APPLICATION_ID)

    def application_flags(self) -> int:
        options = self._options
        return (
            (_PRESENCES_LIMITED if options.presences else 0)
            | (_MEMBERS_LIMITED if options.guild_members else 0)
            | (_CONTENT_LIMITED if options.message_content else 0)
        )

    def application(self) -> Json:
        """The application as it is shown to itself."""
        install: Json = {"oauth2_install_params": {"scopes": ["applications.commands", "bot"], "permissions": "0"}}
        kinds: Json = {"0": install}
        if self._options.user_install:
            kinds["1"] = {"oauth2_install_params": {"scopes": ["applications.commands"], "permissions": "0"}}
        flags = self.application_flags()
        return {
            "id": str(APPLICATION_ID),
            "name": self.bot.username,
            "icon": None,
            "description": "",
            "type": None,
            "bot": user_payload(self.bot),
            "bot_public": True,
            "bot_require_code_grant": False,
            "integration_types_config": kinds,
            "verify_key": "00" * 32,
            "flags": flags,
            "flags_new": str(flags),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": user_payload(self._state.user(min(USER_TOKENS))),
            "approximate_guild_count": len(self._state.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "tags": [],
            "eligible_oauth2_scopes": [],
        }
