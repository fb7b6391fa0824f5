"""One connection to NATS, checked before it is used and re-established for as long as it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as ClientError
from nats.errors import SecureConnRequiredError
from nats.js import JetStreamContext
from nats.js.errors import APIError, ServiceUnavailableError

from bot.work.bus.errors import (
    JetStreamOffError,
    NatsError,
    NatsNotEncryptedError,
    NatsPayloadLimitError,
    NatsRefusedError,
    NatsTooOldError,
    NatsUnreachableError,
)
from bot.work.bus.timing import BusTiming

log = structlog.get_logger()

MIN_VERSION = (2, 9)
"""The first that can refuse messages beyond the limit of one subject."""
MIN_PAYLOAD_BYTES = 4 << 20
"""A voice message of 4,000 characters has 1.2 MB."""
BUFFER_BYTES = 64 << 20
"""How much may wait to be sent while the server is away."""
PING_S, UNANSWERED_PINGS = 5, 2
"""A connection that leaves this many pings, sent ``PING_S`` apart, unanswered is given up."""
JETSTREAM_OFF = frozenset({10039, 10076})
"""JetStream's error codes: not enabled for the account, not enabled."""

REFUSED = ("authorization", "permissions")
"""Words that the server's refusals contain."""

NatsCallback = Callable[[Msg], Awaitable[None]]


def address_of(connection_url: str) -> str:
    """The address of one server, or of several separated by commas, without names and passwords."""
    return ", ".join(_bare(url) for url in connection_url.split(","))


def _bare(url: str) -> str:
    scheme, found, rest = url.strip().rpartition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2]}"


class _CheckedClient(Client):
    """Sends no name and no password before TLS is established, if the address asks for TLS: nats-py itself would
    continue unencrypted with a server that offers none."""

    def _connect_command(self) -> bytes:
        server = self._current_server
        if server is not None and server.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise SecureConnRequiredError
        return super()._connect_command()


