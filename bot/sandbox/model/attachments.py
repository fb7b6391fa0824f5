"""Files as Discord's CDN keeps them: behind signed links that expire."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from urllib.parse import quote

from bot.sandbox.model.entities import Attachment
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.options import Options


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    content_type: str
    data: bytes


class AttachmentStore:
    """Keeps uploaded files up to a total size, and creates and checks the links to them."""

    def __init__(self, options: Options) -> None:
        self.base_url = ""
        self._options = options
        self._key = secrets.token_bytes(32)
        self._files: OrderedDict[int, StoredAttachment] = OrderedDict()
        self._stored_bytes = 0
        self._retired_keys: deque[bytes] = deque(maxlen=100)

    def put(self, attachment_id: int, content_type: str, data: bytes) -> None:
        """Store a file; the oldest ones are dropped when there is no room."""
        self._files[attachment_id] = StoredAttachment(content_type, data)
        self._stored_bytes += len(data)
        while self._stored_bytes > self._options.stored_limit_bytes and len(self._files) > 1:
            self.remove(next(iter(self._files)))

    def get(self, attachment_id: int) -> StoredAttachment | None:
        return self._files.get(attachment_id)

    def remove(self, attachment_id: int) -> None:
        if (stored := self._files.pop(attachment_id, None)) is not None:
            self._stored_bytes -= len(stored.data)

    def expire_links(self) -> None:
        """Expire every link that was given out so far. Reading the message again gives a fresh link."""
        self._retired_keys.append(self._key)
        self._key = secrets.token_bytes(32)

    def url(self, attachment: Attachment) -> str:
        """A link that is valid for ``link_lifetime_s``. ``ex`` and ``is``: when it expires and was issued, in
        hexadecimal seconds; ``hm``: the signature."""
        folder = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{folder}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        now_s = time.time()
        expires = f"{int(now_s + self._options.link_lifetime_s):x}"
        issued = f"{int(now_s):x}"
        signature = _sign(self._key, attachment.id, expires, issued)
        return f"{self.base_url}{path}?ex={expires}&is={issued}&hm={signature}&"

    def check(self, attachment_id: int, expires: str, issued: str, signature: str) -> StoredAttachment:
        """The file behind a link.

        Raises:
            DiscordError: 403 for a link that was tampered with, 404 for one that has expired or leads nowhere.
        """
        expired = any(
            hmac.compare_digest(signature.encode(), _sign(key, attachment_id, expires, issued).encode())
            for key in self._retired_keys
        )
        if not expired:
            valid = _sign(self._key, attachment_id, expires, issued)
            if not hmac.compare_digest(signature.encode(), valid.encode()):
                raise DiscordError(403, 0, "This link was not signed here.")
            expired = int(expires, 16) <= time.time()
        if expired:
            raise DiscordError(404, 0, "This content is no longer available.")
        if (stored := self._files.get(attachment_id)) is None:
            raise DiscordError(404, 0, "This content is no longer available.")
        return stored


def _sign(key: bytes, attachment_id: int, expires: str, issued: str) -> str:
    return hmac.new(key, f"{attachment_id}:{expires}:{issued}".encode(), hashlib.sha256).hexdigest()
