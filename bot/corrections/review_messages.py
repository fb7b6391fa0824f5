"""The messages in which corrections are shown to those who review them."""

from __future__ import annotations

from collections.abc import Iterable

import hikari
import structlog

from bot.corrections.correction import ReviewMessage

log = structlog.get_logger()


class ReviewMessages:
    """Deletes them when what they show is taken back: they have its texts."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest

    async def delete(self, reviews: Iterable[ReviewMessage]) -> None:
        """Delete ``reviews``; of what Discord refuses, the log tells."""
        for review in reviews:
            try:
                await self._rest.delete_message(review.channel_id, review.message_id)
            except hikari.NotFoundError:
                continue
            except hikari.HTTPError as error:
                log.warning(
                    "a correction that was taken back is still shown", why=str(error), message=review.message_id
                )
