"""Packs a dataset as a zip that trainers, spreadsheets and Starling itself can read."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as version_of
from typing import Any, BinaryIO

from bot.datasets.chat_format import chat_record, json_lines, preference_record
from bot.datasets.csv_files import table_of
from bot.datasets.example import Example, ExampleKind, content_hash
from bot.datasets.signing import ArchiveSigner
from bot.datasets.splitting import MAX_SHARE, Split

FORMAT = 1
MANIFEST, TABLE = "manifest.json", "dataset.csv"
TRAIN, PREFERENCE, HELDOUT = "train.jsonl", "preference.jsonl", "heldout.jsonl"
MEMBERS = (TRAIN, PREFERENCE, HELDOUT, TABLE)
MAX_UNPACKED_BYTES = 64 << 20
"""All files together; a dataset of ``MAX_TOTAL_CHARS`` stays below this."""

CONSENT = (
    "Each example was submitted by the person it is ascribed to, in a form, a command or a file of theirs; none was "
    "taken from messages. Of comparisons, the prompt is theirs, and the answers are of models."
)


@dataclass(frozen=True, slots=True)
class ArchiveSource:
    """The dataset version that an archive is made from."""

    name: str
    version: int
    created_at: datetime
    """When the version was made."""


def archive(
    archived: ArchiveSource, examples: Sequence[Example], split: Split, *, seed: int, signer: ArchiveSigner
) -> bytes:
    """Pack the zip: ``train.jsonl`` and ``heldout.jsonl`` in the chat format (examples with an answer),
    ``preference.jsonl`` (pairs of the training side), ``dataset.csv`` (everything, cells escaped), and
    ``manifest.json`` (counts, SHA-256 of each file, consent, signature).

    The same dataset gives the same bytes. Blocks.
    """
    contents = {
        TRAIN: json_lines(chat_record(example) for example in split.training if example.answer is not None),
        PREFERENCE: json_lines(
            preference_record(example) for example in split.training if example.kind is ExampleKind.PAIR
        ),
        HELDOUT: json_lines(chat_record(example) for example in split.heldout if example.answer is not None),
        TABLE: table_of(examples).encode(),
    }
    manifest = signer.signed(_manifest(archived, examples, split, seed, contents))
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in (MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode()), *contents.items():
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def table_in(file: BinaryIO) -> bytes | None:
    """The ``dataset.csv`` in an archive, up to ``MAX_UNPACKED_BYTES``; None if ``file`` is no such archive. Blocks."""
    try:
        with zipfile.ZipFile(file) as zipped, zipped.open(TABLE) as table:
            return table.read(MAX_UNPACKED_BYTES)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return None


def _manifest(
    archived: ArchiveSource, examples: Sequence[Example], split: Split, seed: int, contents: Mapping[str, bytes]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": archived.name,
        "version": archived.version,
        "created_at": archived.created_at.isoformat(),
        "content_hash": content_hash(example.key for example in examples),
        "starling": version_of("starling"),
        "counts": {"examples": len(examples), **Counter(example.kind for example in examples)},
        "split": {
            "seed": seed,
            "training": len(split.training),
            "heldout": len(split.heldout),
            "max_share": MAX_SHARE,
            "similarity": split.similarity,
        },
        "consent": {
            "givers": len({example.given_by for example in examples}),
            "sources": Counter(example.source for example in examples),
            "statement": CONSENT,
        },
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in contents.items()
        },
    }
