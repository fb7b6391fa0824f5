"""Where Prometheus reads the metrics of a process: METRICS_PORT."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prometheus_client import start_http_server
from prometheus_client.registry import Collector

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.settings import Settings
from bot.work.metrics import REGISTRY


class MetricsPortError(StarlingError):
    """Raised when metrics cannot be served at their address."""

    sentence = _(
        "Metrics cannot be served at {host}, port {port}: {reason}. Set METRICS_PORT to another one, such as "
        "METRICS_PORT=9465, or leave it empty; METRICS_HOST is 127.0.0.1, or another address of this machine."
    )

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host=host, port=port, reason=reason)


@contextlib.contextmanager
def collected(collector: Collector) -> Iterator[None]:
    """Keep ``collector`` in the registry while the block runs."""
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


@contextlib.contextmanager
def served_on_port(settings: Settings) -> Iterator[None]:
    """Serve everything in the registry while the block runs, if the settings ask for it.

    Raises:
        MetricsPortError: the port is taken.
    """
    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, REGISTRY)
    except OSError as error:
        raise MetricsPortError(settings.metrics_host, settings.metrics_port, error.strerror or str(error)) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
