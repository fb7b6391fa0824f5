"""The pages that a reply cites, if the endpoint searches the web and names them beside the reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_SOURCES = 20
"""Per reply."""
_MAX_URL_CHARS = 400
_LISTS = ("citations", "search_results", "annotations", "sources", "references", "web_search")
"""What Perplexity and xAI, OpenAI and OpenRouter, proxies, Mistral, and Zhipu call them."""
_URLS = ("url", "link", "uri", "href")


@dataclass(frozen=True, slots=True)
class Source:
    """One page."""

    url: str
    """An http or https URL, without characters that would end a link in Discord's markdown."""

    @property
    def site(self) -> str:
        """The site of the page, as people name it: "example.org"."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")


def sources_in(*holders: object) -> tuple[Source, ...]:
    """The pages that an event names, in order and without duplicates; ``holders``: the event and its parts."""
    found = (source for holder in holders if isinstance(holder, Mapping) for source in _named_in(holder))
    return tuple(dict.fromkeys(found))[:MAX_SOURCES]


def _named_in(holder: Mapping[str, object]) -> Iterator[Source]:
    for name in _LISTS:
        listed = holder.get(name)
        for one in listed[:MAX_SOURCES] if isinstance(listed, list) else ():
            url = next(_urls(one), None)
            if url is not None and _is_link(url):
                yield Source(url)


def _urls(one: object) -> Iterator[str]:
    """URLs in an entry: the entry itself, or a field of it or of an object in it, such as OpenAI's ``url_citation``."""
    if isinstance(one, str):
        yield one
    elif isinstance(one, Mapping):
        for holder in (one, *(value for value in one.values() if isinstance(value, Mapping))):
            yield from (url for name in _URLS if isinstance(url := holder.get(name), str))


def _is_link(url: str) -> bool:
    if len(url) > _MAX_URL_CHARS or any(sign in "<>()[]\\" or sign.isspace() for sign in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.hostname or "").isascii()
    except ValueError:
        return False
