"""What can go wrong with a chat model, each with its own sentence."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _


class ChatError(StarlingError):
    """Raised when the chat model gives no answer."""

    sentence = _("The chat model gave no answer. Please try again.")


class ChatUnreachableError(ChatError):
    """Raised when nothing answers at the endpoint, or the connection breaks."""

    sentence = _("I cannot reach my chat model right now. Please try again in a minute.")


class ChatTimedOutError(ChatError):
    """Raised when the model is silent for longer than the setting."""

    sentence = _("My chat model said nothing for {timeout_s:.0f} s, so I stopped waiting. Please try again.")

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)


class ChatRefusedError(ChatError):
    """Raised when the endpoint does not take the key."""

    sentence = _("My chat model refuses the key that my host gave me. Please tell whoever runs me.")


class ChatRateLimitedError(ChatError):
    """Raised when the endpoint wants fewer requests."""

    sentence = _("My chat model has too much to do right now. Please try again in {wait_s:.0f} s.")

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s=wait_s)


class ChatQuotaExceededError(ChatError):
    """Raised when the account behind the key has no credit left."""

    sentence = _("My chat model's account has no credit left. Please tell whoever runs me.")


class ChatModelUnknownError(ChatError):
    """Raised when the endpoint has no model of that name."""

    sentence = _("The chat model {model} does not exist at its endpoint. Please tell whoever runs me.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class ContextTooLongError(ChatError):
    """Raised when the prompt has more tokens than the model takes."""

    sentence = _("That is too long for my chat model. Please ask with fewer words.")


class ChatCannotSeeError(ChatError):
    """Raised when the model takes no pictures."""

    sentence = _("My chat model cannot look at pictures. Please tell me in words what is on them.")


class ChatFilteredError(ChatError):
    """Raised when the provider's filter stops the answer."""

    sentence = _("My chat model's filter stopped this answer. Please ask in another way.")


class ChatFailedError(ChatError):
    """Raised when the endpoint fails or refuses in a way that has no better name."""

    sentence = _("My chat model failed ({reason}). Please try again in a minute.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class ChatSaidNothingError(ChatError):
    """Raised when the model ends without a word that can be shown."""

    sentence = _("My chat model answered with nothing at all. Please ask in other words.")


class EngineNotStartedError(ChatError):
    """Raised when the embedded engine does not come up, or dies again and again."""

    sentence = _(
        "The embedded chat engine does not start: {reason}. "
        "Connect another model with OPENAI_BASE_URL and CHAT_MODEL, or run: starling doctor"
    )

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class EngineBusyError(ChatError):
    """Raised when the embedded engine is to be changed, and is never idle."""

    sentence = _("The embedded chat engine has too much to do to be changed right now. Please try again in a minute.")


class AdapterNotLoadedError(ChatError):
    """Raised when an adapter is to answer that the embedded engine has not loaded."""

    sentence = _("The trained model {name} is not loaded. Please choose another model, or tell whoever runs me.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
