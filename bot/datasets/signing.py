"""The signature by which an archive that was made here is recognised."""

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
"""The manifest's field for the signature."""


class ArchiveSigner:
    """Signs manifests of archives with a key of this installation.

    A manifest has the hash of each file in its archive, so the signature covers the whole archive. The key is made when
    it is first needed, readable by its owner only. Without the original key (on another machine, or if its folder was
    lost) an archive counts as a file of whoever uploads it.
    """

    def __init__(self, path: Path) -> None:
        """``path``: the key file, which need not exist yet. Only the operator may have access to it."""
        self._path = path
        self._lock = threading.Lock()

    def signed(self, manifest: Mapping[str, object]) -> dict[str, object]:
        """``manifest`` with a signature added. Blocks.

        Raises:
            OSError: the key can be neither read nor created.
        """
        return {**manifest, FIELD: self._signature(manifest)}

    def has_signed(self, manifest: Mapping[str, object]) -> bool:
        """Whether ``manifest`` has a valid signature made with this key. Blocks; raises as ``signed``."""
        given = manifest.get(FIELD)
        return isinstance(given, str) and hmac.compare_digest(given.encode(), self._signature(manifest).encode())

    def _signature(self, manifest: Mapping[str, object]) -> str:
        """The signature of the manifest without its signature field: 64 hexadecimal digits."""
        content = {name: value for name, value in manifest.items() if name != FIELD}
        plain = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return hmac.new(self._key(), plain, hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return self._new_key()

    def _new_key(self) -> bytes:
        """Create the key file atomically, unless another thread or process has done so meanwhile; return the key."""
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
