"""Errors of training on this machine."""

from __future__ import annotations

from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.training.errors import TrainingError

INSTALL = ".venv/bin/pip install --editable '.[train]'"
"""Installs the packages, in the folder that Starling was cloned into; Starling is not on any package index."""


class TrainingNotInstalledError(TrainingError):
    """Raised when the packages of the extra ``train`` are missing."""

    sentence = _("Training on this machine needs more packages (about 1.2 GB). Install them with: {command}")

    def __init__(self) -> None:
        super().__init__(command=INSTALL)


class CannotTrainError(TrainingError):
    """Raised for a base model that cannot be trained here."""

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
    """Raised when the adapter file that a training was to continue from is gone."""

    sentence = _("The file of {model} is gone, so that nothing can be learnt on top of it.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class TrainerDoesNotStartError(TrainingError):
    """Raised when the training process does not start."""

    sentence = _("The training process does not start: {reason}")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason[-300:])


class TrainerDiedError(TrainingError):
    """Raised when the process died repeatedly without getting further, as it does when memory is short."""

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
