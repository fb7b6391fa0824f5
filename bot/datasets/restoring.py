"""Reads the archive of a dataset back. Only archives that were made here are trusted about who gave what."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
import zlib
from typing import Any

from bot.datasets.archiving import FORMAT, MANIFEST, MAX_UNPACKED_BYTES, MEMBERS, TABLE
from bot.datasets.csv_files import examples_of_table
from bot.datasets.example import MAX_EXAMPLES, Example, ExampleSource, Turn, content_hash
from bot.datasets.example_text import ExampleOrigin, optional, required
from bot.datasets.problems import Problem
from bot.datasets.signing import ArchiveSigner
from bot.errors import translatable as _
from bot.storage.file_names import shown

BROKEN = _("This zip is damaged ({why}).")
LEADS_OUT = _("The zip has a file called {name}, which leads out of its folder.")
UNKNOWN_MEMBER = _("The zip has a file called {name}. I take only archives of datasets that I made.")
MISSING_MEMBER = _("The zip has no {name}. I take only archives of datasets that I made.")
TWICE_IN_ZIP = _("The zip has {name} twice.")
UNPACKS_TOO_LARGE = _("Unpacked, the zip would be larger than {limit_mb} MB.")
ENCRYPTED = _("The zip is encrypted.")
BAD_MANIFEST = _("The manifest.json of the archive is not as I write it.")
NEWER = _("The archive was made by a newer version of me.")
CHANGED = _("{name} has changed since the archive was made. To add your changes, upload just that file.")
BAD_TABLE = _("The dataset.csv of the archive is not as I write it.")
TOO_MANY_ARCHIVED = _("The archive has more than {limit} examples, which is the most I take.")


def is_zip(data: bytes) -> bool:
    """Whether ``data`` begins like a zip."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def restore(data: bytes, origin: ExampleOrigin, signer: ArchiveSigner | None) -> list[Example]:
    """The examples in the archive ``data``; nothing is written to disk.

    They keep their givers and dates if ``signer`` has signed the archive. Anybody can write an unsigned one and name
    whom they like in it, so all its examples count as given by its uploader, as with any other file.

    Raises:
        Problem: it is not an archive in our format, or was changed after it was made.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            _check_members(zipped)
            manifest = _manifest(_read(zipped, MANIFEST, _MAX_MANIFEST_BYTES))
            for name in MEMBERS:
                if _digest(zipped, name) != manifest["files"][name]["sha256"]:
                    raise Problem(CHANGED, name=f"`{name}`")
            table = _read(zipped, TABLE, MAX_UNPACKED_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Problem(BROKEN, why=type(error).__name__) from None
    examples = _examples(table, manifest)
    if signer is not None and signer.has_signed(manifest):
        return examples
    return [
        dataclasses.replace(
            example,
            given_by=origin.given_by,
            created_at=origin.created_at,
            source=ExampleSource.UPLOAD,
            origin_id=None,
        )
        for example in examples
    ]


_MAX_MANIFEST_BYTES = 64 << 10
_CHUNK = 1 << 20


def _check_members(zipped: zipfile.ZipFile) -> None:
    infos = zipped.infolist()
    wanted = {MANIFEST, *MEMBERS}
    seen = set[str]()
    for info in infos:
        name = info.orig_filename
        if leads_out(name):
            raise Problem(LEADS_OUT, name=shown(name, 60))
        if name not in wanted:
            raise Problem(UNKNOWN_MEMBER, name=shown(name, 60))
        if name in seen:
            raise Problem(TWICE_IN_ZIP, name=shown(name))
        if info.flag_bits & 1:
            raise Problem(ENCRYPTED)
        seen.add(name)
    if missing := sorted(wanted - seen):
        raise Problem(MISSING_MEMBER, name=shown(missing[0]))
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise Problem(UNPACKS_TOO_LARGE, limit_mb=MAX_UNPACKED_BYTES >> 20)


def leads_out(name: str) -> bool:
    """Whether ``name``, of a file in a zip, points outside the folder that the zip is unpacked to."""
    path = name.replace("\\", "/")
    return path.startswith("/") or path[1:2] == ":" or ".." in path.split("/") or "\0" in name


def _read(zipped: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    with zipped.open(name) as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise Problem(UNPACKS_TOO_LARGE, limit_mb=MAX_UNPACKED_BYTES >> 20)
    return data


def _digest(zipped: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of a member, as hexadecimal digits; ``zipfile`` never yields more than the size that was checked."""
    digest = hashlib.sha256()
    with zipped.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        files = manifest["files"]
        newer = manifest["format"] > FORMAT
        known = {name: str(files[name]["sha256"]) for name in MEMBERS}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Problem(BAD_MANIFEST) from None
    if newer:
        raise Problem(NEWER)
    assert len(known) == len(MEMBERS)
    return dict(manifest)


def _examples(table: bytes, manifest: dict[str, Any]) -> list[Example]:
    try:
        examples = examples_of_table(table.decode())
    except (ValueError, OverflowError):
        raise Problem(BAD_TABLE) from None
    if len(examples) > MAX_EXAMPLES:
        raise Problem(TOO_MANY_ARCHIVED, limit=MAX_EXAMPLES)
    if content_hash(example.key for example in examples) != manifest.get("content_hash"):
        raise Problem(CHANGED, name=f"`{TABLE}`")
    try:
        return [_checked(example) for example in examples]
    except ValueError:
        raise Problem(BAD_TABLE) from None


def _checked(example: Example) -> Example:
    """``example``, after checking it as strictly as examples of other files.

    Raises:
        ValueError: a field other than a text is invalid.
        Problem: a text is invalid.
    """
    if not 0 < example.given_by < 1 << 63 or len(example.language or "") > 16 or len(example.origin_id or "") > 64:
        raise ValueError("no such id, language or correction")
    return dataclasses.replace(
        example,
        prompt=required(example.prompt, "prompt"),
        answer=optional(example.answer, "answer"),
        rejected=optional(example.rejected, "rejected"),
        system=optional(example.system, "system"),
        turns=tuple(Turn(turn.role, required(turn.text, "turns")) for turn in example.turns),
    )
