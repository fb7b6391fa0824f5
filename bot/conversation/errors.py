"""The errors of a chat model, each with its own sentence for people."""

from __future__ import annotations

import math
from typing import ClassVar

from bot.errors import StarlingError
from bot.errors import translatable as _

DEFAULT_WAIT_S = 20.0
"""The wait that people are told if the endpoint does not say how long."""
LONG_WAIT_S = 150.0
"""From this length on, a wait is stated in minutes."""


class ChatError(StarlingError):
    """Raised when the chat model gives no answer."""

    sentence = _("The chat model gave no answer. Please try again.")
    another_may_answer: ClassVar[bool] = True
    """Whether it is worth asking another model the same question."""
    is_transient = True
    """True even for what only the host can fix: once it is fixed, the question can still be answered."""
    concerns_host = True


class ChatUnreachableError(ChatError):
    """Raised when nothing answers at the endpoint, or the connection breaks."""

    sentence = _("I cannot reach my chat model right now. Please try again in a minute.")


class ChatTimedOutError(ChatError):
    """Raised when the model is silent for longer than the configured timeout."""

    sentence = _("My chat model said nothing for {timeout_s:.0f} s, so I stopped waiting. Please try again.")

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)


class ChatTookTooLongError(ChatError):
    """Raised when an answer is still incomplete at the end of its time limit."""

    sentence = _("My chat model did not finish within {limit_s:.0f} s, so I stopped it. Please try again.")

    def __init__(self, limit_s: float) -> None:
        super().__init__(limit_s=limit_s)


class ChatBrokenOffError(ChatError):
    """Raised when an answer ends in the middle: the connection breaks, or the endpoint fails while writing."""

    sentence = _("My chat model broke off in the middle of this answer. Please try again.")


class ChatRefusedError(ChatError):
    """Raised when the endpoint rejects the key."""

    sentence = _("My chat model refuses the key that my host gave me. Please tell whoever runs me.")


class ChatForbiddenError(ChatError):
    """Raised when the endpoint recognises the key but denies access."""

    sentence = _("My chat model's endpoint does not let me in. Please tell whoever runs me.")


class ChatRegionError(ChatError):
    """Raised when the provider does not serve the country that Starling runs in."""

    sentence = _("My chat model's provider does not serve the country that I run in. Please tell whoever runs me.")


class ChatWrongAddressError(ChatError):
    """Raised when something answers at the endpoint's address, but it offers no chat."""

    sentence = _("There is no chat model at the address that my host gave me. Please tell whoever runs me.")


class ChatRateLimitedError(ChatError):
    """Raised when the endpoint wants fewer requests."""

    sentence = _("My chat model has too much to do right now. Please try again in {wait_s:.0f} s.")

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s=math.ceil(wait_s), wait_min=math.ceil(wait_s / 60))

    @classmethod
    def after(cls, wait_s: float | None) -> ChatRateLimitedError:
        """The error that states a wait of ``wait_s`` seconds; None if the endpoint does not say how long."""
        if wait_s is None:
            return cls(DEFAULT_WAIT_S)
        return cls(max(wait_s, 1.0)) if wait_s < LONG_WAIT_S else ChatRateLimitedForLongError(wait_s)


class ChatRateLimitedForLongError(ChatRateLimitedError):
    """Raised when the endpoint wants no more requests for several minutes."""

    sentence = _("My chat model takes no more questions for now. Please try again in {wait_min:.0f} min.")


class ChatOverloadedError(ChatError):
    """Raised when the endpoint is too busy, or is still loading the model."""

    sentence = _("My chat model is overloaded, or has not started yet. Please try again in a minute.")


class ChatQuotaExceededError(ChatError):
    """Raised when the account behind the key has no credit left."""

    sentence = _("My chat model's account has no credit left. Please tell whoever runs me.")


class ChatModelUnknownError(ChatError):
    """Raised when the endpoint has no model of that name."""

    sentence = _("The chat model {model} does not exist at its endpoint. Please tell whoever runs me.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class ChatModelNotForChatError(ChatModelUnknownError):
    """Raised when the endpoint has the model, but not for chats."""

    sentence = _("The model {model} takes no part in chats at its endpoint. Please tell whoever runs me.")


class ContextTooLongError(ChatError):
    """Raised when the prompt has more tokens than the model accepts."""

    sentence = _("That is too long for my chat model. Please ask with fewer words.")
    concerns_host = False
    another_may_answer = False
    is_transient = False


class ChatCannotSeeError(ChatError):
    """Raised when the model accepts no pictures."""

    sentence = _("My chat model cannot look at pictures. Please tell me in words what is in them.")
    concerns_host = False
    another_may_answer = False


class ChatPictureRefusedError(ChatError):
    """Raised when a model that can see rejects one of the pictures."""

    sentence = _(
        "My chat model does not accept this picture. Please try another one, or tell me in words what is in it."
    )
    concerns_host = False
    another_may_answer = False
    is_transient = False


class ChatFilteredError(ChatError):
    """Raised when the provider's filter stops the question or the answer."""

    sentence = _("My chat model's filter stopped this answer. Please ask in another way.")
    concerns_host = False
    another_may_answer = False
    is_transient = False


class ChatFailedError(ChatError):
    """Raised when the endpoint fails or refuses in a way that no other class describes."""

    sentence = _("My chat model failed ({reason}). Please try again in a minute.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class ChatSaidNothingError(ChatError):
    """Raised when a reply ends without a word that can be shown."""

    sentence = _("My chat model sent an empty answer. Please ask in other words.")
    concerns_host = False


class ChatWantedToolError(ChatError):
    """Raised when the model says nothing but calls a tool, though none was offered."""

    sentence = _("My chat model wanted to use a tool that it does not have here. Please ask in other words.")
    concerns_host = False


class ChatOnlyThoughtError(ChatError):
    """Raised when the token limit is reached while the model is still reasoning."""

    sentence = _(
        "My chat model reached its limit of {tokens} tokens while it was thinking. "
        "Please ask for less at once, or ask whoever runs me to raise CHAT_REASONING_TOKENS."
    )
    concerns_host = False

    def __init__(self, tokens: int) -> None:
        super().__init__(tokens=tokens)


class EngineNotStartedError(ChatError):
    """Raised when the embedded engine does not start."""

    sentence = _(
        "The embedded chat engine does not start: {reason}. "
        "Connect another model with OPENAI_BASE_URL and CHAT_MODEL, or run: starling doctor"
    )

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class EngineBusyError(ChatError):
    """Raised when the embedded engine is to be changed but does not become idle."""

    sentence = _("The embedded chat engine is too busy to be changed right now. Please try again in a minute.")


class AdapterNotLoadedError(ChatError):
    """Raised when a request needs an adapter that the embedded engine has not loaded."""

    sentence = _("The trained model {name} is not loaded. Please choose another model, or tell whoever runs me.")
    another_may_answer = False

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
