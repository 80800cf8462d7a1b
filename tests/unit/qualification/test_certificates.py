"""A certificate states little, names nobody and is signed."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.core.errors import FileUnreadable
from auth_service.qualification.certificate import issue, read_token
from auth_service.qualification.evidence import EvidenceKind

SERIAL = "0123456789abcdef0123456789abcdef"


class MemorySigner:
    """An Ed25519 key that lives as long as the test."""

    key_id = "k1"

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = self._key.public_key()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self.public.public_bytes_raw()


def test_a_token_gives_back_what_was_issued_and_its_signature_holds() -> None:
    signer = MemorySigner()
    certificate = issue(SERIAL, EvidenceKind.ASSISTED, date(2026, 3, 10), date(2027, 3, 31), signer)
    claims = read_token(certificate.token)
    assert (claims.serial, claims.passed_on, claims.due_on) == (SERIAL, date(2026, 3, 10), date(2027, 3, 31))
    signer.public.verify(claims.signature, claims.message)


@pytest.mark.asvs("9.1.1")
def test_a_changed_due_date_breaks_the_signature() -> None:
    signer = MemorySigner()
    token = issue(SERIAL, EvidenceKind.FACE, date(2026, 3, 10), date(2027, 3, 31), signer).token
    prefix, body, key, signature = token.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=="))
    payload["due_on"] = "2099-12-31"
    forged = base64.urlsafe_b64encode(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode())
    claims = read_token(".".join((prefix, forged.rstrip(b"=").decode(), key, signature)))
    with pytest.raises(InvalidSignature):
        signer.public.verify(claims.signature, claims.message)


def test_a_certificate_holds_no_personal_field() -> None:
    token = issue(SERIAL, EvidenceKind.FACE, date(2026, 3, 10), date(2027, 3, 31), MemorySigner()).token
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert set(payload) == {"v", "serial", "kind", "passed_on", "due_on"}


@pytest.mark.asvs("9.2.2")
@pytest.mark.parametrize(
    "text", ["", "AC1", "AC2.a.b.c", "AC1.%%%.k.s", "AC1.e30.k.c2ln", "AC1.e30.k.c2ln.x", "é.é.é.é"]
)
def test_what_is_no_token_is_refused_with_a_code(text: str) -> None:
    with pytest.raises(FileUnreadable):
        read_token(text)
