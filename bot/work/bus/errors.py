"""Every error of the bus between machines."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext


class WorkBusError(StarlingError):
    """Raised when NATS cannot be used, or other machines do not do what they are asked."""

    sentence = _("The machines that hear and speak cannot be asked right now. Please try again in a minute.")


class NatsError(WorkBusError):
    """Raised when there is no usable NATS at the address."""

    sentence = _("NATS at {address} cannot be used.")
    concerns_host = True

    def __init__(self, address: str, **params: object) -> None:
        """``address``: without a name or a password in it."""
        super().__init__(address=address, **params)


class NatsUnreachableError(NatsError):
    """Raised when nothing answers at the address."""

    sentence = _("NATS at {address} cannot be reached: {reason}. Start it, or write its address into WORK_URL.")

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason=reason)


class NatsRefusedError(NatsError):
    """Raised when the name or the password is wrong, or lacks permissions."""

    sentence = _("NATS at {address} refuses the name or the password in WORK_URL: {reason}.")

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason=reason)


class NatsNotEncryptedError(NatsError):
    """Raised when TLS is required but not offered; nothing secret was sent."""

    sentence = _(
        "NATS at {address} offers no TLS, which tls:// in WORK_URL asks for. Configure it there, or use nats://."
    )


class NatsTooOldError(NatsError):
    """Raised when the server's version lacks what the work needs."""

    sentence = _("NATS at {address} is version {version}, and at least {needed} is needed. Install a newer one.")

    def __init__(self, address: str, version: str, needed: str) -> None:
        super().__init__(address, version=version, needed=needed)


class NatsPayloadLimitError(NatsError):
    """Raised when the server accepts no messages as large as those with speech."""

    sentence = _(
        "NATS at {address} takes messages of {limit_mib:.1f} MiB at most, and {needed_mib:.0f} MiB are needed. "
        "Write max_payload: {needed_mib:.0f}MB into its configuration."
    )

    def __init__(self, address: str, limit_bytes: int, needed_bytes: int) -> None:
        super().__init__(address, limit_mib=limit_bytes / 2**20, needed_mib=needed_bytes / 2**20)


class JetStreamOffError(NatsError):
    """Raised when the server runs without JetStream, and so keeps no streams."""

    sentence = _("NATS at {address} runs without JetStream. Start it with -js, or with jetstream in its configuration.")


class WorkQueueFullError(WorkBusError):
    """Raised when no more tasks may wait for workers."""

    sentence = _("Too much is waiting to be heard or spoken already. Please try again in a few minutes.")
    is_transient = True


class WorkTimeoutError(WorkBusError):
    """Raised when a task is not done in the time for which somebody waits; it was taken back."""

    sentence = _("I waited {timeout_s:.0f} s for this, and it is not done. Please try again in a few minutes.")
    is_transient = True
    concerns_host = True

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)


class WorkFailedError(WorkBusError):
    """Raised when a worker fails with an error that cannot be passed on; its log has the cause."""

    sentence = _("Something went wrong on the machine that hears and speaks. Please try again.")
    is_transient = True
    concerns_host = True


class WorkerGaveUpError(WorkBusError):
    """Raised when every worker that started a task died of it."""

    sentence = ngettext(
        "I tried this {attempts} time, and it broke something, so I gave it up. Please try it with another one.",
        "I tried this {attempts} times, and each time it broke something, so I gave it up. "
        "Please try it with another one.",
        number="attempts",
    )
    concerns_host = True

    def __init__(self, attempts: int) -> None:
        super().__init__(attempts=attempts)
