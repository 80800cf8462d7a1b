"""The note can be read by outside tools, and what we would not write is no checkpoint."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from auth_service.connectors.signing import signature_holds
from auth_service.core.checkpoint import (
    AuditPolicy,
    Checkpoint,
    Keyholders,
    Notary,
    PublicKey,
    read_note,
    read_public_keys,
)
from auth_service.core.errors import CheckpointInvalid, FileUnreadable, SettingInvalid
from auth_service.core.merkle import root_of

NOW = datetime(2026, 3, 10, 2, 30, 15, 123456, tzinfo=UTC)
ORIGIN = "county.example/audit"
CHECKPOINT = Checkpoint(ORIGIN, 1000, root_of([b"a", b"b"]), 17, "91c4" * 16, NOW)

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
"""The example of golang.org/x/mod/sumdb/note, the first implementation of signed notes."""


class Key:
    """A signer in memory."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    @property
    def key_id(self) -> str:
        return "test"

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()


def notary(seed: int = 1, origin: str = ORIGIN) -> Notary:
    return Notary(origin, Key(seed), signature_holds)


NOTE = notary().sign(CHECKPOINT)


def test_a_key_and_a_signature_of_another_implementation_are_understood() -> None:
    (key,) = read_public_keys(GO_KEY)
    signature = base64.b64decode(GO_SIGNATURE)
    assert key.text() == GO_KEY
    assert signature[:4] == key.key_hash
    assert signature_holds(key.raw, signature[4:], GO_TEXT.encode())
    assert not signature_holds(key.raw, signature[4:], GO_TEXT.encode() + b"\n")
    assert not signature_holds(b"no key", b"no signature", b"")


def test_a_note_is_text_signature_and_nothing_else() -> None:
    text, _, tail = NOTE.partition("\n\n")
    lines = text.split("\n")
    assert lines[:2] == [ORIGIN, "1000"]
    assert base64.b64decode(lines[2]) == CHECKPOINT.root
    assert lines[3:] == ["checkpoint 17", "chain " + "91c4" * 16, "at 2026-03-10T02:30:15.123456+00:00"]
    dash, name, encoded = tail.rstrip("\n").split(" ")
    assert (dash, name) == ("\u2014", ORIGIN)
    key = Ed25519PublicKey.from_public_bytes(Key().public_key())
    key.verify(base64.b64decode(encoded)[4:], (text + "\n").encode())


def test_what_was_signed_comes_back() -> None:
    assert notary().keyholders.open(NOTE) == CHECKPOINT
    (key,) = read_public_keys(f"# the auditor's copy\n\n{notary().public_key.text()}\n")
    assert Keyholders((key,), signature_holds).open(NOTE) == CHECKPOINT


def test_a_former_key_still_proves_what_it_signed() -> None:
    former = notary(1).public_key
    changed = Notary(ORIGIN, Key(2), signature_holds, lambda: (former,))
    assert changed.keyholders.open(NOTE) == CHECKPOINT
    assert changed.keyholders.open(changed.sign(CHECKPOINT)) == CHECKPOINT


def test_signatures_of_witnesses_may_follow() -> None:
    cosigned = NOTE + f"\u2014 witness.example {base64.b64encode(b'1234' + b's' * 72).decode()}\n"
    assert notary().keyholders.open(cosigned) == CHECKPOINT
    assert [signature.name for signature in read_note(cosigned)[1]] == [ORIGIN, "witness.example"]


@pytest.mark.parametrize(
    "forged",
    [
        notary(2).sign(CHECKPOINT),
        notary(1, "other.example/audit").sign(replace(CHECKPOINT, origin="other.example/audit")),
        NOTE.replace("\n1000\n", "\n1001\n"),
        NOTE.replace("checkpoint 17", "checkpoint 18"),
        NOTE.replace(":15.", ":16."),
        NOTE[:-10] + "AAAAAAAA=\n",
    ],
)
def test_a_forged_note_does_not_open(forged: str) -> None:
    with pytest.raises(CheckpointInvalid):
        notary().keyholders.open(forged)


