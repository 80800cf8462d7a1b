"""Idempotency keys: claimed, finished, repeated, released, expired, purged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.core.audit import AuditEvent
from auth_service.core.errors import IdempotencyInFlight, IdempotencyKeyReused
from auth_service.storage.unit import SavedAnswer, Store
from tests.storage.samples import NOW

ANSWER = SavedAnswer(201, '{"结果": true}'.encode(), "application/json")
LATER = NOW + timedelta(seconds=61)


def begin(store: Store, at=NOW, content: str = "content", caller: str = "caller") -> SavedAnswer | None:  # type: ignore[no-untyped-def]
    with store.unit() as unit:
        return unit.idempotency.begin(caller, "key", content, at, 60)


def finish(store: Store, answer: SavedAnswer = ANSWER) -> None:
    with store.unit() as unit:
        unit.idempotency.finish("caller", "key", answer, NOW)


def test_the_first_answer_is_given_again(store: Store) -> None:
    assert begin(store) is None
    finish(store)
    assert begin(store) == ANSWER
    assert begin(store, LATER) == ANSWER


def test_the_key_of_another_caller_is_another_key(store: Store) -> None:
    assert begin(store) is None
    assert begin(store, caller="other") is None


def test_other_content_under_the_same_key_is_refused_before_and_after_the_answer(store: Store) -> None:
    assert begin(store) is None
    with pytest.raises(IdempotencyKeyReused):
        begin(store, content="other")
    finish(store)
    with pytest.raises(IdempotencyKeyReused):
        begin(store, content="other")


def test_an_unfinished_claim_holds_until_its_lease_is_over(store: Store) -> None:
    assert begin(store) is None
    with pytest.raises(IdempotencyInFlight):
        begin(store, NOW + timedelta(seconds=59))
    assert begin(store, LATER) is None
    with pytest.raises(IdempotencyInFlight):
        begin(store, LATER)


def test_a_released_claim_is_free_and_a_finished_one_cannot_be_released(store: Store) -> None:
    assert begin(store) is None
    with store.unit() as unit:
        unit.idempotency.release("caller", "key")
    assert begin(store) is None
    finish(store)
    with store.unit() as unit:
        unit.idempotency.release("caller", "key")
    assert begin(store) == ANSWER


def test_of_two_that_finish_the_first_answer_stays_and_the_second_one_undoes_its_work(store: Store) -> None:
    assert begin(store) is None
    assert begin(store, LATER) is None  # the first was slow and somebody took its claim over
    finish(store)
    with pytest.raises(IdempotencyInFlight), store.unit() as unit:  # noqa: PT012 - both acts are one transaction
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        unit.idempotency.finish("caller", "key", SavedAnswer(500, b"", "text/plain"), NOW)
    assert begin(store) == ANSWER
    with store.reading() as unit:
        assert unit.audit.head()[0] == 0


def test_work_whose_claim_was_lost_is_undone(store: Store) -> None:
    """F05: claims are not forced to the disk, so a database that was stopped at once may come back without one."""
    with pytest.raises(IdempotencyInFlight):
        finish(store)
    assert begin(store) is None


def test_old_answers_are_purged(store: Store) -> None:
    assert begin(store) is None
    finish(store)
    with store.unit() as unit:
        assert unit.idempotency.purge(NOW) == 0
        assert unit.idempotency.purge(NOW + timedelta(days=1)) == 1
    assert begin(store) is None
