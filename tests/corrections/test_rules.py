"""The rules of corrections that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.corrections.consents import VERSION, ConsentMissingError, require_consent
from bot.corrections.correction import Correction, CorrectionState
from bot.corrections.deciding import (
    AlreadyApprovedError,
    AlreadyRejectedError,
    AlreadyVotedError,
    ChangedMeanwhileError,
    missing_approvals,
    require_revision,
    require_undecided,
)
from bot.corrections.limits import (
    MAX_CHARS,
    MAX_KEPT,
    MAX_PENDING,
    MAX_PER_DAY,
    TextLengthError,
    TooManyKeptError,
    TooManyPendingError,
    TooManyTodayError,
    require_room_for_person,
    require_room_in_guild,
    require_text,
)
from bot.corrections.vocabulary import new_words
from bot.datasets.text_fingerprint import key_of_text

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ADA, BORIS, CHLOE = 1, 2, 3
ONE = Correction(
    id="1", guild_id=4, number=7, channel_id=5, message_id=6, question_id=None, asker_id=None, author_id=CHLOE,
    text_by=CHLOE, prompt="q", answer="a", original="", state=CorrectionState.PENDING, revision=2, created_at=NOW,
    changed_at=NOW, decided_at=None, review_channel_id=None, review_message_id=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("approvers", "votes", "missing"),
    [((), 1, 0), ((), 3, 2), ((BORIS,), 3, 1), ((BORIS, CHLOE), 3, 0), ((BORIS, CHLOE), 1, 0), ((ADA,), 1, 0)],
)
def test_a_correction_is_approved_once_enough_people_approve(
    approvers: tuple[int, ...], votes: int, missing: int
) -> None:
    assert missing_approvals(ONE, approvers, ADA, votes=votes) == missing


def test_nobody_approves_twice() -> None:
    with pytest.raises(AlreadyVotedError, match="1 more"):
        missing_approvals(ONE, [ADA], ADA, votes=2)


def test_what_is_decided_is_not_decided_again_and_says_who_was_first() -> None:
    require_undecided(ONE, None)
    with pytest.raises(AlreadyApprovedError, match="<@2>"):
        require_undecided(replace(ONE, state=CorrectionState.APPROVED), BORIS)
    with pytest.raises(AlreadyRejectedError, match="forgotten since"):
        require_undecided(replace(ONE, state=CorrectionState.REJECTED), None)


def test_a_decision_is_about_the_text_that_was_seen() -> None:
    require_revision(ONE, 2)
    require_revision(ONE, None)
    with pytest.raises(ChangedMeanwhileError):
        require_revision(ONE, 1)


def test_an_agreement_is_to_the_present_text() -> None:
    require_consent(VERSION)
    for version in (None, VERSION - 1):
        with pytest.raises(ConsentMissingError):
            require_consent(version)


def test_people_and_guilds_have_room_up_to_a_limit() -> None:
    require_room_for_person(pending=MAX_PENDING - 1, today=MAX_PER_DAY - 1)
    require_room_in_guild(MAX_KEPT - 1)
    with pytest.raises(TooManyPendingError):
        require_room_for_person(pending=MAX_PENDING, today=0)
    with pytest.raises(TooManyTodayError):
        require_room_for_person(today=MAX_PER_DAY)
    with pytest.raises(TooManyKeptError):
        require_room_in_guild(MAX_KEPT)


def test_a_text_is_kept_as_every_database_can() -> None:
    assert require_text(" a\r\nb\0\ud800 ") == "a\nb?"
    assert require_text("x" * MAX_CHARS) == "x" * MAX_CHARS
    for text in ("", " \0 ", "x" * (MAX_CHARS + 1)):
        with pytest.raises(TextLengthError):
            require_text(text)


def test_new_words_are_found_in_a_time_that_grows_with_the_text_alone() -> None:
    """Aligning the words of these two texts would take half a minute."""
    assert new_words("a b " * 475, "b a a " * 665 + "Xanthippe") == ["Xanthippe"]
    assert new_words("he met zan tippy at nine", "He met Xanthippe at nine, Xanthippe I say") == ["Xanthippe", "say"]


def test_texts_are_compared_in_a_time_that_grows_with_them_alone() -> None:
    """A search for punctuation at the end would start again at each of these marks between words."""
    assert key_of_text("Wait" + "- " * 200_000 + "what?") == key_of_text("wait" + "- " * 200_000 + "what")
    assert key_of_text("... Who runs it?!") == key_of_text("who  runs it") != key_of_text("who runs")
    assert key_of_text("?!") != key_of_text("...")
