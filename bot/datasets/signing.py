"""The signature by which an archive that was made here is known again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

KEY_BYTES = 32
FIELD = "signature"
"""Of a manifest."""


class ArchiveSigner:
    """Signs manifests of archives with a key of this installation.

    A manifest has the hash of each file of its archive, so what it signs is the whole archive. The key is made when it
    is first needed, for its owner alone to read; without it (another machine, a folder that was not kept) archives are
    taken as files of those who upload them.
    """

    def __init__(self, path: Path) -> None:
        """``path``: the file of the key, which need not be there yet. Nobody but the operator may reach it."""
        self._path = path
        self._lock = threading.Lock()

    def signed(self, manifest: Mapping[str, object]) -> dict[str, object]:
        """``manifest`` with its signature. Blocks.

        Raises:
            OSError: the key can be neither read nor made.
        """
        return {**manifest, FIELD: self._signature(manifest)}

    def has_signed(self, manifest: Mapping[str, object]) -> bool:
        """Whether it has the signature that it was given here. Blocks; raises as ``signed``."""
        given = manifest.get(FIELD)
        return isinstance(given, str) and hmac.compare_digest(given.encode(), self._signature(manifest).encode())

    def _signature(self, manifest: Mapping[str, object]) -> str:
        """64 hexadecimal digits, of all of it but the signature."""
        content = {name: value for name, value in manifest.items() if name != FIELD}
        plain = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return hmac.new(self._key(), plain, hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return self._new_key()

    def _new_key(self) -> bytes:
        """A key, whole in its file; or the one that another thread or process has put there meanwhile."""
        with self._lock:
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                unfinished = self._path.with_name(f".{self._path.name}-{secrets.token_hex(8)}")
                with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(KEY_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(unfinished, self._path)
                unfinished.unlink()
            return self._path.read_bytes()
