"""What can go wrong with training, each with its own sentence."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext


class TrainingError(StarlingError):
    """Raised when a model is not trained."""

    sentence = _("The training failed. Please start it again.")


class TooFewExamplesError(TrainingError):
    """Raised before anything is sent or begun."""

    sentence = ngettext(
        "There is {count} example to learn from, and I need at least {least}. Add some with /dataset add.",
        "There are {count} examples to learn from, and I need at least {least}. Add some with /dataset add.",
    )

    def __init__(self, count: int, least: int) -> None:
        super().__init__(count=count, least=least)


class TooFewPairsError(TrainingError):
    """Raised when preferences are to be learnt, and too few examples have both answers."""

    sentence = ngettext(
        "Preference training needs at least {least} examples with an answer and a rejected answer; there is {count}.",
        "Preference training needs at least {least} examples with an answer and a rejected answer; there are {count}.",
    )

    def __init__(self, count: int, least: int) -> None:
        super().__init__(count=count, least=least)


class UnknownTrainingError(TrainingError):
    """Raised when a trainer knows nothing of a handle."""

    sentence = _("The training {handle} does not exist any more.")

    def __init__(self, handle: str) -> None:
        super().__init__(handle=handle)


class TrainingNotDoneError(TrainingError):
    """Raised when a result is asked for that is not there yet."""

    sentence = _("This training has not ended yet.")


class TrainingCancelledError(TrainingError):
    """Raised when the result of a cancelled training is asked for."""

    sentence = _("This training was cancelled.")


class TrainingFailedError(TrainingError):
    """Raised when the training itself failed, with what the trainer says of it."""

    sentence = _("The training failed: {reason}")
    REASON_CHARS = 300

    def __init__(self, reason: str) -> None:
        super().__init__(reason=" ".join(reason.split())[: self.REASON_CHARS])


class ServiceUnreachableError(TrainingError):
    """Raised when nothing answers, or not in time."""

    sentence = _("I cannot reach the training service {service} right now. Please try again in a few minutes.")
    is_transient = True

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceRefusedError(TrainingError):
    """Raised when the service does not take the key."""

    sentence = _("The training service {service} refuses the key that my host gave me. Please tell whoever runs me.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceClosedError(TrainingError):
    """Raised when the account may not train there: OpenAI has closed its service to newcomers, and closes it to all."""

    sentence = _("{service} does not let this account train models. Training on this machine needs no account.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class ServiceBusyError(TrainingError):
    """Raised when the service wants fewer requests, and the retries were used up."""

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
    """Raised when the service fails (5xx), and the retries were used up."""

    sentence = _("The training service {service} failed ({reason}). Please try again in a few minutes.")
    is_transient = True

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service=service, reason=reason[:200])


class ServiceDeclinedError(TrainingError):
    """Raised when the service does not take a request, with what it says of it."""

    sentence = _("The training service {service} did not take this: {reason}")

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service=service, reason=" ".join(reason.split())[:300])


class ExamplesExpiredError(TrainingError):
    """Raised when the service does not have the uploaded examples any more."""

    sentence = _("The training service {service} no longer has the uploaded examples. Please start the training again.")

    def __init__(self, service: str) -> None:
        super().__init__(service=service)
