"""Renews the links to attachments."""

from __future__ import annotations

import re

import hikari

_CHANNEL = re.compile(r"/attachments/(\d+)/\d+/")
_NEAR = 50
"""How many messages around the attachment's id are searched, half of them older: the id is assigned on upload, shortly
before the message is sent."""


class AttachmentLinks:
    """Fetches messages again, for which Discord signs the links for another day."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest

    async def renewed(self, attachment: hikari.Attachment) -> hikari.Attachment | None:
        """``attachment`` as its message has it now; None if the message is not found or may not be read."""
        found = _CHANNEL.search(attachment.url)
        if found is None:
            return None
        try:
            near = self._rest.fetch_messages(int(found[1]), around=attachment.id).limit(_NEAR)
            async for message in near:
                for one in message.attachments:
                    if one.id == attachment.id:
                        return one
        except hikari.HTTPError:
            return None
        return None
