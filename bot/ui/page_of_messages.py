"""The latest messages of a channel, in one request."""

from __future__ import annotations

import hikari
from hikari.internal import data_binding, routes

MAX_MESSAGES = 100
"""The most that Discord returns in one response."""


async def page_of_messages(
    rest: hikari.api.RESTClient,
    channel: hikari.Snowflakeish,
    limit: int,
    *,
    before: hikari.Snowflakeish | None = None,
) -> list[hikari.Message]:
    """Up to ``limit`` messages, at most ``MAX_MESSAGES``, the latest first; with ``before``, only those before that
    message.

    hikari's own ``fetch_messages`` makes a second request if a channel has few messages.

    Raises:
        hikari.HTTPError: the channel is gone, or may not be read.
    """
    assert isinstance(rest, hikari.impl.RESTClientImpl)
    query = data_binding.StringMapBuilder()
    query.put("limit", min(limit, MAX_MESSAGES))
    query.put("before", hikari.UNDEFINED if before is None else str(before))
    found = await rest._request(routes.GET_CHANNEL_MESSAGES.compile(channel=channel), query=query)
    assert isinstance(found, list)
    return [rest.entity_factory.deserialize_message(one) for one in found]
