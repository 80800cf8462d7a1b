"""The table of statuses against the tree of errors."""

from __future__ import annotations

import gc
import re

import pytest

from auth_service.core import errors as e
from auth_service.web.errors import RETRY_AFTER_SECONDS, STATUS, problem, status_of

CLASSES = e.all_error_classes()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_is_listed_with_a_status_and_speaks_both_languages(cls: type[e.ServiceError]) -> None:
    assert cls in STATUS
    assert 400 <= STATUS[cls] <= 599
    assert re.search(r"[\u4e00-\u9fff]", cls.zh)
    assert re.fullmatch(r"[ -~’“”]+", cls.en)
    assert re.fullmatch(r"[a-z0-9_]+", cls.code)


def test_no_two_classes_share_a_code() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(codes) == len(set(codes))


def test_the_table_lists_nothing_that_is_gone() -> None:
    assert set(STATUS) == set(CLASSES)


def test_what_may_be_tried_again_has_a_status_that_says_so() -> None:
    assert {STATUS[cls] for cls in CLASSES if cls.retryable} <= {408, 409, 429, 503}
    assert all(cls.retryable for cls in RETRY_AFTER_SECONDS)


def test_a_class_that_nobody_listed_counts_as_its_parent() -> None:
    class Invented(e.ImageRefused):
        code = "invented"

    try:
        assert status_of(Invented()) == STATUS[e.ImageRefused]
    finally:
        del Invented
        gc.collect()


def test_a_fault_inside_tells_no_particulars() -> None:
    body = problem(e.SealBroken("table people row 7"), 500, "a" * 32, "zh")
    assert "detail" not in body
    assert problem(e.FieldInvalid("true or false", field="x"), 422, "a" * 32, "en")["detail"] == "true or false"


def test_a_poor_photo_is_answered_with_hints_in_both_languages() -> None:
    body = problem(e.QualityTooLow("blurred,too_dark", field="photo"), 422, "a" * 32, "zh")
    assert [hint["code"] for hint in body["hints"]] == ["blurred", "too_dark"]
    assert all(hint["zh"] and hint["en"] for hint in body["hints"])
