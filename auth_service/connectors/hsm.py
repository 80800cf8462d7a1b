"""Key ring and signer in a PKCS#11 token (HSM, smart card, SoftHSM): the keys never leave it.

Objects in the token, all sensitive and not extractable, found by label and told apart by CKA_ID:

    auth-service kek      AES-256, one per version; the CKA_ID is the version's id, `hsm-<number>-<random>`
    auth-service index    a generic secret; HMAC-SHA-256 of a purpose under it is that purpose's index key
    auth-service signing  Ed25519, CKA_ID `sign-<number>-<random>`; the one with the highest number signs
    auth-service audit    the same, for checkpoints of the audit trail

A data key is encrypted with AES-GCM and its context as associated data rather than by CKM_AES_KEY_WRAP, because a
wrapped key would be bound to nothing; every token that this was tried with has CKM_AES_GCM (docs/operations/keys.md).
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from typing import Any

from auth_service.connectors.pkcs11_token import Seat, Token
from auth_service.connectors.signing import key_id_of
from auth_service.core.errors import KeyInUse, KeyMissing, KeyStoreUnavailable, SealBroken
from auth_service.core.keys import WrappedKey

_KEK = "auth-service kek"
_INDEX = "auth-service index"
SIGNING = "auth-service signing"
AUDIT = "auth-service audit"
_FIRST = (
    "a new service's are made by `auth-service init`, lost ones come from the token's copy (docs/operations/keys.md)"
)
_NONCE_BYTES, _TAG_BYTES = 12, 16
_LOOK_SECONDS = 30.0
"""How long a new version made by another process may go unnoticed. Until then this one wraps with the version before,
which is as good: the rotation finds such rows, and a retired version is refused by the database."""
_ED25519 = "1.3.101.112"
"""source: RFC 8410"""


class TokenKeys:
    """KeyStore over a token. Threads may share it."""

    def __init__(self, token: Token) -> None:
        """Reads which versions there are. raises KeyStoreUnavailable, KeyMissing (not all keys are in this token)"""
        self._token = token
        self._p11 = token.p11
        self._looked_at = 0.0
        self._versions: tuple[str, ...] = ()
        if not self.versions():
            raise KeyMissing(f"the token holds no wrapping key; {_FIRST}")
        if not token.call(lambda seat: self._found(seat.session, _INDEX)):
            raise KeyMissing("the token holds wrapping keys but not the secret of the index keys")

    @classmethod
    def open_or_create(cls, token: Token) -> TokenKeys:
        """The token's key ring; makes the first version and the index secret where there are none."""
        token.writing(lambda session: _make_missing(token.p11, session))
        return cls(token)

    @property
    def active(self) -> str:
        return self.versions()[-1]

    def versions(self) -> tuple[str, ...]:
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._look()
        return self._versions

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """raises KeyStoreUnavailable, KeyMissing"""
        version, nonce = self.active, os.urandom(_NONCE_BYTES)

        def encrypt(seat: Seat) -> bytes:
            return bytes(self._encrypted(self._kek(seat, version), nonce, data_key, context))

        return WrappedKey(version, nonce + self._token.call(encrypt))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """raises KeyMissing (wrapped by a key that is not here), SealBroken (changed, or another context)"""
        nonce, sealed = wrapped.ciphertext[:_NONCE_BYTES], wrapped.ciphertext[_NONCE_BYTES:]
        if len(sealed) <= _TAG_BYTES:
            raise SealBroken("a wrapped data key")
        if wrapped.key_id not in self.versions():
            self._look()
            if wrapped.key_id not in self._versions:
                raise KeyMissing(f"wrapping key {wrapped.key_id}")

        def decrypt(seat: Seat) -> bytes:
            key = self._kek(seat, wrapped.key_id)
            try:
                return bytes(key.decrypt(sealed, **self._gcm(nonce, context)))
            except self._p11.PKCS11Error as error:
                # tokens name a wrong tag differently (SoftHSM: GeneralError); a key that works otherwise tells it apart
                self._encrypted(key, nonce, sealed, context)
                raise SealBroken("a wrapped data key") from error

        return self._token.call(decrypt)

    def index_key(self, purpose: str) -> bytes:
        """32 bytes, another for every purpose; the secret they come from stays in the token."""

        def derive(seat: Seat) -> bytes:
            root = self._found(seat.session, _INDEX)
            if not root:
                raise self._p11.NoSuchKey(_INDEX)
            message = f"auth-service 1 index:{purpose}".encode()
            return bytes(root[0].sign(message, mechanism=self._p11.Mechanism.SHA256_HMAC))

        return self._token.call(derive)

    def add_version(self) -> str:
        """A new AES-256 key in the token, from now on the active one."""
        version = self._token.writing(lambda session: _make_kek(self._p11, session))
        self._look()
        return version

    def retire(self, key_id: str) -> None:
        """Destroys a version in the token. raises KeyInUse: it is the active one"""
        self._look()
        if key_id == self.active:
            raise KeyInUse(f"{key_id} is the active wrapping key")

        def destroy(session: Any) -> None:
            for key in self._found(session, _KEK, key_id):
                key.destroy()

        self._token.writing(destroy)
        self._look()

    def _look(self) -> None:
        def listed(seat: Seat) -> list[str]:
            return sorted({_name(key) for key in self._found(seat.session, _KEK)})

        found = tuple(self._token.call(listed))
        if not found and self._versions:
            raise KeyStoreUnavailable("the token has lost its keys")
        self._versions, self._looked_at = found, time.monotonic()

    def _kek(self, seat: Seat, version: str) -> Any:
        """raises KeyMissing (other versions are there), NoSuchKey (none is: the token has gone away)"""
        if version not in seat.keys:
            found = self._found(seat.session, _KEK, version)
            if not found and self._found(seat.session, _KEK):
                self._looked_at = 0.0
                raise KeyMissing(f"wrapping key {version}")
            if not found:
                raise self._p11.NoSuchKey(version)
            seat.keys[version] = found[0]
        return seat.keys[version]

    def _found(self, session: Any, label: str, key_id: str | None = None) -> list[Any]:
        return _objects(self._p11, session, self._p11.ObjectClass.SECRET_KEY, label, key_id)

    def _encrypted(self, key: Any, nonce: bytes, data: bytes, context: bytes) -> Any:
        return key.encrypt(data, **self._gcm(nonce, context))

    def _gcm(self, nonce: bytes, context: bytes) -> dict[str, Any]:
        """source: NIST SP 800-38D, 96-bit nonce, 128-bit tag"""
        parameters = self._p11.GCMParams(nonce, context, _TAG_BYTES * 8)
        return {"mechanism": self._p11.Mechanism.AES_GCM, "mechanism_param": parameters}


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The signing key in use: exchanged as a whole, so that no signature comes from one key under another's id."""

    name: str
    public: bytes
    key_id: str


