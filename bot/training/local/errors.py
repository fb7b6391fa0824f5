"""What can go wrong with training on this machine."""

from __future__ import annotations

from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.training.errors import TrainingError

INSTALL = ".venv/bin/pip install --editable '.[train]'"
"""What installs the packages, in the folder that Starling was cloned into; no index has a package of ours."""


class TrainingNotInstalledError(TrainingError):
    """Raised when the packages of the extra ``train`` are missing."""

    sentence = _("Training on this machine needs more packages (about 1.2 GB). Install them with: {command}")

    def __init__(self) -> None:
        super().__init__(command=INSTALL)


class CannotTrainError(TrainingError):
    """Raised for a model that cannot be trained here."""

    sentence = _("On this machine only {model} can be trained.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class NothingLearntYetError(TrainingError):
    """Raised for preference training of a model that has not learnt any answers."""

    sentence = _(
        "On this machine a model learns preferences only after it has learnt answers: train one with the method "
        "supervised first, then choose it as base_model."
    )


class NothingToGoOnFromError(TrainingError):
    """Raised when the file of the model is gone that a training was to begin with."""

    sentence = _("The file of {model} is gone, so that nothing can be learnt on top of it.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class TrainerDoesNotStartError(TrainingError):
    """Raised when the process does not come up."""

    sentence = _("The training process does not start: {reason}")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason[-300:])


class TrainerDiedError(TrainingError):
    """Raised when the process ended again and again without getting further, as it does for want of memory."""

    sentence = ngettext(
        "The training process ended {times} time without getting further; it needs about 2 GB of free memory.",
        "The training process ended {times} times without getting further; it needs about 2 GB of free memory.",
        number="times",
    )

    def __init__(self, times: int) -> None:
        super().__init__(times=times)


class TrainingDiskError(TrainingError):
    """Raised when the folder of a training cannot be written."""

    sentence = _("The training cannot write its files: {reason}")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason[:300])
