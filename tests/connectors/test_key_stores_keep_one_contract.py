"""One contract for every key store: a file, a token (SoftHSM), and the stand-in that other tests use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auth_service.connectors.hsm import AUDIT, SIGNING, TokenKeys, TokenSigner
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.pkcs11_token import Token
from auth_service.connectors.signing import SigningKeyFile, key_id_of, signature_holds
from auth_service.core.errors import KeyInUse, KeyMissing, KeyStoreUnavailable, SealBroken
from auth_service.core.keys import KeyStore, RotatingSigner, WrappedKey, sign_named
from tests.fakes import MemoryKeys
from tests.softhsm import SoftHsm

SECRET = bytes(range(32))
STORES = ("file", "memory", pytest.param("hsm", marks=pytest.mark.hsm))

Opened = Callable[[], KeyStore]
"""Opens the same store once more, as another process would."""


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    made = SoftHsm(tmp_path / "hsm")
    made.use_in_this_process(monkeypatch)
    return made


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    if request.param == "file":
        yield lambda: KeyFile.open_or_create(tmp_path / "keys" / "keys.json")
    elif request.param == "memory":
        kept = MemoryKeys()
        yield lambda: kept
    else:
        token = Token(request.getfixturevalue("hsm").place)
        yield lambda: TokenKeys.open_or_create(token)


@pytest.fixture(params=["file", pytest.param("hsm", marks=pytest.mark.hsm)])
def signing(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], RotatingSigner]:
    if request.param == "file":
        return lambda: SigningKeyFile.open_or_create(tmp_path / "keys" / "signing.json")
    token = Token(request.getfixturevalue("hsm").place)
    return lambda: TokenSigner.open_or_create(token)


@pytest.mark.hsm
def test_certificates_and_checkpoints_are_signed_by_keys_of_their_own(hsm: SoftHsm) -> None:
    certificates, checkpoints = (TokenSigner.open_or_create(Token(hsm.place), label) for label in (SIGNING, AUDIT))
    assert certificates.key_id != checkpoints.key_id
    before = certificates.key_id
    assert checkpoints.rotate() != before
    again = TokenSigner(Token(hsm.place), AUDIT)
    assert again.key_id == checkpoints.key_id
    assert TokenSigner(Token(hsm.place)).key_id == before, "renewing one leaves the other alone"
    for signer in (certificates, checkpoints):
        assert signature_holds(signer.public_key(), signer.sign(b"text"), b"text")
    assert not signature_holds(certificates.public_key(), checkpoints.sign(b"text"), b"text")


def test_a_wrapped_key_opens_in_its_own_context_only(opened: Opened) -> None:
    wrapped = opened().wrap(SECRET, b"person 1")
    ring = opened()
    assert ring.unwrap(wrapped, b"person 1") == SECRET
    assert SECRET not in wrapped.ciphertext
    assert ring.wrap(SECRET, b"person 1").ciphertext != wrapped.ciphertext
    with pytest.raises(SealBroken):
        ring.unwrap(wrapped, b"person 2")
    damaged = (b"", wrapped.ciphertext[:12], wrapped.ciphertext[:-1],
               bytes([wrapped.ciphertext[0] ^ 1]) + wrapped.ciphertext[1:])  # fmt: skip
    for ciphertext in damaged:
        with pytest.raises(SealBroken):
            ring.unwrap(WrappedKey(wrapped.key_id, ciphertext), b"person 1")
    assert ring.unwrap(wrapped, b"person 1") == SECRET


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_a_new_version_wraps_and_the_old_ones_still_open(opened: Opened) -> None:
    ring, other = opened(), opened()
    first = ring.active
    wrapped = ring.wrap(SECRET, b"a")
    second = ring.add_version()
    third = ring.add_version()
    assert ring.versions() == (first, second, third)
    assert ring.active == third == ring.wrap(SECRET, b"a").key_id
    for reader in (ring, opened(), other):
        assert reader.unwrap(wrapped, b"a") == SECRET
        assert reader.unwrap(ring.wrap(SECRET, b"b"), b"b") == SECRET


def test_a_retired_version_opens_nothing_more_and_the_active_one_cannot_be_retired(opened: Opened) -> None:
    ring, other = opened(), opened()
    wrapped = ring.wrap(SECRET, b"a")
    other.unwrap(wrapped, b"a")
    with pytest.raises(KeyInUse):
        ring.retire(wrapped.key_id)
    ring.add_version()
    ring.retire(wrapped.key_id)
    ring.retire(wrapped.key_id)
    for reader in (ring, other, opened()):
        with pytest.raises(KeyMissing):
            reader.unwrap(wrapped, b"a")
        assert reader.unwrap(ring.wrap(SECRET, b"a"), b"a") == SECRET
    assert len(ring.versions()) == 1


def test_index_keys_differ_by_purpose_and_outlive_rotations(opened: Opened) -> None:
    ring = opened()
    made = {purpose: ring.index_key(purpose) for purpose in ("id_number", "name", "phone")}
    assert len(set(made.values())) == 3
    assert all(len(key) == 32 for key in made.values())
    ring.add_version()
    assert {purpose: opened().index_key(purpose) for purpose in made} == made


def test_many_threads_share_one_store(opened: Opened) -> None:
    ring = opened()
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(20):
                context = str(number).encode()
                assert ring.unwrap(ring.wrap(SECRET, context), context) == SECRET
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.asvs("11.6.1")
def test_a_signature_holds_under_the_public_key(signing: Callable[[], RotatingSigner]) -> None:
    signer = signing()
    Ed25519PublicKey.from_public_bytes(signer.public_key()).verify(signer.sign(b"message"), b"message")
    assert signer.key_id == key_id_of(signer.public_key()) == signing().key_id


def test_a_replaced_signing_key_never_signs_under_another_keys_id(signing: Callable[[], RotatingSigner]) -> None:
    signer, stale = signing(), signing()
    stale.sign(b"warm")
    old = signer.key_id
    assert signer.rotate() == signer.key_id != old
    with pytest.raises(KeyStoreUnavailable):
        sign_named(stale, lambda key_id: key_id.encode())
    signature = sign_named(stale, lambda key_id: key_id.encode())
    Ed25519PublicKey.from_public_bytes(signer.public_key()).verify(signature, signer.key_id.encode())
