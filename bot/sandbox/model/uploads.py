"""Reading the body of a request: JSON, a form, or JSON with files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.model.errors import DiscordError, too_large
from bot.sandbox.model.json_codec import from_json

_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request, as it came."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """``json`` is None if there was no body; ``files`` are keyed by the number in ``files[number]``."""

    json: Any
    files: dict[str, Upload]


async def read_body(request: web.Request, *, file_limit_bytes: int, request_limit_bytes: int) -> Body:
    """Read the whole body.

    Raises:
        DiscordError: 413 40005 for a file or request that is too large, 400 50109 for invalid JSON, 400 50035 for
            another content type.
    """
    if not request.can_read_body:
        return Body(None, {})
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, file_limit_bytes, request_limit_bytes)
    raw = await request.read()
    if not raw:
        return Body(None, {})
    if request.content_type == "application/x-www-form-urlencoded":
        return Body(dict((await request.post()).items()), {})
    if request.content_type != "application/json":
        problem = {"code": "CONTENT_TYPE_INVALID", "message": 'Expected "Content-Type" header to be one of {...}.'}
        raise DiscordError(400, 50035, "Invalid Form Body", {"_errors": [problem]})
    return Body(_parse(raw), {})


def _parse(raw: bytes) -> Any:
    try:
        return from_json(raw)
    except ValueError as error:
        raise DiscordError(400, 50109, "The request body contains invalid JSON.") from error


async def _read_multipart(request: web.Request, file_limit_bytes: int, request_limit_bytes: int) -> Body:
    parsed: Any = None
    files: dict[str, Upload] = {}
    total = 0
    too_much = False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytearray()
        size = 0
        # The rest of a body that is too large is read and dropped: a client that still sends would not see the answer.
        while chunk := await part.read_chunk(_CHUNK_BYTES):
            size += len(chunk)
            if size <= file_limit_bytes and total + size <= request_limit_bytes:
                data += chunk
        total += size
        too_much = too_much or size > file_limit_bytes or total > request_limit_bytes
        name = part.name or ""
        if name == "payload_json":
            parsed = _parse(bytes(data))
        elif part.filename is not None:
            number = name.removeprefix("files[").removesuffix("]")
            content_type = part.headers.get("Content-Type", "application/octet-stream")
            files[number] = Upload(part.filename, content_type, bytes(data))
        else:
            parsed = {**(parsed or {}), name: data.decode(errors="replace")}
    if too_much:
        raise too_large()
    return Body(parsed, files)