def test_a_key_whose_hash_was_copied_from_another_does_not_open_a_note() -> None:
    """The key hash is a hint, never the proof."""
    theirs = notary(2).sign(CHECKPOINT)
    text, _, tail = theirs.partition("\n\n")
    data = notary(1).public_key.key_hash + base64.b64decode(tail.rsplit(" ", 1)[1])[4:]
    with pytest.raises(CheckpointInvalid, match=r"(?i)signature|hold"):
        notary(1).keyholders.open(f"{text}\n\n\u2014 {ORIGIN} {base64.b64encode(data).decode()}\n")


CHANGES = {
    "no newline at the end": NOTE.rstrip("\n"),
    "no signature": NOTE.partition("\n\n")[0] + "\n",
    "an empty signature block": NOTE.partition("\n\n")[0] + "\n\n",
    "a line more": NOTE.replace("checkpoint 17", "checkpoint 17\nextra"),
    "a line less": NOTE.replace("checkpoint 17\n", ""),
    "two lines exchanged": NOTE.replace("1000\n", "").replace(ORIGIN + "\n", f"1000\n{ORIGIN}\n", 1),
    "a leading zero": NOTE.replace("\n1000\n", "\n01000\n"),
    "a sign": NOTE.replace("\n1000\n", "\n+1000\n"),
    "a space": NOTE.replace("\n1000\n", "\n1000 \n"),
    "other digits": NOTE.replace("\n1000\n", "\n１０００\n"),
    "carriage returns": NOTE.replace("\n", "\r\n"),
    "a short root": NOTE.replace(base64.b64encode(CHECKPOINT.root).decode(), "AAAA"),
    "upper-case hash": NOTE.replace("91c4" * 16, "91C4" * 16),
    "another zone": NOTE.replace("+00:00", "+08:00"),
    "no day": NOTE.replace("2026-03-10", "2026-02-30"),
    "a minus for the dash": NOTE.replace("\u2014 ", "- "),
    "a space in the name": NOTE.replace(f"\u2014 {ORIGIN}", f"\u2014 {ORIGIN} x"),
    "no base64": NOTE[:-3] + "?\n",
    "too long": NOTE + ("\u2014 w " + "A" * 60 + "\n") * 1000,
    "nothing": "",
}


@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_what_we_would_not_write_is_no_checkpoint(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        read_note(text)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_no_text_breaks_the_reader(text: str) -> None:
    for check_text in (text, NOTE[:40] + text, text + NOTE, NOTE + text):
        try:
            read_note(check_text)
        except CheckpointInvalid:
            continue


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_any_other_character_anywhere_is_noticed(place: int, character: str) -> None:
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed != NOTE:
        with pytest.raises(CheckpointInvalid):
            notary().keyholders.open(changed)


@pytest.mark.parametrize(
    "text",
    ["", "# only words\n", "name", "name+00000000+AAAA", GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY + "=",
     "a b+c74f20a3+" + GO_KEY.rsplit("+", 1)[1], "Peter+c74f20a3+" + GO_KEY.rsplit("+", 1)[1]],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(FileUnreadable):
        read_public_keys(text)


def test_a_notary_signs_for_its_own_log_only() -> None:
    with pytest.raises(ValueError, match="own log"):
        notary().sign(replace(CHECKPOINT, origin="other.example/audit"))


def test_the_key_hash_is_bound_to_the_name() -> None:
    raw = Key().public_key()
    assert PublicKey("a", raw).key_hash != PublicKey("b", raw).key_hash


def test_a_checkpoint_is_due_by_rows_or_by_time() -> None:
    policy = AuditPolicy(rows=1000, seconds=60)
    soon, late = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)
    assert not policy.due(0, None, late)
    assert policy.due(1, None, NOW)
    assert not policy.due(999, NOW, soon)
    assert policy.due(1000, NOW, NOW)
    assert policy.due(1, NOW, late)
    assert not policy.due(0, NOW, late)
    assert policy.due(1, NOW, NOW - timedelta(days=1)), "a clock that was set back must not stop checkpoints"


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "县"])
def test_an_origin_that_no_note_could_name_is_refused(origin: str) -> None:
    with pytest.raises(SettingInvalid):
        AuditPolicy(origin=origin)


def test_settings_that_would_sign_all_the_time_are_refused() -> None:
    for policy in ({"rows": 0}, {"seconds": 0}):
        with pytest.raises(SettingInvalid) as refused:
            AuditPolicy(**policy)
        assert refused.value.field == "audit__" + next(iter(policy))
