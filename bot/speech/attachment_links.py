"""Fresh links to what is attached to messages."""

from __future__ import annotations

import re

import hikari

_CHANNEL = re.compile(r"/attachments/(\d+)/\d+/")
_NEAR = 50
"""Messages that are looked through, half of them older: an attachment gets its id when it is uploaded, shortly before
its message is sent."""


class AttachmentLinks:
    """Reads messages anew, whose links Discord then signs for another day."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest

    async def renewed(self, attachment: hikari.Attachment) -> hikari.Attachment | None:
        """``attachment`` as its message has it now; None where that is gone, or may not be read."""
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
