"""The one law of the house: imports run one way, between rooms and between files."""

from __future__ import annotations

import ast
import functools
import graphlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT

FEATURES = ("conversation", "instructions", "usage", "datasets", "corrections", "recall", "answering", "training")
"""In their declared order: a feature imports those before it, never those behind it."""

SERVICES = ("ui", "i18n", "preferences", "privacy", "work", "speech", "storage", "weights")
"""What every feature uses."""

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"bot.errors", "bot.settings", "bot.charts"}),
    frozenset({"audio"}),
    frozenset(f"bot.{service}" for service in SERVICES),
    *(frozenset({f"bot.{feature}"}) for feature in FEATURES),
    frozenset({"extensions"}),
    frozenset({"bot.app"}),
    frozenset({"bot.__main__"}),
)
"""From the ground up. A module imports its own floor and those below it."""

APART = "bot.sandbox"
"""Imports nothing of the rest; only what starts it, and tests, import it."""

LOOSE = ("audio", "bot", "bot.sandbox", "extensions")
"""Folders that hold files beside rooms."""

Imports = Mapping[str, frozenset[str]]


def module_name(path: Path, root: Path) -> str:
    """``audio.errors`` for audio/errors.py, ``audio`` for its __init__.py."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def sources_of(root: Path) -> dict[str, str]:
    """The text of each module below ``root``'s bot, audio and extensions."""
    files = (path for top in ("bot", "audio", "extensions") for path in (root / top).rglob("*.py"))
    return {module_name(path, root): path.read_text(encoding="utf-8") for path in files}


def imports_of(sources: Mapping[str, str]) -> Imports:
    """Each module with the modules of ours that it imports, at its top or in a function."""
    return {name: frozenset(_imported(text, sources)) - {name} for name, text in sources.items()}


def _imported(text: str, known: Mapping[str, str]) -> Iterator[str]:
    for module, name in _import_statements(text):
        if name is None:
            yield from {module} & known.keys()
        elif module in known:
            inner = f"{module}.{name}"
            yield inner if inner in known else module


@functools.cache
def _import_statements(text: str) -> tuple[tuple[str, str | None], ...]:
    """The module that is imported, or from which a name is, and that name; read once, however often a text is looked
    at."""
    found: list[tuple[str, str | None]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found += [(node.module, alias.name) for alias in node.names]
    return tuple(found)


def floor(module: str) -> int:
    """The number of the floor that ``module`` stands on."""
    for number, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return number
    raise LookupError(f"{module} stands in no room of the house. Move it into one, or declare a new room here.")


def upward(imports: Imports) -> list[str]:
    """Every import that goes up, into the sandbox, or out of it."""
    wrong = []
    for module, targets in imports.items():
        for target in targets:
            if module.startswith(APART):
                allowed = target.startswith(APART)
            elif target.startswith(APART):
                allowed = module in STARTS_THE_SANDBOX
            else:
                allowed = floor(target) <= floor(module)
            if not allowed:
                wrong.append(f"{module} imports {target}")
    return sorted(wrong)


STARTS_THE_SANDBOX = ("bot.__main__", "bot.app.running")


def circle(edges: Mapping[str, frozenset[str]]) -> list[str]:
    """One circle of ``edges``, or nothing."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def room_of(module: str, imports: Imports) -> str:
    """The folder of ``module``; a file that stands loose is a room of its own."""
    folder = module.rpartition(".")[0]
    is_folder = any(other.startswith(f"{module}.") for other in imports)
    return module if is_folder or folder in LOOSE else folder


def between_rooms(imports: Imports) -> Mapping[str, frozenset[str]]:
    """The imports between rooms."""
    edges: dict[str, set[str]] = defaultdict(set)
    for module, targets in imports.items():
        room = room_of(module, imports)
        edges[room] |= {room_of(target, imports) for target in targets} - {room}
    return {room: frozenset(others) for room, others in edges.items()}


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return sources_of(ROOT)


@pytest.fixture(scope="module")
def imports(sources: dict[str, str]) -> Imports:
    return imports_of(sources)


def test_imports_run_one_way(imports: Imports) -> None:
    wrong = upward(imports)
    assert not wrong, "These imports run up:\n" + "\n".join(wrong)


def test_no_screen_imports_that_of_another_family(imports: Imports) -> None:
    families = {name: name.split(".")[1] for name in imports if name.startswith("extensions.")}
    across = [
        f"{name} imports {used}"
        for name, family in families.items()
        for used in imports[name]
        if families.get(used, family) != family
    ]
    assert across == []


def test_no_files_import_each_other_in_a_circle(imports: Imports) -> None:
    assert circle(imports) == []


def test_no_rooms_import_each_other_in_a_circle(imports: Imports) -> None:
    assert circle(between_rooms(imports)) == []


def test_every_room_of_the_house_is_there(imports: Imports) -> None:
    unknown = [room for rooms in FLOORS for room in rooms if room not in imports]
    assert not unknown, f"Declared here, but not in the tree: {unknown}"


@pytest.mark.parametrize(
    ("module", "line", "found"),
    [
        ("audio.errors", "from bot.storage.database import Database", "audio.errors imports bot.storage.database"),
        ("bot.storage.files", "from bot.recall import recall", "bot.storage.files imports bot.recall.recall"),
        ("bot.datasets.store", "import bot.training.errors", "bot.datasets.store imports bot.training.errors"),
        ("bot.ui.nonce", "def late():\n    import extensions.about", "bot.ui.nonce imports extensions.about"),
        ("bot.sandbox.options", "from bot.errors import StarlingError", "bot.sandbox.options imports bot.errors"),
        ("bot.usage.store", "from bot.sandbox import Sandbox", "bot.usage.store imports bot.sandbox"),
    ],
)
def test_an_import_that_is_turned_around_is_found(sources: dict[str, str], module: str, line: str, found: str) -> None:
    changed = {**sources, module: f"{sources[module]}\n{line}\n"}
    assert found in upward(imports_of(changed))


def test_a_circle_is_found(sources: dict[str, str]) -> None:
    changed = {**sources, "bot.i18n.message": sources["bot.i18n.message"] + "\nimport bot.i18n.translation\n"}
    assert {"bot.i18n.message", "bot.i18n.translation"} <= set(circle(imports_of(changed)))
