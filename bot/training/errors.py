"""Errors of training, each with its own sentence."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext


class TrainingError(StarlingError):
    """Raised when a model cannot be trained."""

    sentence = _("The training failed. Please start it again.")


class TooFewExamplesError(TrainingError):
    """Raised when there are too few examples, before anything is sent or started."""

    sentence = ngettext(
        "There is {count} example to learn from, and I need at least {least}. Add some with /dataset add.",
        "There are {count} examples to learn from, and I need at least {least}. Add some with /dataset add.",
    )

    def __init__(self, count: int, least: int) -> None:
        super().__init__(count=count, least=least)


class TooFewPairsError(TrainingError):
    """Raised when too few examples have both answers for preference training."""

    sentence = ngettext(
        "Preference training needs at least {least} examples with an answer and a rejected answer; there is {count}.",
        "Preference training needs at least {least} examples with an answer and a rejected answer; there are {count}.",
    )

    def __init__(self, count: int, least: int) -> None:
        super().__init__(count=count, least=least)


class UnknownTrainingError(TrainingError):
    """Raised when a trainer does not know a handle."""

    sentence = _("The training {handle} does not exist any more.")

    def __init__(self, handle: str) -> None:
        super().__init__(handle=handle)


class TrainingNotDoneError(TrainingError):
    """Raised when the result is requested of a training that has not ended."""

    sentence = _("This training has not ended yet.")


class TrainingCancelledError(TrainingError):
    """Raised when the result of a cancelled training is requested."""

    sentence = _("This training was cancelled.")


class TrainingFailedError(TrainingError):
    """Raised when the training itself failed, with the reason that the trainer gives."""

    sentence = _("The training failed: {reason}")
    REASON_CHARS = 300

    def __init__(self, reason: str) -> None:
        super().__init__(reason=" ".join(reason.split())[: self.REASON_CHARS])


class ServiceUnreachableError(TrainingError):
    """Raised when the service does not answer, or not in time."""

    sentence = _("I cannot reach the training service {service} right now. Please try again in a few minutes.")
    is_transient = True

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceRefusedError(TrainingError):
    """Raised when the service rejects the key."""

    sentence = _("The training service {service} refuses the key that my host gave me. Please tell whoever runs me.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceClosedError(TrainingError):
    """Raised when the account may not train there: OpenAI refuses new accounts already, and will refuse all."""

    sentence = _("{service} does not let this account train models. Training on this machine needs no account.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceBusyError(TrainingError):
    """Raised when the service still asks for fewer requests after all retries."""

    sentence = _("The training service {service} has too much to do right now. Please try again in {wait_s:.0f} s.")
    is_transient = True

    def __init__(self, service: str, wait_s: float) -> None:
        super().__init__(service=service, wait_s=wait_s)


class ServiceQuotaError(TrainingError):
    """Raised when the account has no credit left."""

    sentence = _("The account at the training service {service} has no credit left. Please tell whoever runs me.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceFailedError(TrainingError):
    """Raised when the service still fails (5xx) after all retries."""

    sentence = _("The training service {service} failed ({reason}). Please try again in a few minutes.")
    is_transient = True

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service=service, reason=reason[:200])


class ServiceDeclinedError(TrainingError):
    """Raised when the service declines a request, with the reason that it gives."""

    sentence = _("The training service {service} did not take this: {reason}")

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service=service, reason=" ".join(reason.split())[:300])


class ExamplesExpiredError(TrainingError):
    """Raised when the service no longer has the uploaded examples."""

    sentence = _("The training service {service} no longer has the uploaded examples. Please start the training again.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)
