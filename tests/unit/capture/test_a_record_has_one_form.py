"""A record's bytes are in one form, say what they must, and are known by their digest."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.capture.offline import LONGEST_RECORD, SIGNED_PREFIX, canonical, digest_of, read_record, signed_bytes
from auth_service.capture.offline_chain import FIRST
from auth_service.core.errors import RecordInvalid


def told(**changed: Any) -> dict[str, Any]:
    frame = {"at_ms": 0, "bytes": 12, "sha256": "ab" * 32}
    value = {
        "version": 1,
        "kind": "capture",
        "device_id": "0123456789abcdef0123456789abcdef",
        "counter": 2,
        "previous": "cd" * 32,
        "client_event": "5e2f0c4a-7d2b-4c2e-9f55-3f8a1f0e6b1d",
        "ticket": "ticket",
        "captured_at": "2026-03-10T02:00:00.250Z",
        "id_number": "130203194805020125",
        "name": "王秀英",
        "consent": {"version": "2026-11-24", "language": "zh", "at": "2026-03-10T01:59:00Z"},
        "steps": [{"n": 0, "frames": [frame, frame | {"at_ms": 120}]}, {"n": 1, "frames": [frame | {"at_ms": 5000}]}],
    }
    value |= changed
    return {name: one for name, one in value.items() if one is not ...}


def test_a_record_says_who_when_and_what_binds_its_pictures() -> None:
    data = canonical(told())
    record = read_record(data)
    assert (record.counter, record.name, record.id_number[-4:]) == (2, "王秀英", "0125")
    assert record.captured_at == datetime(2026, 3, 10, 2, 0, 0, 250_000, tzinfo=UTC)
    assert record.consent.at == datetime(2026, 3, 10, 1, 59, tzinfo=UTC)
    assert [(step.n, step.count, step.size) for step in record.steps] == [(0, 2, 24), (1, 1, 12)]
    assert record.link.digest == record.digest == hashlib.sha256(data).hexdigest() == digest_of(data)
    assert signed_bytes(data) == SIGNED_PREFIX + data
    assert read_record(canonical(told(name=...))).name is None


def test_the_first_record_names_none_before_it() -> None:
    assert read_record(canonical(told(counter=1, previous=FIRST))).link.counter == 1
    for counter, previous in ((1, "cd" * 32), (2, FIRST)):
        with pytest.raises(RecordInvalid):
            read_record(canonical(told(counter=counter, previous=previous)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"{" * 2000,
        json.dumps(told(), ensure_ascii=False).encode(),
        json.dumps(told(), sort_keys=True, separators=(",", ":")).encode(),
        canonical(told()) + b"\n",
        canonical(told()).replace(b'"counter":2', b'"counter":2.0'),
        canonical(told()).replace(b'"counter":2', b'"counter":1,"counter":2'),
        canonical(told()).replace(b'"counter":2', b'"counter":NaN'),
        canonical(told(name="王" * LONGEST_RECORD)),
    ],
)
def test_another_form_is_no_record(data: bytes) -> None:
    with pytest.raises(RecordInvalid):
        read_record(data)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"version": 2}, "version"),
        ({"kind": "other"}, "version"),
        ({"counter": 0}, "counter"),
        ({"counter": True}, "counter"),
        ({"counter": 2**53}, "counter"),
        ({"counter": "2"}, "counter"),
        ({"previous": "CD" * 32}, "previous"),
        ({"client_event": "5E2F0C4A-7D2B-4C2E-9F55-3F8A1F0E6B1D"}, "client_event"),
        ({"captured_at": "2026-03-10T02:00:00+08:00"}, "captured_at"),
        ({"captured_at": "2026-02-30T02:00:00Z"}, "captured_at"),
        ({"ticket": ""}, "ticket"),
        ({"id_number": ...}, "id_number"),
        ({"extra": 1}, "extra"),
        ({"name": None}, "name"),
        ({"consent": None}, "consent"),
        ({"consent": {"version": "v", "language": "zh"}}, "consent.at"),
        ({"steps": []}, "steps"),
        ({"steps": [{"n": 1, "frames": [{"at_ms": 0, "bytes": 1, "sha256": "ab" * 32}]}]}, "steps"),
        ({"steps": [{"n": 0, "frames": []}]}, "steps.frames"),
        ({"steps": [{"n": 0, "frames": [{"at_ms": 0, "bytes": 0, "sha256": "ab" * 32}]}]}, "steps.frames.bytes"),
        ({"steps": [{"n": 0, "frames": [{"at_ms": 0, "bytes": 1, "sha256": "ab" * 31}]}]}, "steps.frames.sha256"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordInvalid) as refused:
        read_record(canonical(told(**changed)))
    assert refused.value.field == field


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(sorted(told())), _JSON)
def test_whatever_a_member_holds_it_is_read_or_refused(name: str, value: Any) -> None:
    data = canonical(told(**{name: value}))
    try:
        digest = read_record(data).digest
    except RecordInvalid:
        return
    assert digest == digest_of(data)


@given(st.data())
def test_a_byte_changed_is_another_record_or_none(data: st.DataObject) -> None:
    given = bytearray(canonical(told()))
    place = data.draw(st.integers(0, len(given) - 1))
    given[place] ^= data.draw(st.integers(1, 255))
    try:
        assert read_record(bytes(given)).digest != digest_of(canonical(told()))
    except RecordInvalid:
        return
