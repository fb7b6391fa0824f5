"""Removing the reasoning from what a reasoning model says."""

from __future__ import annotations

import enum
import re

_PAIRS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<thoughts>": "</thoughts>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|channel>": "<channel|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|thinking|>": "<|/thinking|>",
    "[THINKING]": "[/THINKING]",
    "<unused94>": "<unused95>",
    "<scratchpad>": "</scratchpad>",
    "<inner_monologue>": "</inner_monologue>",
    "<internal_monologue>": "</internal_monologue>",
    "<thought_process>": "</thought_process>",
    "<thinking_process>": "</thinking_process>",
    "<inner_thoughts>": "</inner_thoughts>",
    "<reasoning_content>": "</reasoning_content>",
    "<cot>": "</cot>",
    "[REASONING]": "[/REASONING]",
    "<|think|>": "<|/think|>",
    "<|reasoning|>": "<|/reasoning|>",
    "<|begin_of_thinking|>": "<|end_of_thinking|>",
    '<details type="reasoning"': "</details>",
}
"""Marks of DeepSeek, Qwen and most others; of fine-tunes; of Gemini; of Mistral; of Seed; of Kimi; of Cohere; of Gemma;
of Apertus; of Sky-T1; of fine-tunes; of MedGemma; of what people prompt for; of Open WebUI."""
_DOUBTFUL = {
    "<reflection>": "</reflection>",
    "<analysis>": "</analysis>",
    "<reason>": "</reason>",
    "Thinking...\n": "...done thinking.",
    "Here is my thought process:": "Here is my response:",
    "Here's my thought process:": "Here's my response:",
}
"""Marks of what is the answer if nothing follows it: of fine-tunes; of Ollama's command line; of Granite."""
_SPOKEN_OF = re.compile(r"[`'\"]?,? (is|are|was|were|tags?|and|or|marks?|means?|stands?|in|opens?|begins?|blocks?)\b")
"""What follows a mark in a sentence about that mark."""
_WRAPPERS = {
    "<answer>": "</answer>",
    "<response>": "</response>",
    "<output>": "</output>",
    "<final>": "</final>",
    "<final_answer>": "</final_answer>",
    "<|START_RESPONSE|>": "<|END_RESPONSE|>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
}
"""Marks around the answer after such reasoning: of Hunyuan and fine-tunes; of Ernie; of fine-tunes; of
Cohere; of Sky-T1."""
_START, _CHANNEL, _MESSAGE = "<|start|>", "<|channel|>", "<|message|>"
_HEADS = (_START, _CHANNEL)
_HEADLESS = ("analysis<|message|>", "commentary<|message|>", "final<|message|>")
"""How a reply begins if its first mark was in the prompt."""
_ENDS = ("<|end|>", "<|return|>", "<|call|>", *_HEADS)
"""The marks of gpt-oss: a reply is a series of messages, and only those of the channel ``final`` are for people."""
_HEAD = re.compile(r"(?:<\|start\|>[^<]*)?<\|channel\|>([^<]*)(?:<\|constrain\|>[^<]*)?<\|message\|>")
_HEAD_SO_FAR = re.compile(r"\s*(?:<\|start\|>\w*)?(?:<\|channel\|>\w*)?(?:<[|\w]*)?")
_MAX_HEAD = 200
_BARE_CHANNELS, _BARE_FINAL = ("analysis", "assistantanalysis"), "assistantfinal"
"""What is left of these marks if a server drops them but keeps the words in them."""
_UNOPENED = re.compile(
    r"(?:(?:^|(?<=[\n.!?…。！？\"'”»)]))[ \t]*(?P<sentence></think(?:ing)?>)(?=\n|[^\s`.,;:)<>'\"])"
    r"|(?<=[^\s`'\"“«(<])(?P<word></think(?:ing)?>)(?=\n|[^\sa-z`.,;:)<>'\"]))"
)
"""A closing mark that is not merely mentioned in a sentence: it stands between two lines, sentences or words."""
_OPENED = re.compile(r"<think(?:ing)?>")
_BEFORE = 16
"""How many characters before a mark are looked at, to see what ends there."""
_UNOPENED_MARKS = ("</think>", "</thinking>")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class _Section(enum.Enum):
    START = enum.auto()
    """Where a block may begin."""
    TEXT = enum.auto()
    BLOCK = enum.auto()
    HEAD = enum.auto()
    """The header of a gpt-oss message."""
    FINAL = enum.auto()
    """A gpt-oss message that is for people."""
    WRAPPED = enum.auto()
    """An answer between marks."""


