"""What a REST route receives and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.model.entities import User
from bot.sandbox.model.errors import DiscordError, unauthorized
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.model.uploads import Upload
from bot.sandbox.validation.forms import Form


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and authenticated."""

    account: User | None
    """The account that sent it; None without a valid Authorization header, which some routes do not need."""
    path: Mapping[str, str]
    """The parameters in the path."""
    query: Mapping[str, str]
    body: Any
    """The JSON body, None if there was none."""
    files: Mapping[str, Upload]
    """Uploads by the number in ``files[number]``."""

    @property
    def user(self) -> User:
        """The account that sent it.

        Raises:
            DiscordError: 401 if there is none.
        """
        if self.account is None:
            raise unauthorized()
        return self.account

    @property
    def form(self) -> Json:
        """The body as an object; an absent one is empty.

        Raises:
            DiscordError: 400 50035 for any other kind of JSON.
        """
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            form = Form()
            form.wrong((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            form.raise_if_wrong()
        found: Json = self.body
        return found

    def id(self, name: str) -> int:
        """The snowflake ``{name}`` in the path.

        Raises:
            DiscordError: 400 50035 if it is not one.
        """
        return parse(self.path[name], name)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")

    def number(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """The integer ``?name=``.

        Raises:
            DiscordError: 400 50035 if it is not an integer from ``minimum`` to ``maximum``.
        """
        form = Form()
        value = form.integer({name: self.query.get(name)}, name, minimum, maximum)
        form.raise_if_wrong()
        return default if value is None else value


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status other than 200 (with a body) or 204 (without)."""

    status: int
    body: Any = None


Reply = Json | list[Json] | Answer | None
Handler = Callable[[Call], Reply]
Caller = Literal["anyone", "bot", "person", "nobody"]
"""Who may call: any account, one kind of account, or ("nobody") anyone without an account."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    caller: Caller = "anyone"


def only_bots() -> DiscordError:
    return DiscordError(403, 20002, "Only bots can use this endpoint")


def only_people() -> DiscordError:
    return DiscordError(403, 20001, "Bots cannot use this endpoint")
