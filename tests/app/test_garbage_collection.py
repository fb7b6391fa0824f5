"""A start does not collect garbage, and the code that runs afterwards does."""

from __future__ import annotations

import gc

from bot.app.garbage import keep_what_is_loaded, nothing_is_garbage_yet


def test_garbage_is_looked_for_once_all_is_loaded_and_not_in_that() -> None:
    before = gc.get_freeze_count()
    nothing_is_garbage_yet()
    try:
        assert not gc.isenabled()
        keep_what_is_loaded()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.enable()
