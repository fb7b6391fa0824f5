"""The authorities against which certificates are checked."""

from __future__ import annotations

import functools
import ssl

import httpx2


@functools.cache
def trusted_authorities() -> ssl.SSLContext:
    """One context for all clients: loading the authorities takes a tenth of a second."""
    return httpx2.create_ssl_context()
