"""The messages that show corrections to their reviewers."""

from __future__ import annotations

from collections.abc import Iterable

import hikari
import structlog

from bot.corrections.correction import ReviewMessage

log = structlog.get_logger()


class ReviewMessages:
    """Deletes review messages when the corrections they show are withdrawn, because they contain the texts."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest

    async def delete(self, reviews: Iterable[ReviewMessage]) -> None:
        """Delete ``reviews``; those that Discord refuses to delete are logged."""
        for review in reviews:
            try:
                await self._rest.delete_message(review.channel_id, review.message_id)
            except hikari.NotFoundError:
                continue
            except hikari.HTTPError as error:
                log.warning(
                    "a correction that was taken back is still shown", why=str(error), message=review.message_id
                )