class TokenSigner:
    """RotatingSigner over a token, which must have CKM_EDDSA. The newest key of a label signs."""

    def __init__(self, token: Token, label: str = SIGNING) -> None:
        """raises KeyStoreUnavailable, KeyMissing (no signing key in this token)"""
        self._token = token
        self._label = label
        self._p11 = token.p11
        self._held = self._chosen()

    @classmethod
    def open_or_create(cls, token: Token, label: str = SIGNING) -> TokenSigner:
        """The token's newest signing key of this label; makes the first."""

        def make(session: Any) -> None:
            if not _objects(token.p11, session, token.p11.ObjectClass.PRIVATE_KEY, label, None):
                _make_signing(token.p11, session, label)

        token.writing(make)
        return cls(token, label)

    @property
    def key_id(self) -> str:
        return self._held.key_id

    def sign(self, message: bytes) -> bytes:
        """raises KeyStoreUnavailable: the token is away, or the key was replaced and the next try uses the new one"""

        name = self._held.name

        def sign(seat: Seat) -> bytes | None:
            if name not in seat.keys:
                found = _objects(self._p11, seat.session, self._p11.ObjectClass.PRIVATE_KEY, self._label, name)
                if not found:
                    return None
                seat.keys[name] = found[0]
            return bytes(seat.keys[name].sign(message, mechanism=self._p11.Mechanism.EDDSA))

        signature = self._token.call(sign)
        if signature is None:
            self._held = self._chosen()
            raise KeyStoreUnavailable("the signing key was replaced")
        return signature

    def public_key(self) -> bytes:
        return self._held.public

    def rotate(self) -> str:
        """A new signing key; the old private key is destroyed."""
        kinds = self._p11.ObjectClass

        def change(session: Any) -> None:
            name = _make_signing(self._p11, session, self._label)
            for kind in (kinds.PRIVATE_KEY, kinds.PUBLIC_KEY):
                for key in _objects(self._p11, session, kind, self._label, None):
                    if _name(key) != name:
                        key.destroy()

        self._token.writing(change)
        self._held = self._chosen()
        return self._held.key_id

    def _chosen(self) -> _Chosen:
        found = self._token.call(self._newest)
        if found is None:
            raise KeyMissing(f"the token holds no key `{self._label}`; {_FIRST}")
        return found

    def _newest(self, seat: Seat) -> _Chosen | None:
        kinds, session = self._p11.ObjectClass, seat.session
        private = {_name(key) for key in _objects(self._p11, session, kinds.PRIVATE_KEY, self._label, None)}
        public = {_name(key): key for key in _objects(self._p11, session, kinds.PUBLIC_KEY, self._label, None)}
        whole = sorted(private & public.keys())
        if not whole:
            return None
        point = bytes(public[whole[-1]][self._p11.Attribute.EC_POINT])
        key = point[-32:]  # DER OCTET STRING around 32 bytes, or the bare 32 (PKCS#11 3.0)
        return _Chosen(whole[-1], key, key_id_of(key))


