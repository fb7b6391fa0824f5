"""Descriptions of datasets for users, translated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from bot.datasets.dataset import Dataset, DatasetChange, DatasetLabel, ExampleHit
from bot.datasets.example import Example, ExampleKind
from bot.datasets.folders import folders_of
from bot.datasets.inspection import DatasetContents, DatasetDifference
from bot.datasets.languages import language_of_example
from bot.datasets.linting import LintKind, LintReport
from bot.datasets.naming import key_of_name
from bot.datasets.problems import UploadRefusedError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.i18n.translation import language_name, translate, translate_error
from bot.privacy.data_holder import LearnedVersion
from bot.storage.file_names import shown
from bot.storage.files import StoredFile
from bot.ui.file_text import age_text
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.splitting import MESSAGE_LIMIT

EXAMPLES = ngettext(
    "{count} example: {positive} of what to say, {negative} of what not to say, {pair} of both",
    "{count} examples: {positive} of what to say, {negative} of what not to say, {pair} of both",
)
SELECTED = {
    DatasetLabel.POSITIVE: _("✅ training learns to speak like this"),
    DatasetLabel.NEGATIVE: _("⛔ training learns not to speak like this"),
}
SEALED = _("sealed")
TRAINED = _("a model was trained on it")
CHANGED = _("changed {age}")
IN_LANGUAGES = _("In {languages}.")
GIVEN_BY = _("People who gave them: {count}.")
AND_MORE = _("… and {count} more")
NONE_YET = _("There are no datasets on this server yet. Make one with /dataset create.")
ADDED = _("Added to {name}: {added}. Already there: {unchanged}.")
NEW_VERSION = _(
    "The previous version was selected for training and no longer changes, so this is a new one: v{version}."
)
WITHDRAWN = _("Left out because the people who gave them took them back: {count}.")
TAKEN_OVER = _("I did not make this archive, so everything in it counts as given by you, whoever it names.")
DIFFERENCE = _("{name}, from v{older} to v{newer}: {added} added, {removed} removed.")
FILES = _("files: {count}")
CLEAN = _("I have checked {name} and found no problems.")
FOUND = _("I have checked {name}. Nothing stops you from using it, but take a look at this:")
KINDS: dict[LintKind, str] = {
    LintKind.CONTRADICTION: _("Contradictions"),
    LintKind.LEAK: _("Secrets and personal data"),
    LintKind.DUPLICATE: _("Duplicates"),
    LintKind.NEAR_DUPLICATE: _("Nearly the same"),
    LintKind.TOO_LONG: _("Too long"),
    LintKind.TOO_SHORT: _("Too short"),
    LintKind.LANGUAGE: _("Languages"),
    LintKind.IMBALANCE: _("Imbalance"),
}

_LABEL = 100
"""Discord's limit on a choice's name, in characters (Application Command Option Choice)."""
_SAMPLES = 3
_TOP_LANGUAGES = 5
_SHOWN = 80


def dataset_label(dataset: Dataset | LearnedVersion) -> str:
    """The name and the version as inline code, so that no markdown changes them."""
    return shown(f"{dataset.name} v{dataset.version}")


def describe_counts(counts: Counter[ExampleKind], locale: str) -> str:
    """How many examples there are of each kind."""
    kinds = {kind.value: counts[kind] for kind in ExampleKind}
    return translate(EXAMPLES, locale, count=counts.total(), **kinds)


def fit_lines(heading: str, lines: Sequence[str], locale: str) -> str:
    """``heading`` and as many ``lines`` as fit into one message, followed by how many are left out."""
    room = MESSAGE_LIMIT - len(translate(AND_MORE, locale, count=10**6)) - 1
    text = heading
    for number, line in enumerate(lines):
        if len(text) + 1 + len(line) > room:
            return f"{text}\n{translate(AND_MORE, locale, count=len(lines) - number)}"
        text = f"{text}\n{line}"
    return text


def describe_refusal(error: UploadRefusedError, locale: str) -> str:
    """Everything that is wrong with a file, one problem a line; may exceed Discord's message limit."""
    problems = [f"- {translate(problem, locale)}" for problem in error.problems]
    return "\n".join([translate_error(error, locale), *problems])


def describe_list(datasets: Sequence[Dataset], counts: dict[str, Counter[ExampleKind]], locale: str) -> str:
    """A list of the newest version of each dataset, and of older versions that are selected."""
    newest: set[str] = set()
    lines = []
    for dataset in datasets:
        key = key_of_name(dataset.name)
        if key not in newest or dataset.selected_as:
            state = "".join(f" · {fact}" for fact in _state(dataset, locale))
            lines.append(f"- {dataset_label(dataset)}: {describe_counts(counts[dataset.id], locale)}{state}")
        newest.add(key)
    return fit_lines(lines[0], lines[1:], locale) if lines else translate(NONE_YET, locale)


def describe_contents(contents: DatasetContents, locale: str) -> str:
    """What a version contains, with its first examples."""
    dataset, examples = contents.dataset, contents.examples
    lines = [describe_counts(contents.counts, locale), " · ".join(_facts(dataset, locale))]
    if examples:
        lines.append(f"{_languages(examples, locale)} {_givers(examples, locale)}")
    lines += [f"- {one_line(example)}" for example in examples[:_SAMPLES]]
    lines.append(f"-# {dataset.content_hash[:16]}")
    return fit_lines(f"**{dataset_label(dataset)}**", lines, locale)