class ReasoningFilter:
    """Takes a reply in parts, and returns it without its reasoning.

    A block of reasoning begins a reply, or follows another such block: a mark anywhere else is text, in prose as in
    code. Characters that may still become a mark are held back until more arrive.
    """

    def __init__(self, *, is_thinking: bool = False) -> None:
        """``is_thinking``: the reply begins inside a block, of which only the closing mark will come."""
        self.has_reasoned = False
        """Whether there was any reasoning."""
        self.was_unopened = False
        """Whether a mark closed what had already been returned as text: all of that was reasoning."""
        self._held = ""
        self._given = ""
        self._where = _Section.BLOCK if is_thinking else _Section.START
        self._closing: tuple[str, ...] = _UNOPENED_MARKS if is_thinking else ()
        self._hidden: list[str] | None = [] if is_thinking else None
        """The content of a presumed block, which is text after all if its closing mark never comes."""
        self._opening = ""
        """The mark that opened the block."""
        self._doubtful = ""
        """Blocks that are the answer if nothing follows them."""

    @property
    def is_thinking(self) -> bool:
        """Whether a block is open."""
        return self._where is _Section.BLOCK

    def feed(self, part: str) -> str:
        """What can be shown after ``part`` has come; when ``was_unopened`` becomes true, it replaces all before it."""
        self._held += part
        fresh = ""
        while self._held:
            where, held, was_unopened = self._where, self._held, self.was_unopened
            shown = self._step()
            if self.was_unopened and not was_unopened:
                fresh = self._given = ""
            fresh += shown
            self._given += shown
            if (self._where, self._held) == (where, held):
                break
        return fresh

    def end(self, *, is_whole: bool) -> str:
        """The text that was held back and is to be shown after all. ``is_whole``: the reply was not cut off."""
        held, self._held = self._held, ""
        if self._doubtful and is_whole and self._where is _Section.START and not (self._given + held).strip():
            return self._doubtful + held
        if self._where is _Section.WRAPPED:
            return "" if held.strip() in self._closing else held
        if self._where is not _Section.BLOCK:
            return "" if self._where is _Section.HEAD and _HEAD_SO_FAR.fullmatch(held) else held
        hidden = "".join([*(self._hidden or ()), held])
        is_text = self._hidden is not None and (self._opening not in _PAIRS or _SPOKEN_OF.match(hidden))
        return f"{self._opening}{hidden}" if is_text and is_whole else ""

    def _step(self) -> str:
        match self._where:
            case _Section.START:
                return self._begin()
            case _Section.TEXT:
                return self._text()
            case _Section.BLOCK:
                return self._block()
            case _Section.HEAD:
                return self._head()
            case _Section.FINAL:
                return self._final()
            case _Section.WRAPPED:
                return self._wrapped()

    def _begin(self) -> str:
        rest = self._held.lstrip()
        for opening, closing in (_PAIRS | _DOUBTFUL).items():
            if rest[: len(opening)].lower() == opening.lower():
                # Some models close a block with the other of these two marks.
                self._open(rest[len(opening) :], _UNOPENED_MARKS if closing in _UNOPENED_MARKS else (closing,))
                self._opening, self._hidden = opening, []
                return ""
        wrappers = _WRAPPERS if self.has_reasoned else {}
        wrapper = next((one for one in wrappers if rest.lower().startswith(one.lower())), None)
        if wrapper is not None:
            self._held, self._closing = rest[len(wrapper) :], (_WRAPPERS[wrapper],)
            self._where = _Section.WRAPPED
        elif rest.startswith(_HEADS):
            self._held, self._where = rest, _Section.HEAD
        elif not self._given and rest.startswith(_HEADLESS):
            self._held, self._where = f"{_CHANNEL}{rest}", _Section.HEAD
        elif not self._given and re.match(rf"(?:{'|'.join(_BARE_CHANNELS)})[A-Z]", rest):
            self._open(rest, (_BARE_FINAL,))
            self._hidden = []
        elif self.has_reasoned and (again := next((one for one in _UNOPENED_MARKS if rest.startswith(one)), None)):
            # Some close a block twice.
            self._held = rest[len(again) :]
        else:
            marks = (*_PAIRS, *_DOUBTFUL, *_HEADS, *wrappers, *(_UNOPENED_MARKS if self.has_reasoned else ()))
            if not _may_become(rest, marks if self._given else (*marks, *_HEADLESS, *_BARE_CHANNELS)):
                self._where = _Section.TEXT
        return ""

    def _open(self, rest: str, closing: tuple[str, ...]) -> None:
        self._held, self._closing, self._where, self._hidden = rest, closing, _Section.BLOCK, None
        self._opening = ""

    def _block(self) -> str:
        found = _first(self._held, self._closing)
        if found is None:
            self._hide(len(self._held) - max(_overlap(self._held, mark) for mark in self._closing))
            return ""
        at, mark = found
        self._hide(at)
        hidden = "".join(self._hidden or ())
        if self._opening in _PAIRS and _SPOKEN_OF.match(hidden):
            # A sentence about such marks names both.
            self.has_reasoned, self._where = False, _Section.TEXT
            self._held = f"{self._opening}{hidden}{self._held}"
            return self._give(len(self._held) - len(self._held.lstrip()) or len(self._opening))
        if self._opening in _DOUBTFUL:
            self._doubtful += "".join([self._opening, *(self._hidden or ()), mark])
        self.has_reasoned, self._hidden = True, None
        if mark in _HEADS:
            self._where = _Section.HEAD
            return ""
        self._held = self._held[len(mark) :]
        self._where = _Section.HEAD if self._closing is _ENDS else _Section.START
        return ""

    def _hide(self, count: int) -> None:
        if self._hidden is not None:
            self._hidden.append(self._held[:count])
        if (self._hidden is None or self._opening in _PAIRS) and self._held[:count].strip():
            self.has_reasoned = True
        self._held = self._held[count:]

    def _head(self) -> str:
        rest = self._held.lstrip()
        if (head := _HEAD.match(rest)) is not None:
            if head[1].strip().lower().startswith("final"):
                self._held, self._where = rest[head.end() :], _Section.FINAL
            else:
                self._open(rest[head.end() :], _ENDS)
        elif not (_may_become(rest, _HEADS) or (rest.startswith(_HEADS) and len(rest) < _MAX_HEAD)):
            self._where = _Section.TEXT
        return ""

    def _final(self) -> str:
        found = _first(self._held, _ENDS)
        if found is None:
            return self._give(len(self._held) - max(_overlap(self._held, mark) for mark in _ENDS))
        at, mark = found
        shown = self._give(at)
        self._held, self._where = self._held[0 if mark in _HEADS else len(mark) :], _Section.HEAD
        return shown

    def _wrapped(self) -> str:
        """The text between wrapping marks; a closing mark that something follows is text, too."""
        at = self._held.rfind(self._closing[0])
        if at < 0:
            return self._give(len(self._held) - max(_overlap(self._held, mark) for mark in self._closing))
        is_last = not self._held[at + len(self._closing[0]) :].strip()
        return self._give(at if is_last else len(self._held))

    def _text(self) -> str:
        if self.has_reasoned:
            return self._give(len(self._held))
        # The text returned last shows whether a line or a sentence ends here.
        before = self._given[-_BEFORE:]
        for closing in _UNOPENED.finditer(before + self._held, int(len(self._given) > _BEFORE)):
            at = closing.start(closing.lastgroup or 0) - len(before)
            so_far = self._given + self._held[: max(at, 0)]
            if at >= 0 and not _OPENED.search(so_far) and not _in_code(so_far):
                self._held = self._held[at + len(closing[closing.lastgroup or 0]) :]
                self.was_unopened = self.has_reasoned = True
                self._where = _Section.START
                return ""
        # A mark is held back until what comes after it can be looked at, too.
        last = self._held.rfind("<")
        keep = len(self._held) - last if last >= 0 and _may_become(self._held[last:], _UNOPENED_MARKS) else 0
        return self._give(len(self._held) - keep)

    def _give(self, count: int) -> str:
        shown, self._held = self._held[:count], self._held[count:]
        return shown


def _first(text: str, marks: tuple[str, ...]) -> tuple[int, str] | None:
    """Where the first of ``marks`` stands, and which one it is; None if there is none."""
    found = (re.search(re.escape(mark), text, re.IGNORECASE) for mark in marks)
    # Of two marks that match at the same place, the longer one is meant.
    first = min((one for one in found if one), key=lambda one: (one.start(), -one.end()), default=None)
    return None if first is None else (first.start(), first[0])


def _may_become(text: str, marks: tuple[str, ...]) -> bool:
    """Whether ``text`` is the beginning of one of ``marks``, or all of it."""
    return any(mark.lower().startswith(text.lower()) for mark in marks)


def _in_code(before: str) -> bool:
    line = before.rpartition("\n")[2]
    return len(_FENCE.findall(before)) % 2 == 1 or line.count("`") % 2 == 1


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``mark``."""
    longest = min(len(text), len(mark) - 1)
    return next((n for n in range(longest, 0, -1) if mark[:n].lower() == text[-n:].lower()), 0)
