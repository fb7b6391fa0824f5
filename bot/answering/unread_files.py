"""Why a file of a message was not read: shown above the answer, and told to the model."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import StarlingError
from bot.errors import translatable as _

MAX_NAME_CHARS = 80
MAX_NAMES_CHARS = 300


class FileUnreadError(StarlingError):
    """Raised when a file is of a kind that cannot be read."""

    sentence = _("I did not read {name}: I cannot read files of this kind.")

    def __init__(self, name: str, **params: object) -> None:
        super().__init__(name=name[:MAX_NAME_CHARS], **params)


class FileOfOldFormatError(FileUnreadError):
    """Raised when a document is in an outdated office format."""

    sentence = _("I did not read {name}: it is in an old format. Save it as DOCX, XLSX, PPTX or PDF.")


class FileLockedError(FileUnreadError):
    """Raised when a document is locked with a password."""

    sentence = _("I did not read {name}: it is locked with a password.")


class FileEmptyError(FileUnreadError):
    """Raised when a text file is empty."""

    sentence = _("I did not read {name}: it is empty.")


class FileWithoutTextError(FileUnreadError):
    """Raised when a document contains no text."""

    sentence = _("I did not read {name}: there is no text in it. A scan has only pictures: send me those.")


class FileDamagedError(FileUnreadError):
    """Raised when a file is not what its name says."""

    sentence = _("I did not read {name}: it is damaged, or not what its name says.")


class FileTooCostlyError(FileUnreadError):
    """Raised when reading a file takes too much time or memory."""

    sentence = _("I did not read {name}: reading it takes too much time or memory.")


class FileOverLimitError(FileUnreadError):
    """Raised when a file is too large."""

    sentence = _("I did not read {name}: it is larger than {limit_mb} MB.")

    def __init__(self, name: str, limit_bytes: int) -> None:
        super().__init__(name, limit_mb=limit_bytes >> 20)


class FileTooManyError(FileUnreadError):
    """Raised when a message has more files than are read at once."""

    sentence = _("I did not read {name}: I read at most {limit} files of a message.")

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(name, limit=limit)


class FileUnavailableError(FileUnreadError):
    """Raised when Discord does not deliver a file."""

    sentence = _("I did not read {name}: Discord does not give it to me. Send it again, please.")
    is_transient = True


class PictureUnseenError(FileUnreadError):
    """Raised when there is a picture but the model cannot see."""

    sentence = _("I did not look at {name}: my chat model cannot see pictures.")


class PictureUnreadableError(FileUnreadError):
    """Raised when a picture is damaged, or too large to be opened safely."""

    sentence = _("I did not look at {name}: it is damaged or too large.")


class FilesNotReadError(StarlingError):
    """Raised when a message consists only of several files, none of which could be read."""

    sentence = _(
        "I cannot read {names}. I read PDF, Word, Excel, PowerPoint, OpenDocument, RTF and EPUB files, web pages, "
        "notebooks, text, and pictures where my chat model can see."
    )

    def __init__(self, unread: Sequence[FileUnreadError]) -> None:
        super().__init__(names=", ".join(str(error.params["name"]) for error in unread)[:MAX_NAMES_CHARS])