def _objects(p11: Any, session: Any, kind: Any, label: str, key_id: str | None) -> list[Any]:
    wanted = {p11.Attribute.CLASS: kind, p11.Attribute.LABEL: label}
    if key_id is not None:
        wanted[p11.Attribute.ID] = key_id.encode()
    return list(session.get_objects(wanted))


def _name(key: Any) -> str:
    return bytes(key.id).decode()


def _next_name(prefix: str, names: list[str]) -> str:
    """Sorts after all others; the random part keeps two made at once apart."""
    number = max((int(name.split("-")[1]) for name in names), default=0) + 1
    return f"{prefix}-{number:06d}-{secrets.token_hex(3)}"


def _private(p11: Any, **uses: bool) -> dict[Any, Any]:
    attributes = p11.Attribute
    template = {attributes.SENSITIVE: True, attributes.EXTRACTABLE: False, attributes.PRIVATE: True}
    return template | {getattr(attributes, use.upper()): allowed for use, allowed in uses.items()}


def _make_missing(p11: Any, session: Any) -> None:
    kind = p11.ObjectClass.SECRET_KEY
    if not _objects(p11, session, kind, _INDEX, None):
        if _objects(p11, session, kind, _KEK, None):
            raise KeyMissing("the token holds wrapping keys but not the secret of the index keys")
        session.generate_key(
            p11.KeyType.GENERIC_SECRET, 256, label=_INDEX, store=True,
            mechanism=p11.Mechanism.GENERIC_SECRET_KEY_GEN, template=_private(p11, sign=True, verify=True),
        )  # fmt: skip
    if not _objects(p11, session, kind, _KEK, None):
        _make_kek(p11, session)


def _make_kek(p11: Any, session: Any) -> str:
    name = _next_name("hsm", [_name(key) for key in _objects(p11, session, p11.ObjectClass.SECRET_KEY, _KEK, None)])
    template = _private(p11, encrypt=True, decrypt=True, wrap=False, unwrap=False)
    session.generate_key(p11.KeyType.AES, 256, label=_KEK, id=name.encode(), store=True, template=template)
    return name


def _make_signing(p11: Any, session: Any, label: str) -> str:
    from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415 - the package is an extra

    held = _objects(p11, session, p11.ObjectClass.PRIVATE_KEY, label, None)
    name = _next_name("sign", [_name(key) for key in held])
    curve = {p11.Attribute.EC_PARAMS: encode_named_curve_parameters(_ED25519)}
    parameters = session.create_domain_parameters(p11.KeyType.EC_EDWARDS, curve, local=True)
    parameters.generate_keypair(
        mechanism=p11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label, id=name.encode(),
        private_template=_private(p11, sign=True),
    )  # fmt: skip
    return name
