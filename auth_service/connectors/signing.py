"""Ed25519 signatures of certificates: a signer on a key file, all public keys there ever were, the offline check."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from auth_service.connectors.secret_files import Stamp, create_once, held_alone, read_private, replace, stamp_of
from auth_service.core.errors import FileUnreadable, KeyMissing, KeyStoreUnavailable, SealBroken
from auth_service.core.keys import PublicKeys, Signer
from auth_service.qualification.certificate import CertificateClaims, read_token
from auth_service.qualification.revocation import RevocationList, read_list


@dataclass(frozen=True, slots=True)
class _Held:
    """The key as it was read: exchanged as a whole, so that no signature comes from one key under another's id."""

    stamp: Stamp | None
    key: Ed25519PrivateKey
    public: bytes
    key_id: str


class SigningKeyFile:
    """RotatingSigner over a JSON key file. `key_id` is the beginning of the public key's SHA-256."""

    def __init__(self, path: Path) -> None:
        """Reads an existing file. raises KeyMissing (absent or damaged), SettingInvalid (others may read it)"""
        self._path = path
        self._held = _read(path)

    @classmethod
    def open_or_create(cls, path: Path) -> SigningKeyFile:
        """The file's key; the first caller of all makes the file, everybody else reads that one."""
        if not path.exists():
            create_once(path, _new_document())
        return cls(path)

    @property
    def key_id(self) -> str:
        return self._held.key_id

    def sign(self, message: bytes) -> bytes:
        """raises KeyStoreUnavailable: the file is gone, or it was replaced and the next try uses the new key"""
        stamp, held = stamp_of(self._path), self._held
        if stamp != held.stamp:
            if stamp is not None:
                self._held = _read(self._path)
            raise KeyStoreUnavailable("the signing key was replaced" if stamp else f"{self._path.name} is gone")
        return held.key.sign(message)

    def public_key(self) -> bytes:
        return self._held.public

    def rotate(self) -> str:
        """A new key takes the place of the file's; the old one is gone with it."""
        with held_alone(self._path.parent):
            replace(self._path, _new_document())
        self._held = _read(self._path)
        return self._held.key_id


def _read(path: Path) -> _Held:
    stamp = stamp_of(path)  # before the content: a change in between is seen at the next signature
    try:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(read_private(path))["ed25519"]))
    except (ValueError, TypeError, KeyError) as error:
        raise KeyMissing("the signing key file is damaged") from error
    public = key.public_key().public_bytes_raw()
    return _Held(stamp, key, public, key_id_of(public))


class PublicKeyBook:
    """PublicKeys in a JSON file beside the private ones. Nothing in it is secret; whoever may write it may forge."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, bytes]:
        """Key id -> 32 raw bytes, oldest first. raises KeyMissing (damaged), SettingInvalid (others may change it)"""
        if stamp_of(self._path) is None:
            return {}
        try:
            document = json.loads(read_private(self._path))
            keys = {str(key_id): bytes.fromhex(text) for key_id, text in document["ed25519"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise KeyMissing(f"{self._path.name} is damaged") from error
        if any(key_id_of(key) != key_id for key_id, key in keys.items()):
            raise KeyMissing(f"{self._path.name} is damaged")
        return keys

    def remember(self, signer: Signer) -> None:
        """Adds the signer's public key, durably; nothing when it is there."""
        self.add(signer.public_key())

    def add(self, public_key: bytes) -> str:
        """Adds a key, for instance one published before the book was lost; returns its id."""
        key_id = key_id_of(public_key)
        if key_id in self.all():
            return key_id
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held_alone(self._path.parent):
            keys = {name: key.hex() for name, key in self.all().items()} | {key_id: public_key.hex()}
            replace(self._path, json.dumps({"version": 1, "ed25519": keys}, indent=1).encode())
        return key_id


def key_id_of(public_key: bytes) -> str:
    """16 hex characters that name a public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key_pem(public_key: bytes) -> str:
    """SubjectPublicKeyInfo, PEM. source: RFC 8410"""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_key_jwk(public_key: bytes) -> dict[str, str]:
    """source: RFC 8037 section 2"""
    x = base64.urlsafe_b64encode(public_key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id_of(public_key), "use": "sig", "alg": "EdDSA"}


def read_public_key(pem: bytes) -> bytes:
    """32 raw bytes of a published key. raises FileUnreadable"""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise FileUnreadable("not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise FileUnreadable("not an Ed25519 key")
    return key.public_bytes_raw()


class TokenCheck:
    """The check of certificate tokens against all public keys there ever were. Threads may share it."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._known: Mapping[str, bytes] = keys.all()

    def __call__(self, token: str) -> CertificateClaims:
        """raises as `verify_token`"""
        if read_token(token).key_id not in self._known:  # perhaps another process signs with a newer key
            self._known = self._keys.all()
        return verify_token(token, self._known)


def verify_token(token: str, public_keys: Mapping[str, bytes]) -> CertificateClaims:
    """What a certificate token states, once its signature has proved right.

    public_keys  key id -> 32 raw bytes
    raises       SealBroken (wrong signature, or signed by an unknown key), FileUnreadable (not a token)
    """
    claims = read_token(token)
    public = public_keys.get(claims.key_id)
    if public is None:
        raise SealBroken("the certificate was signed by an unknown key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(claims.signature, claims.message)
    except InvalidSignature as error:
        raise SealBroken("the certificate's signature is wrong") from error
    return claims


def verify_list(text: str, public_keys: Mapping[str, bytes]) -> RevocationList:
    """A signed list of what holds no longer, once its signature has proved right. raises as `verify_token`"""
    told = read_list(text)
    public = public_keys.get(told.key_id)
    if public is None:
        raise SealBroken("the revocation list was signed by an unknown key")
    if not signature_holds(public, told.signature, told.message):
        raise SealBroken("the revocation list's signature is wrong")
    return told


def _new_document() -> bytes:
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    return json.dumps({"version": 1, "ed25519": secret.hex()}).encode()


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of a key (32 raw bytes) signed the message; what is no key or signature holds nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
