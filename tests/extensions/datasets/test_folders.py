"""A zip, or a folder of the server's own files, as one dataset; and a folder as an archive."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from tests.harness import buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

TABLE = b"question;answer\nWhere is the key?;Below the mat\n"
LINES = b'{"input": "Who rings?", "output": "The postman"}\n'
OLDER = json.dumps([{"name": "Who sings?", "text": "Nobody", "label": "negative"}]).encode()


def packed(*files: tuple[str, bytes]) -> tuple[str, bytes, str]:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files:
            zipped.writestr(name, content)
    return "дом.zip", sink.getvalue(), "application/zip"


async def told(person: DiscordUser, command: str, **options: object) -> str:
    said = await (await person.slash(command, options, channel="general")).response(30)
    return str(said["content"])


async def uploaded(person: DiscordUser, name: str, content: bytes, **options: object) -> str:
    return await told(person, "files upload", file=(name, content, "application/octet-stream"), **options)


async def test_a_zip_or_a_folder_of_files_is_one_dataset_and_goes_with_who_gave_it(
    tmp_path: Path, whisper_base: Path, piper_joe: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        ada = harness.administrator
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            await told(ada, "dataset create", dataset="house")
            good = packed(("keys/a.csv", TABLE), ("b.jsonl", LINES), ("old/c.json", OLDER), ("README.md", b"# Read"))
            assert "`house v1`: 3. Already there: 0." in await told(ada, "dataset add", dataset="house", file=good)
            assert "1 of what not to say" in await told(ada, "dataset show", dataset="house")
            await ada.set_locale("ru")
            bad = packed(("keys/a.csv", TABLE + b"1;2;3\n"), ("b.jsonl", LINES + b"{"))
            refused = (await told(ada, "dataset add", dataset="house", file=bad)).splitlines()
            assert refused[1] == "- `keys/a.csv`: Строка 3: В ней ячеек 3, а столбцов 2."
            assert refused[2].startswith("- `b.jsonl`: Строка 2: ")
            await ada.set_locale("en-US")
            neither = await told(ada, "dataset add", dataset="house")
            assert neither == "Give me either a file or a folder."

            kept = await uploaded(ada, "a.csv", TABLE, folder="spring/keys")
            assert kept.startswith("`spring/keys/a.csv` is kept (48 bytes). /getfile sends it to you.")
            assert "take what lies in `spring/keys` as one dataset" in kept
            await uploaded(ada, "b.jsonl", LINES, folder="/spring/")
            await uploaded(ada, "notes.txt", b"no example", folder="spring")
            assert "There is a file `spring/b.jsonl` already." in await uploaded(ada, "b.jsonl", b"", folder="spring")
            assert "I keep what I make myself" in await uploaded(ada, "b.jsonl", LINES, folder="datasets")
            assert "cannot be the name of a file" in await uploaded(ada, "b.jsonl", LINES, folder="../../etc")
            choices = await ada.autocomplete("dataset add", {"folder": "SPR"}, "folder", channel="general")
            assert [(one["name"], one["value"]) for one in choices] == [
                ("spring · files: 3", "spring"),
                ("spring/keys · files: 1", "spring/keys"),
            ]
            await told(ada, "dataset create", dataset="spring")
            assert "`spring v1`: 2. " in await told(ada, "dataset add", dataset="spring", folder="spring")
            assert "There is nothing in a folder `autumn` here." in await told(
                ada, "dataset add", dataset="spring", folder="autumn"
            )
            selected = await told(ada, "select_dataset", folder="spring/keys")
            assert selected.startswith("Training now learns to speak like `keys v1`.")
            assert "`keys v1`" in await told(ada, "select_dataset", folder="/spring/keys/")
            assert "either a dataset or a folder" in await told(ada, "select_dataset")
            plan = await (
                await ada.slash("train", {"trainer": "export", "folder": "spring"}, channel="general")
            ).response(30)
            assert "Training #1" in plan["content"] and buttons_of(plan)

            archived = await told(ada, "archive", folder="spring")
            assert archived.startswith("The folder `spring` is archived as `archives/spring ")
            path = archived.split("`")[3]
            [file] = (await (await ada.slash("getfile", {"path": path}, channel="general")).response())["attachments"]
            with zipfile.ZipFile(io.BytesIO(await ada.download(file))) as zipped:
                assert zipped.read("spring/keys/a.csv") == TABLE and len(zipped.namelist()) == 3
            await told(ada, "archive", dataset="house")
            [own] = await ada.autocomplete("getfile", {"path": "house"}, "path", channel="general")
            sent = await (await ada.slash("getfile", {"path": own["value"]}, channel="general")).response()
            copy = await ada.download(sent["attachments"][0])
            assert "is the archive of a dataset. Give it to /dataset add" in await uploaded(ada, "x.zip", copy)

            assert "files that you uploaded: 4;" in await told(ada, "privacy show")
            question = await (await ada.slash("privacy forget", channel="general")).response()
            await ada.click(question, "Forget it all")
            await ada.wait_for_edit(question, lambda message: not message["components"])
            assert "There are no files here yet." in await told(ada, "files list")
            assert "0 examples" in await told(ada, "dataset show", dataset="spring")
        assert list(sandbox.failures) == []
