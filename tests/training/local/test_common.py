"""The common examples in a training's data do not include the gate's questions."""

from __future__ import annotations

import json
from pathlib import Path

import bot.training.local as local
from bot.training.evaluating.general import general_questions


def test_nothing_that_models_are_judged_by_is_learnt_along() -> None:
    lines = (Path(local.__file__).parent / "common.jsonl").read_text(encoding="utf-8").splitlines()
    kept = {json.loads(line)["messages"][0]["content"].casefold() for line in lines}
    assert len(kept) == len(lines) > 50
    assert not kept & {case.prompt.casefold() for case in general_questions()}
