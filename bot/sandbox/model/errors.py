"""What Discord answers when it refuses, and what the sandbox itself raises."""

from __future__ import annotations

from bot.sandbox.model.json_codec import Json


class SandboxError(Exception):
    """The root of everything that the sandbox and its client raise."""


class DiscordError(SandboxError):
    """Raised when a request is refused the way Discord refuses it."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code}: {message}" + (f" {errors}" if errors else ""))
        self.status = status
        """The HTTP status, 400-599."""
        self.code = code
        """Discord's JSON error code, 0 where it has none."""
        self.message = message
        """Discord's English sentence."""
        self.errors = errors
        """The tree of fields that are wrong, for code 50035."""

    @property
    def body(self) -> Json:
        """The JSON body of the answer."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


_UNKNOWN = {
    "Application": 10002,
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Overwrite": 10009,
    "Role": 10011,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}


def unknown(thing: str) -> DiscordError:
    """404 with the code that Discord has for ``thing``, such as "Channel" or "interaction"."""
    return DiscordError(404, _UNKNOWN[thing], f"Unknown {thing}")


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    return DiscordError(404, 0, "404: Not Found")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")
