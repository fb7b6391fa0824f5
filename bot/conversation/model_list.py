"""Lists of models, in every shape in which endpoints send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

_LISTS = ("data", "models", "model_list", "model_names", "available_models", "result", "results", "items", "list")
_MAX_DEPTH = 4
_NAMES = ("id", "name", "model", "model_name", "modelId", "model_id", "slug")
_VARIANTS = ("latest", "free", "beta", "nitro", "floor", "online", "thinking", "extended")
_MAX_NAMES = 10_000


def names_in(data: object) -> list[str] | None:
    """The names in a list of models, in its order and without duplicates; None if it is not a list of models."""
    found = _list_in(data)
    if found is None:
        return None
    names = (name.strip().removeprefix("models/") for name in _names(found))
    return list(dict.fromkeys(name for name in names if name and len(name) <= 300))[:_MAX_NAMES]


def _list_in(data: object, depth: int = 0) -> Sequence[object] | Mapping[str, object] | None:
    if isinstance(data, list):
        return data
    if not isinstance(data, Mapping) or depth > _MAX_DEPTH:
        return None
    for key in (*_LISTS, *(key for key in data if "model" in str(key).lower())):
        if isinstance(found := data.get(key), list | dict):
            # Some endpoints nest the list, as in {"data": {"models": [...]}}.
            inner = _list_in(found, depth + 1) if isinstance(found, dict) else None
            return found if inner is None else inner
    # OpenAI's shape of an empty list.
    return [] if data.get("object") == "list" else None


def _names(found: Sequence[object] | Mapping[str, object]) -> Iterator[str]:
    if isinstance(found, Mapping):
        yield from (str(name) for name in found)
        return
    for one in found:
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            # GitHub's older catalogue has URLs where others have names.
            said = (one.get(key) for key in _NAMES)
            name = next((name for name in said if isinstance(name, str) and name and "://" not in name), None)
            if name is not None:
                yield name


def is_listed(model: str, names: Sequence[str]) -> bool:
    """Whether an endpoint with this list most likely has ``model``: lists leave out ``models/``, ``:latest`` and
    variants such as ``:free``, which may be requested all the same."""
    return _plain(model) in {_plain(name) for name in names}


def _plain(name: str) -> str:
    name = name.strip().lower().removeprefix("models/")
    base, colon, tag = name.rpartition(":")
    return base if colon and tag in _VARIANTS else name
