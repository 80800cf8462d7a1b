"""Every error speaks two languages and has a stable, unique code."""

from __future__ import annotations

import pickle
import re

from auth_service.core.errors import ServiceError, all_error_classes


def test_every_error_has_its_own_code_and_words_in_both_languages() -> None:
    classes = all_error_classes()
    codes = [cls.code for cls in classes]
    assert len(codes) == len(set(codes))
    for cls in classes:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", cls.code), cls
        assert "code" in vars(cls), f"{cls.__name__} inherits its code"
        assert re.search(r"[\u4e00-\u9fff]", cls.zh), cls
        assert cls.en.isascii(), cls


def test_errors_cross_process_borders() -> None:
    for cls in all_error_classes():
        error = cls("particulars", field="photo")
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), copy.detail, copy.field) == (cls, "particulars", "photo")
        assert isinstance(copy, ServiceError)
