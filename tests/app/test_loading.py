"""Whatever a file of extensions declares is found, and a mistake in it ends the start with a clear sentence."""

from __future__ import annotations

import importlib
import itertools
import types
from collections.abc import Callable
from pathlib import Path

import hikari
import lightbulb
import pytest

from bot.app.loading import BrokenExtensionError, Extensions, load
from bot.app.services import MissingServiceError, Services

Package = Callable[[dict[str, str]], types.ModuleType]

COMMANDS = """
import lightbulb

from tests.app.test_loading import Greeter

loader = lightbulb.Loader()

@loader.command
class Hello(lightbulb.SlashCommand, name="hello", description="Hello"):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, greeter: Greeter) -> None: ...
"""
SCREEN = """
import alluka

from bot.ui.screen import Screen
from tests.app.test_loading import Greeter

screen = Screen()

@screen.button("wave")
async def wave(context: object, greeter: alluka.Injected[Greeter]) -> None: ...

@screen.form("letter")
async def letter(context: object) -> None: ...
"""
LATE = "from __future__ import annotations\n"
_numbers = itertools.count()


class Greeter:
    """A dependency that the handlers of these tests take."""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A function that writes a package of extensions, given the texts of its files by path, and imports it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def written(files: dict[str, str]) -> types.ModuleType:
        name = f"written_extensions_{next(_numbers)}"
        for path, source in {"__init__.py": "", **files}.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
            (file.parent / "__init__.py").touch()
        importlib.invalidate_caches()
        return importlib.import_module(name)

    return written


@pytest.fixture
def client() -> lightbulb.GatewayEnabledClient:
    bot = hikari.GatewayBot("MTAw.x.y", banner=None, logs=None, suppress_optimization_warning=True)
    return lightbulb.client_from_app(bot)


async def loaded(client: lightbulb.Client, package: types.ModuleType, *given: object) -> Extensions:
    found = await load(client, package)
    services = Services(client, *given)
    services.make(found.services)
    services.require_for(found)
    return found


async def test_buttons_and_forms_are_found_in_their_own_files(
    package: Package, client: lightbulb.GatewayEnabledClient
) -> None:
    written = package({"hello.py": COMMANDS, "waving/card.py": SCREEN, "waving/text.py": "WORDS = 3"})
    found = await loaded(client, written, Greeter())
    assert found.buttons["wave"].__module__ == f"{written.__name__}.waving.card"
    assert set(found.forms) == {"letter"}


async def test_a_service_of_a_screen_is_made_of_others_and_given_to_its_handlers(
    package: Package, client: lightbulb.GatewayEnabledClient
) -> None:
    source = """
import alluka
import hikari

from bot.ui.screen import Screen
from tests.app.test_loading import Greeter

screen = Screen()

@screen.service
class Waving:
    def __init__(self, rest: hikari.api.RESTClient, greeter: Greeter) -> None:
        self.greeter = greeter

@screen.button("wave")
async def wave(context: object, waving: alluka.Injected[Waving]) -> None:
    context.append(waving.greeter)
"""
    greeter, called_with = Greeter(), list[object]()
    found = await load(client, package({"waving.py": source}))
    services = Services(client, greeter)
    services.make(found.services)
    services.require_for(found)
    await services.container.call_with_async_di(found.buttons["wave"], called_with)
    assert called_with == [greeter]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"bad.py": "import nothing_of_that_name"}, r"bad cannot be loaded: ModuleNotFoundError"),
        ({"bad.py": "WORDS = 3"}, r"bad cannot be loaded: it declares neither"),
        ({"waving/text.py": "WORDS = 3"}, r"waving cannot be loaded: it declares neither"),
        ({"bad.py": "import lightbulb\nloader = lightbulb.Loader()"}, r"its loader has no command"),
        ({"bad.py": "from bot.ui.screen import Screen\nscreen = Screen()"}, r"its screen has no button"),
        ({"a.py": SCREEN, "b.py": SCREEN}, r"b cannot be loaded: written_extensions_\d+\.a answers 'wave' already"),
        ({"bad.py": SCREEN.replace('"wave"', '"wave:twice"')}, r"'wave:twice' is not made of"),
        ({"bad.py": SCREEN + '\n@screen.button("wave")\nasync def again(context): ...'}, r"'wave' is declared twice"),
    ],
)
async def test_a_broken_extension_prevents_the_start(
    package: Package, client: lightbulb.GatewayEnabledClient, files: dict[str, str], reason: str
) -> None:
    with pytest.raises(BrokenExtensionError, match=reason):
        await loaded(client, package({"good.py": COMMANDS} | files), Greeter())


COMPLETED = """
import lightbulb

from bot.ui.autocomplete import safe
from tests.app.test_loading import Greeter

loader = lightbulb.Loader()

@safe
async def complete(context: lightbulb.AutocompleteContext[str], greeter: Greeter) -> None: ...

group = lightbulb.Group("group", "A group")

@group.register
class Hello(lightbulb.SlashCommand, name="hello", description="Hello"):
    who = lightbulb.string("who", "Whom to greet", autocomplete=complete)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context) -> None: ...

loader.command(group)
"""
LISTENER = """
import hikari
import lightbulb

from tests.app.test_loading import Greeter

loader = lightbulb.Loader()

@loader.listener(hikari.StartedEvent)
async def greet(event: hikari.StartedEvent, greeter: Greeter) -> None: ...
"""


@pytest.mark.parametrize(
    ("source", "handler"),
    [
        (COMMANDS, "Hello.invoke"),
        (COMPLETED, "complete"),
        (LISTENER, "greet"),
        (SCREEN, "wave"),
        (SCREEN.replace("@screen.button", "@screen.form"), "wave"),
        (SCREEN + "\n@screen.service\nclass Waving:\n    def __init__(self, greeter: Greeter): ...", "Waving"),
    ],
    ids=["command", "autocompletion", "listener", "button", "form", "service"],
)
async def test_a_handler_that_takes_what_nothing_provides_prevents_the_start(
    package: Package, client: lightbulb.GatewayEnabledClient, source: str, handler: str
) -> None:
    with pytest.raises(MissingServiceError, match=rf"{handler} needs Greeter, which nothing provides"):
        await loaded(client, package({"needy.py": source}))
    await loaded(client, package({"needy.py": source}), Greeter())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (SCREEN.replace("alluka.Injected[Greeter]", "Greeter"), "wave needs greeter: alluka.Injected"),
        (LATE + SCREEN.replace("from tests.app.test_loading import Greeter", ""), "wave needs Greeter"),
    ],
    ids=["not marked", "not imported"],
)
async def test_a_handler_that_could_not_be_given_what_it_takes_prevents_the_start(
    package: Package, client: lightbulb.GatewayEnabledClient, source: str, reason: str
) -> None:
    with pytest.raises(MissingServiceError, match=reason):
        await loaded(client, package({"needy.py": source}), Greeter())