class BusConnection:
    """The bus's view of nats-py's client. While the server is away, connecting is retried without end."""

    def __init__(
        self,
        connection_url: str,
        *,
        name: str,
        inbox: str,
        timing: BusTiming,
        needs_jetstream: bool,
        on_connected: Callable[[], None],
    ) -> None:
        """``connection_url``: nats:// or tls://, with name and password in it, or several separated by commas.
        ``inbox``: the prefix of the subjects for answers to it. ``needs_jetstream``: whether to check that JetStream
        is on, which not every user of NATS may ask. ``on_connected``: called after each connection but the first."""
        self._urls = [url.strip() for url in connection_url.split(",")]
        self.address = address_of(connection_url)
        self._name, self._inbox, self._timing, self._needs_jetstream = name, inbox, timing, needs_jetstream
        self._on_connected = on_connected
        self._client = Client()
        self._callbacks: dict[str, NatsCallback] = {}
        self._failure: Exception | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def is_connected(self) -> bool:
        return self._client.is_connected

    @property
    def jetstream(self) -> JetStreamContext:
        """For requests about streams; each is answered within ``answer_s`` or raises one of nats-py's errors."""
        return self._client.jetstream(timeout=self._timing.answer_s)

    async def open(self) -> None:
        """Connect, and check that the server can do what is needed.

        Raises:
            NatsError: it cannot; a subclass says why.
        """
        self._client = await self._connected()
        try:
            await self._check(self._client)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Disconnect for good; if the server is there, everything published has been sent on return."""
        self._is_closing = True
        if self._renewing is not None:
            self._renewing.cancel()
        with contextlib.suppress(ClientError, OSError, TimeoutError):
            if self._client.is_connected:
                await self._client.flush(timeout=round(max(1.0, self._timing.answer_s)))
        with contextlib.suppress(ClientError, OSError, TimeoutError):
            await self._client.close()

    async def subscribe(self, subject: str, callback: NatsCallback) -> None:
        """Call ``callback`` with each message published there, one after another, also over later connections."""
        self._callbacks[subject] = callback
        await self._client.subscribe(subject, cb=callback)

    async def publish(
        self, subject: str, data: bytes = b"", *, reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Send a message that is not stored; while the server is away, it is sent later.

        Raises:
            nats.errors.Error: too much is waiting already, or the connection is being re-established.
        """
        await self._client.publish(subject, data, reply=reply, headers=headers)

    async def flush(self) -> None:
        """Return once the server has everything that was published.

        Raises:
            nats.errors.Error: it does not confirm that.
        """
        await self._client.flush(timeout=round(max(1.0, self._timing.answer_s)))

    async def reconnect(self) -> None:
        """Replace a connection that is open but answers nothing."""
        await self._client.force_reconnect()

    async def _connected(self) -> Client:
        client = _CheckedClient()
        connecting = self._connecting = asyncio.create_task(
            client.connect(
                servers=self._urls,
                name=self._name,
                inbox_prefix=self._inbox,
                error_cb=self._note,
                disconnected_cb=self._lost,
                reconnected_cb=self._found,
                closed_cb=self._renew,
                max_reconnect_attempts=-1,
                reconnect_time_wait=self._timing.retry_s,  # type: ignore[arg-type]
                ping_interval=PING_S,
                max_outstanding_pings=UNANSWERED_PINGS,
                pending_size=BUFFER_BYTES,
                tls=_trust() if any(urlsplit(url).scheme == "tls" for url in self._urls) else None,
            )
        )
        try:
            # Not asyncio.timeout: nats-py swallows a cancellation here and there.
            done, _late = await asyncio.wait({connecting}, timeout=self._timing.connect_s)
            if done and not connecting.cancelled():
                connecting.result()
                return client
        except (ClientError, OSError, ValueError) as error:
            self._failure = error
        finally:
            if not client.is_connected:
                connecting.cancel()
                await asyncio.wait({connecting}, timeout=1.0)
                with contextlib.suppress(ClientError, OSError):
                    await client._close(Client.CLOSED, do_cbs=False)  # its own `close` would call `_renew`
        raise self._told(self._failure) from self._failure

    def _told(self, failure: Exception | None) -> NatsError:
        if isinstance(failure, SecureConnRequiredError):
            return NatsNotEncryptedError(self.address)
        reason = str(failure or "").removeprefix("nats: ").strip("'")
        if any(word in reason.lower() for word in REFUSED):
            return NatsRefusedError(self.address, reason)
        return NatsUnreachableError(self.address, reason or "it does not answer")

    async def _check(self, client: Client) -> None:
        version = client.connected_server_version
        if (version.major, version.minor) < MIN_VERSION:
            told = f"{version.major}.{version.minor}.{version.patch}"
            raise NatsTooOldError(self.address, told, ".".join(map(str, MIN_VERSION)))
        if client.max_payload < MIN_PAYLOAD_BYTES:
            raise NatsPayloadLimitError(self.address, client.max_payload, MIN_PAYLOAD_BYTES)
        if not self._needs_jetstream:
            return
        self._failure = None
        try:
            await client.jetstream(timeout=self._timing.answer_s).account_info()
        except ServiceUnavailableError as error:
            raise JetStreamOffError(self.address) from error
        except APIError as error:
            raise (JetStreamOffError(self.address) if error.err_code in JETSTREAM_OFF else self._told(error)) from error
        except ClientError as error:
            raise self._told(self._failure or error) from error

    async def _note(self, error: Exception) -> None:
        self._failure = error
        if not isinstance(self._told(error), NatsUnreachableError) and self._connecting is not None:
            # nats-py would keep trying, though it will not be let in.
            self._connecting.cancel()

    async def _lost(self) -> None:
        if not self._is_closing:
            log.warning("NATS is away", address=self.address)

    async def _found(self) -> None:
        log.info("NATS is back", address=self.address)
        self._on_connected()

    async def _renew(self) -> None:
        """Connect anew: nats-py gives up a connection for good once the server refuses it, while restarting, say."""
        if not self._is_closing and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._connect_anew())

    async def _connect_anew(self) -> None:
        while True:
            try:
                client = await self._connected()
                for subject, callback in self._callbacks.items():
                    await client.subscribe(subject, cb=callback)
            except (NatsError, ClientError) as error:
                log.warning("NATS cannot be used", address=self.address, reason=str(error))
                await asyncio.sleep(self._timing.retry_s)
            else:
                self._client = client
                await self._found()
                return


def _trust() -> ssl.SSLContext:
    """The certificate authorities of the system; SSL_CERT_FILE names others, as everywhere."""
    return ssl.create_default_context()
