"""The value types of settings, and how each is parsed from text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Prices = tuple[Price, Price]
"""The price of a million prompt tokens, and of a million reply tokens."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")


def from_json(value: object) -> object:
    """Parse ``value`` as JSON if it is a string; anything else is returned unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        why = f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"
        raise PydanticCustomError("json_invalid", "not JSON", {"error": why}) from None


def bare_token(value: object) -> object:
    """A token without the quotes, spaces and "Bot " prefix that people copy along with it; None if nothing is left."""
    if not isinstance(value, str):
        return value
    return value.strip(" \t\r\n\"'").removeprefix("Bot ").strip() or None


def from_list(value: object) -> object:
    """Parse a list written as ``["a", "b"]`` or ``a, b``; anything but a string is returned unchanged."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return from_json(value)
    return [one.strip() for one in value.split(",") if one.strip()]


def _ids(value: object) -> object:
    """Parse ids written as ``1, 2``; a single id may already be a number."""
    if isinstance(value, int):
        return [value]
    given = from_list(value)
    if isinstance(value, str) and isinstance(given, list):
        for one in given:
            if not str(one).isdecimal():
                raise PydanticCustomError("no_id", "no id", {"given": one})
    return given


def _address(value: object) -> object:
    if isinstance(value, str):
        if not value.strip().lower().startswith(("http://", "https://")):
            raise PydanticCustomError("no_address", "no address")
        _require_server(value)
    return value


def _require_server(address: str) -> None:
    """Check that ``address`` names a server and that its port, if any, is valid."""
    try:
        # Spaces and line breaks that were copied along are removed when the address is used.
        parts = urlsplit("".join(address.split()))
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, 0
    if not host or port == 0:
        raise PydanticCustomError("no_server", "no server")


def _work_address(value: object) -> object:
    if isinstance(value, str) and not all(
        one.strip().lower().startswith(("nats://", "tls://")) for one in value.split(",")
    ):
        raise PydanticCustomError("no_work_address", "no address")
    for one in value.split(",") if isinstance(value, str) else ():
        _require_server(one)
    return value


def _key(value: object) -> object:
    said = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(said, str) and not said.isascii():
        raise PydanticCustomError("odd_key", "no key")
    return value


def _headers(value: object) -> object:
    """Parse JSON in which each name and each value is valid in an HTTP header."""
    given = from_json(value)
    for name, said in given.items() if isinstance(given, dict) else ():
        if not _HEADER_NAME.fullmatch(name) or (isinstance(said, str) and not _HEADER_VALUE.fullmatch(said)):
            raise PydanticCustomError("odd_header", "no header", {"header": name})
    return given


def _extra(value: object) -> object:
    """Parse JSON of extra request fields, in which those of single models are objects."""
    given = from_json(value)
    if isinstance(given, dict):
        of_models = given.get("models", {})
        if not isinstance(of_models, dict) or not all(isinstance(one, dict) for one in of_models.values()):
            raise PydanticCustomError("odd_models", "no models")
        if any("messages" in one for one in (given, *of_models.values())):
            raise PydanticCustomError("own_messages", "no field for settings")
    return given


def _folder(value: object) -> object:
    if isinstance(value, str | Path) and not Path(value).is_dir():
        raise PydanticCustomError("no_folder", "no folder", {"folder": str(value)})
    return value


def _file(value: object) -> object:
    if isinstance(value, str | Path) and not Path(value).is_file():
        raise PydanticCustomError("no_file", "no file", {"file": str(value)})
    return value


Headers = Annotated[dict[str, str], BeforeValidator(_headers)]
Extra = Annotated[dict[str, Any], BeforeValidator(_extra)]
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)]
Address = Annotated[str, BeforeValidator(_address)]
WorkAddress = Annotated[str, BeforeValidator(_work_address)]
Key = Annotated[SecretStr, BeforeValidator(_key)]
Folder = Annotated[Path, BeforeValidator(_folder)]
"""A folder that exists."""
File = Annotated[Path, BeforeValidator(_file)]
"""A file that exists."""
