"""The key store that the settings name: its key ring and its signer, over one token where it is a token.

Keys are made only for a caller who may: a key that was lost must stop the service, not be followed by another that
everybody then trusts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from auth_service.connectors.hsm import AUDIT, SIGNING, TokenKeys, TokenSigner
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.pkcs11_token import Token, TokenPlace
from auth_service.connectors.signing import PublicKeyBook, SigningKeyFile
from auth_service.core.errors import KeyMissing
from auth_service.core.keys import KeyPolicy, KeyStore, KeyStoreKind, RotatingSigner


class KeyChoice:
    """Opens what `policy` names. folder: where files of keys lie, and the public keys in any case"""

    def __init__(self, policy: KeyPolicy, folder: Path) -> None:
        self._policy = policy
        self._folder = folder
        self.public_keys = PublicKeyBook(folder / "public_keys.json")
        self.audit_public_keys = PublicKeyBook(folder / "audit_public_keys.json")

    @property
    def in_files(self) -> bool:
        return self._policy.store is KeyStoreKind.FILE

    @property
    def exists(self) -> bool:
        """Whether there is a key ring already, as far as a look at files tells; a token is always asked."""
        return not self.in_files or (self._folder / "keys.json").exists()

    def keys(self, *, may_create: bool) -> KeyStore:
        """raises KeyMissing (gone, and may not be made anew), KeyStoreUnavailable, SettingInvalid"""
        if not self.in_files:
            return TokenKeys.open_or_create(self._token) if may_create else TokenKeys(self._token)
        path = self._folder / "keys.json"
        if not may_create and not path.exists():
            raise KeyMissing("the database exists, its key file does not; put the key file back from its backup")
        return KeyFile.open_or_create(path)

    def signer(self, *, may_create: Callable[[], bool]) -> RotatingSigner:
        """The signer, its public key on record. may_create: asked only where there is none. raises as `keys`"""
        signer: RotatingSigner
        if self.in_files:
            path = self._folder / "signing.json"
            if not path.exists() and not may_create():
                raise KeyMissing("certificates were issued, but their signing key is gone; put it back from its backup")
            signer = SigningKeyFile.open_or_create(path)
        else:
            signer = self._token_signer(SIGNING, may_create)
        self.public_keys.remember(signer)
        return signer

    def audit_signer(self, *, may_create: bool) -> RotatingSigner:
        """Signs checkpoints of the audit trail with a key of its own; its public key on record. raises as `keys`"""
        signer: RotatingSigner
        if self.in_files:
            path = self._folder / "audit_signing.json"
            if not may_create and not path.exists():
                raise KeyMissing("checkpoints were signed, but their key is gone; put it back, or `audit renew-key`")
            signer = SigningKeyFile.open_or_create(path)
        else:
            signer = self._token_signer(AUDIT, lambda: may_create)
        self.audit_public_keys.remember(signer)
        return signer

    def _token_signer(self, label: str, may_create: Callable[[], bool]) -> TokenSigner:
        try:
            return TokenSigner(self._token, label)
        except KeyMissing:
            if not may_create():
                raise
        return TokenSigner.open_or_create(self._token, label)

    @cached_property
    def _token(self) -> Token:
        policy = self._policy
        place = TokenPlace(Path(policy.pkcs11_module), policy.pkcs11_token, Path(policy.pkcs11_pin_file))
        return Token(place, policy.seconds)
