"""The record, digest and signature in docs/integration/kiosk-offline.md are what the service reads and checks."""

from __future__ import annotations

import base64
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.capture.offline import read_record, signed_bytes
from auth_service.capture.offline_rules import Hold, Refusal
from auth_service.capture.reconciliation import Code
from auth_service.connectors.signing import signature_holds
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "integration" / "kiosk-offline.md").read_text(encoding="utf-8")


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_vector_is_read_and_its_signature_holds() -> None:
    (line,) = [line for line in PAGE.splitlines() if line.startswith('{"captured_at"')]
    record = read_record(line.encode())
    assert (record.counter, record.name) == (1, "王秀英")
    assert f"`{record.digest}`" in PAGE
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = re.search(r"public key `([A-Za-z0-9_-]{43})`", PAGE)
    assert public is not None
    assert _bytes_of(public[1]) == key.public_key().public_bytes_raw()
    signature = re.search(r"`([A-Za-z0-9_-]{86})`", PAGE)
    assert signature is not None
    assert signature_holds(_bytes_of(public[1]), _bytes_of(signature[1]), signed_bytes(line.encode()))
    assert not signature_holds(_bytes_of(public[1]), _bytes_of(signature[1]), line.encode())


def test_the_page_names_every_code() -> None:
    assert [code for code in (*Hold, *Refusal, *Code) if f"`{code}`" not in PAGE] == []
