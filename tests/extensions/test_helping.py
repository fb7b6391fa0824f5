"""/help and /about."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox import Sandbox
from bot.sandbox.client.discord_user import DiscordUser
from extensions.helping import PURPOSES
from tests.extensions.settings.test_card import set_
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat


async def said(harness: BotHarness, person: str, slash: str, **options: str) -> str:
    answer = await (await getattr(harness, person).slash(slash, options, channel="general")).response()
    return str(answer["content"])


def read(card: Message) -> str:
    """The texts of a card."""
    return "\n".join(part["content"] for part in card["components"][0]["components"] if part["type"] == 10)


async def pages(person: DiscordUser, channel: str) -> dict[str, str]:
    """The text of each page of the help that ``person`` gets in ``channel``."""
    card = await (await person.slash("help", channel=channel)).response()
    found = {"talk": read(card)}
    row = card["components"][0]["components"][-1]
    for name in [button["custom_id"].partition(":")[2] for button in row["components"]][1:]:
        await person.click(card, f"help:{name}")
        card = await person.wait_for_edit(card)
        found[name] = read(card)
    return found


async def test_help_has_everything_that_one_may_use_here_and_nothing_else(harness: BotHarness) -> None:
    general, alone = harness.channel("general"), await harness.dm(harness.member)
    everyones = await pages(harness.member, general)
    assert list(everyones) == list(PURPOSES)
    assert "</instruction show:" in everyones["settings"] and "</instruction set:" not in everyones["settings"]
    assert "</transcribe:" in everyones["talk"] and "Write down what is said in a recording" in everyones["talk"]
    assert (
        "under Apps: **Answer this**, **Ask about this**, **Read aloud**, **Transcribe**, **Translate**"
        in everyones["talk"]
    )
    assert "**Correct this reply**, **Correct transcript**" in everyones["teach"]
    assert "</corrections list:" in everyones["teach"] and "</corrections approve:" not in everyones["teach"]
    assert "</compare:" in everyones["train"] and "</train:" not in everyones["train"]
    assert "</join:" not in everyones["talk"]
    everything = await pages(harness.administrator, general)
    assert "</join:" in everything["talk"] and "</train:" in everything["train"]
    assert "</corrections roles:" in everything["teach"] and "</instruction set:" in everything["settings"]
    told = "\n".join(everything.values())
    for command in await harness.administrator.commands(general):
        nested = [option["name"] for option in command.get("options") or () if option["type"] in (1, 2)]
        paths = [f"</{command['name']} {name}:" for name in nested] or [f"</{command['name']}:"]
        for path in paths if command["type"] == 1 else [f"**{command['name']}**"]:
            assert path in told
    direct = "\n".join((await pages(harness.member, alone)).values())
    assert "</memory list:" in direct and "</teach:" in direct
    assert "</corrections" not in direct and "</instruction set:" not in direct and "</train:" not in direct


async def test_who_may_train_finds_its_commands(harness: BotHarness) -> None:
    """By default Discord shows them only to managers; if a server chooses a role for training, it has to be allowed
    there too."""
    general, trainers = harness.channel("general"), {"train", "jobs", "test"}
    assert not trainers & {command["name"] for command in await harness.member.commands(general)}
    assert trainers <= {command["name"] for command in await harness.administrator.commands(general)}
    await set_(harness, "train", harness.directory["guild_id"])
    try:
        assert "</train:" in (await pages(harness.member, general))["train"]
        card = await (await harness.administrator.slash("settings", channel="general")).response()
        assert "until you allow them: Server Settings, Integrations." in read(card)
    finally:
        await set_(harness, "train")


async def test_help_speaks_the_names_of_ones_own_discord(harness: BotHarness) -> None:
    russian = await pages(harness.russian, harness.channel("general"))
    assert "</расшифровать:" in russian["talk"] and "Write down" not in russian["talk"]
    assert "(**/исправления список**)" in russian["teach"]
    assert "**Исправить этот ответ**" in russian["teach"]


async def test_help_with_one_command_tells_its_options(harness: BotHarness) -> None:
    told = await said(harness, "member", "help", command="/transcribe")
    assert told.startswith("**/transcribe** — Write down what is said in a recording")
    assert "- **file** (needed): A voice note, an audio file or a video" in told
    assert "- **format**: Text, or subtitles with times" in told
    files = await said(harness, "administrator", "help", command="files")
    assert "</files list:" in files
    wrong = await said(harness, "member", "help", command="join")
    assert "There is no command /join here that you can use." in wrong


async def test_help_completes_the_commands_of_the_one_who_asks(harness: BotHarness) -> None:
    offered = await harness.member.autocomplete("help", {"command": "/joi"}, "command", channel="general")
    assert offered == []
    offered = await harness.administrator.autocomplete("help", {"command": "joi"}, "command", channel="general")
    assert [(choice["name"], choice["value"]) for choice in offered] == [("/join", "join")]
    offered = await harness.russian.autocomplete("help", {"command": "tran"}, "command", channel="general")
    assert [choice["value"] for choice in offered] == ["transcribe"]


async def test_about_tells_where_everything_goes(harness: BotHarness) -> None:
    told = await said(harness, "member", "about")
    assert told.startswith("**Starling 0.")
    assert "Whisper (whisper-base)" in told
    assert "go to 127.0.0.1, where scripted answers" in told
    assert "Answers are spoken on the same machine." in told
    assert "kept for 30 days" in told


async def test_about_is_true_for_other_settings(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "tts_engine": "edge"}
        async with running(tmp_path, sandbox, **settings, retention_days=3), populated(sandbox, chat) as harness:
            told = await said(harness, "russian", "about")
    assert "Microsoft" in told and "3 " in told and "scripted" in told
