"""The chat models that the settings ask for."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.endpoint_profile import ModelProfiles
from bot.conversation.models import FurtherEndpoint
from bot.settings import OPENAI_URL, ChatEndpoint, Settings
from bot.training.registry import TRAINERS
from bot.weights.weights import WeightsCache

DEMONSTRATION_TOKENS = 250
"""The demonstration model has nothing more to say after a paragraph."""

NO_KEY = "none"
"""The key for endpoints that need none, because the client requires one."""


async def build_chat(
    settings: Settings, cache: WeightsCache, stack: AsyncExitStack
) -> tuple[ChatModel, EmbeddedChat | None]:
    """The chat model that the settings ask for, and its embedded engine, started, if it is the demonstration model;
    ``stack`` closes both.

    Raises:
        StarlingError: weights are missing or broken, or the engine does not start.
    """
    engine: EmbeddedChat | None = None
    if settings.embedded_chat:
        gguf = await asyncio.to_thread(cache.verified, "smollm2-135m")
        engine = EmbeddedChat(gguf)
        await engine.start()
        stack.push_async_callback(engine.stop)
        max_tokens = min(settings.chat_max_tokens, DEMONSTRATION_TOKENS)
        chat = engine.model(timeout_s=settings.chat_timeout_s, max_reply_tokens=max_tokens)
    else:
        chat = build_endpoint_model(settings)
    stack.push_async_callback(chat.close)
    return chat, engine


def build_endpoint_model(settings: Settings) -> ChatModel:
    """The model at the endpoint of ``OPENAI_BASE_URL``."""
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else NO_KEY
    address = EndpointAddress(settings.openai_base_url or OPENAI_URL, key, settings.chat_headers, settings.chat_extra)
    limits, profiles = _limits(settings), ModelProfiles(settings.chat_profiles_file)
    return ChatModel(address, settings.chat_model or "", limits, profiles=profiles)


def models_named_in(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The models that may be chosen or that stand in for another, by the setting that names them; often empty."""
    fallback = () if settings.chat_fallback is None else (settings.chat_fallback,)
    named = {"CHAT_MODELS": settings.chat_models, "CHAT_FALLBACK": fallback}
    return {setting: names for setting, names in named.items() if names}


def _limits(settings: Settings) -> ChatLimits:
    return ChatLimits(
        timeout_s=settings.chat_timeout_s,
        max_reply_s=settings.chat_answer_s,
        max_reply_tokens=settings.chat_max_tokens,
        max_reasoning_tokens=settings.chat_reasoning_tokens,
        context_tokens=settings.chat_context_tokens,
    )


def build_further_endpoints(settings: Settings) -> list[FurtherEndpoint]:
    """The endpoints of ``CHAT_ENDPOINTS``, in order."""
    return [FurtherEndpoint(one.name, _model_at(one, settings), one.models) for one in settings.chat_endpoints]


def _model_at(endpoint: ChatEndpoint, settings: Settings) -> ChatModel:
    limits = _limits(settings)
    return ChatModel(
        EndpointAddress(endpoint.base_url, endpoint.api_key or NO_KEY, endpoint.headers, endpoint.extra),
        endpoint.models[0] if endpoint.models else "",
        replace(limits, context_tokens=endpoint.context or limits.context_tokens),
        profiles=ModelProfiles(settings.data_folder / f"chat-profiles{settings.of_gateway}-{endpoint.name}.json"),
    )


def build_training_services(settings: Settings) -> dict[str, ChatModel]:
    """A chat model at each service that trains, by the name of its trainer. It has no model name: ``named`` gives it
    that of a model trained there."""
    limits = ChatLimits(
        timeout_s=settings.chat_timeout_s,
        max_reply_tokens=settings.chat_max_tokens,
        context_tokens=settings.chat_context_tokens,
    )
    return {name: ChatModel(address, "", limits) for name, address in TRAINERS.endpoints(settings).items()}
