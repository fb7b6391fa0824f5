"""The one law of the architecture: imports run one way, between rooms (folders of modules) and between files."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

from tests.conftest import ROOT

FEATURES = ("conversation", "instructions", "usage", "datasets", "corrections", "recall", "answering", "training")
"""In their declared order: a feature imports only those before it."""

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
"""The floors, from the ground up. A module imports only from its own floor and those below it."""

APART = "bot.sandbox"
"""The package that imports nothing from the rest; only the code that starts it, and tests, import it."""

LOOSE = ("audio", "bot", "bot.sandbox", "extensions")
"""Folders that contain files as well as rooms."""

Imports = Mapping[str, frozenset[str]]


def module_name(path: Path, root: Path) -> str:
    """``audio.errors`` for audio/errors.py, ``audio`` for its __init__.py."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def sources_of(root: Path) -> dict[str, str]:
    """The text of each module in bot, audio and extensions below ``root``, together with its stub, from which
    ``lazy_loader`` imports."""
    found: dict[str, str] = defaultdict(str)
    for path in (path for top in ("bot", "audio", "extensions") for path in (root / top).rglob("*.py*")):
        if path.suffix in (".py", ".pyi"):
            found[module_name(path, root)] += path.read_text(encoding="utf-8") + "\n"
    return dict(found)


def imports_of(sources: Mapping[str, str]) -> Imports:
    """The project's modules that each module imports: at its top, in a function, for type checkers only, through
    ``importlib`` or with ``python -m``."""
    packages = {name.rpartition(".")[0] for name in sources}
    return {name: frozenset(_imported(name, text, sources, packages)) - {name} for name, text in sources.items()}


def _imported(importer: str, text: str, known: Mapping[str, str], packages: Set[str]) -> Iterator[str]:
    for level, module, name in _import_statements(text):
        if level:
            up = level - 1 if importer in packages else level
            module = ".".join([*importer.split(".")[: importer.count(".") + 1 - up], *([module] if module else [])])
        inner = f"{module}.{name}"
        if name is not None and inner in known:
            yield inner
        elif module in known:
            yield module


BY_NAME = re.compile(r"(audio|bot|extensions)(\.[a-z_]\w*)+")


@functools.cache
def _import_statements(text: str) -> tuple[tuple[int, str, str | None], ...]:
    """For each import in ``text``: the number of levels up, the imported module or the module that a name comes from,
    and that name. Cached, since texts are checked repeatedly. A string that is a module's full name counts as an
    import, since it is used to import or start the module."""
    found: list[tuple[int, str, str | None]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.level, node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and BY_NAME.fullmatch(node.value):
            found.append((0, node.value, None))
    return tuple(found)


def floor(module: str) -> int | None:
    """The number of the floor that ``module`` is on; None if it is in no declared room."""
    for number, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return number
    return None


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
                below, own = floor(target), floor(module)
                allowed = below is None or own is None or below <= own
            if not allowed:
                wrong.append(f"{module} imports {target}")
    return sorted(wrong)


STARTS_THE_SANDBOX = ("bot.__main__", "bot.app.running")


def circle(edges: Mapping[str, frozenset[str]]) -> list[str]:
    """One cycle in ``edges``; empty if there is none."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def room_of(module: str, imports: Imports) -> str:
    """The folder of ``module``; a file directly in a folder of ``LOOSE`` is a room of its own."""
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


def test_every_room_of_the_house_is_declared_and_there(imports: Imports) -> None:
    missing = [room for rooms in FLOORS for room in rooms if room not in imports]
    assert not missing, f"Declared here, but not in the tree: {missing}"
    undeclared = {room_of(name, imports) for name in imports if floor(name) is None} - {"bot"}
    undeclared = {room for room in undeclared if not room.startswith(APART)}
    assert not undeclared, (
        f"{sorted(undeclared)} stand in no room of the house: move them into one, or declare a new feature in its "
        "place among FEATURES here and in docs/architecture.md."
    )


@pytest.mark.parametrize(
    ("module", "line", "found"),
    [
        ("audio.errors", "from bot.storage.database import Database", "audio.errors imports bot.storage.database"),
        ("bot.storage.files", "from bot.recall import recall", "bot.storage.files imports bot.recall.recall"),
        ("bot.datasets.store", "import bot.training.errors", "bot.datasets.store imports bot.training.errors"),
        ("bot.ui.nonce", "def late():\n    import extensions.about", "bot.ui.nonce imports extensions.about"),
        ("bot.sandbox.options", "from bot.errors import StarlingError", "bot.sandbox.options imports bot.errors"),
        ("bot.usage.store", "from bot.sandbox import Sandbox", "bot.usage.store imports bot.sandbox"),
        (
            "bot.recall.recall",
            "if TYPE_CHECKING:\n    import extensions.errors",
            "bot.recall.recall imports extensions.errors",
        ),
        ("audio.decoding.decoder", "from ...bot.work import jobs", "audio.decoding.decoder imports bot.work.jobs"),
        ("audio", "from bot.i18n.message import lazy as lazy", "audio imports bot.i18n.message"),
        ("bot.weights.weights", "import_module('bot.app.doctor')", "bot.weights.weights imports bot.app.doctor"),
        ("bot.datasets.naming", "START = ['-m', 'bot.training']", "bot.datasets.naming imports bot.training"),
        ("extensions.about", "import bot.app.logs", "extensions.about imports bot.app.logs"),
    ],
)
def test_an_import_that_is_turned_around_is_found(sources: dict[str, str], module: str, line: str, found: str) -> None:
    changed = {**sources, module: f"{sources[module]}\n{line}\n"}
    assert found in upward(imports_of(changed))


def test_a_circle_of_files_is_found(sources: dict[str, str]) -> None:
    changed = {**sources, "bot.i18n.message": sources["bot.i18n.message"] + "\nimport bot.i18n.translation\n"}
    assert {"bot.i18n.message", "bot.i18n.translation"} <= set(circle(imports_of(changed)))


def test_a_circle_of_rooms_is_found_where_no_files_make_one(sources: dict[str, str]) -> None:
    changed = {**sources, "bot.i18n.message": sources["bot.i18n.message"] + "\nimport bot.ui.nonce\n"}
    assert circle(imports_of(changed)) == []
    assert {"bot.i18n", "bot.ui"} <= set(circle(between_rooms(imports_of(changed))))


def test_a_new_feature_has_to_be_declared(imports: Imports) -> None:
    with pytest.raises(AssertionError, match=r"\['bot.bookmarks'\] stand in no room .* among FEATURES"):
        test_every_room_of_the_house_is_declared_and_there({**imports, "bot.bookmarks.store": frozenset()})


def test_features_build_no_components_of_discord_and_audio_knows_nothing_of_it(sources: dict[str, str]) -> None:
    features = tuple(f"bot.{feature}." for feature in FEATURES)
    build = [name for name, text in sources.items() if name.startswith(features) and "hikari.impl" in text]
    assert build == []
    knows = [
        name
        for name, text in sources.items()
        if name.startswith("audio")
        and {module.split(".")[0] for _, module, _ in _import_statements(text)} & {"hikari", "lightbulb", "yuyo"}
    ]
    assert knows == []
