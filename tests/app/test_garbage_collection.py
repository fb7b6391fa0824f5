"""A start does not collect garbage, and the code that runs afterwards does."""

from __future__ import annotations

import gc

from bot.app.garbage_collection import freeze_and_resume_garbage_collection, pause_garbage_collection


def test_garbage_is_looked_for_once_all_is_loaded_and_not_in_that() -> None:
    before = gc.get_freeze_count()
    pause_garbage_collection()
    try:
        assert not gc.isenabled()
        freeze_and_resume_garbage_collection()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.enable()