def describe_change(change: DatasetChange, locale: str) -> str:
    """What was added, and whether a version was made for it."""
    params = {"name": dataset_label(change.dataset), "added": change.changed, "unchanged": change.unchanged}
    withdrawn = [translate(WITHDRAWN, locale, count=change.withdrawn)] if change.withdrawn else []
    taken_over = [translate(TAKEN_OVER, locale)] if change.taken_over else []
    return "\n".join([translate(ADDED, locale, **params), *taken_over, *withdrawn, *version_made(change, locale)])


def version_made(change: DatasetChange, locale: str) -> list[str]:
    """A sentence if a new version was made for a change; otherwise empty."""
    return [translate(NEW_VERSION, locale, version=change.dataset.version)] if change.made_version else []


def describe_difference(difference: DatasetDifference, locale: str) -> str:
    """The difference between two versions."""
    heading = translate(
        DIFFERENCE,
        locale,
        name=shown(difference.newer.name),
        older=difference.older.version,
        newer=difference.newer.version,
        added=len(difference.added),
        removed=len(difference.removed),
    )
    lines = [f"**+** {one_line(example)}" for example in difference.added]
    lines += [f"**−** {one_line(example)}" for example in difference.removed]
    return fit_lines(heading, lines, locale)


def describe_report(dataset: Dataset, report: LintReport, locale: str) -> str:
    """All findings, grouped by kind; may exceed Discord's message limit."""
    if not report.findings:
        return translate(CLEAN, locale, name=dataset_label(dataset))
    lines = [translate(FOUND, locale, name=dataset_label(dataset))]
    for kind, count in report.counts.items():
        findings = [finding for finding in report.findings if finding.kind == kind]
        lines.append(f"**{translate(KINDS[kind], locale)} ({count})**")
        lines += [f"- {translate(finding.message, locale)}" for finding in findings]
        if count > len(findings):
            lines.append(f"- {translate(AND_MORE, locale, count=count - len(findings))}")
    return "\n".join(lines)


def one_line(example: Example) -> str:
    """A prompt and its answers on one line."""
    said = [shown(example.answer, _SHOWN)] if example.answer is not None else []
    said += [f"✗ {shown(example.rejected, _SHOWN)}"] if example.rejected is not None else []
    return f"{shown(example.prompt, _SHOWN)} → {' '.join(said)}"


def dataset_choices(datasets: Iterable[Dataset], typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (label, name) for the datasets whose name contains ``typed``. ``datasets`` has the newest
    version of each first."""
    wanted = key_of_name(typed)
    latest = {key_of_name(dataset.name): dataset for dataset in reversed(list(datasets))}
    fitting = (dataset for key, dataset in sorted(latest.items()) if wanted in key)
    return [
        (" · ".join([f"{dataset.name} v{dataset.version}", *_facts(dataset, locale)])[:_LABEL], dataset.name)
        for dataset in islice(fitting, MAX_CHOICES)
    ]


def folder_choices(files: Sequence[StoredFile], typed: str, locale: str) -> list[tuple[str, str]]:
    """At most 25 pairs of (label, path) for the folders that people may use whose path contains ``typed``."""
    wanted = typed.strip().strip("/").casefold()
    fitting = [(path, count) for path, count in folders_of(files).items() if wanted in path.casefold()]
    return [
        (f"{path} · {translate(FILES, locale, count=count)}"[:_LABEL], path)
        for path, count in fitting[:MAX_CHOICES]
        if len(path) <= _LABEL
    ]


def example_choices(hits: Iterable[ExampleHit]) -> list[tuple[str, str]]:
    """Pairs of (label, key) for examples."""
    return [
        (" ".join(f"{hit.prompt} → {hit.answer or ''}{' ✗ ' + hit.rejected if hit.rejected else ''}".split())[:_LABEL],
         hit.key)
        for hit in hits
    ]  # fmt: skip


def _facts(dataset: Dataset, locale: str) -> list[str]:
    return [translate(CHANGED, locale, age=age_text(dataset.changed_at, locale)), *_state(dataset, locale)]


def _state(dataset: Dataset, locale: str) -> list[str]:
    notes = [translate(SELECTED[dataset.selected_as], locale)] if dataset.selected_as else []
    notes += [translate(SEALED, locale)] if dataset.sealed_at and not dataset.selected_as else []
    return notes + ([translate(TRAINED, locale)] if dataset.trained_at else [])


def _languages(examples: Sequence[Example], locale: str) -> str:
    found = Counter(language for example in examples if (language := language_of_example(example)))
    names = (f"{language_name(code, locale)} ({count})" for code, count in found.most_common(_TOP_LANGUAGES))
    return translate(IN_LANGUAGES, locale, languages=", ".join(names)) if found else ""


def _givers(examples: Sequence[Example], locale: str) -> str:
    return translate(GIVEN_BY, locale, count=len({example.given_by for example in examples}))
