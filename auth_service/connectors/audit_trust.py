"""Who signs checkpoints here, by which keys they are checked, and who witnesses them, as the settings say."""

from __future__ import annotations

from pathlib import Path

from auth_service.connectors.signing import PublicKeyBook, signature_holds
from auth_service.connectors.witness_folder import FolderWitness
from auth_service.connectors.witness_in_time import WitnessInTime
from auth_service.connectors.witness_url import UrlWitness
from auth_service.core.checkpoint import AuditPolicy, Keyholders, Notary, PublicKey, read_public_keys
from auth_service.core.errors import FileUnreadable
from auth_service.core.keys import Signer
from auth_service.core.witness import Witness

_MOST_BYTES = 65_536


def notary_of(policy: AuditPolicy, signer: Signer, book: PublicKeyBook) -> Notary:
    """Signs with the present key; knows what every key of the book has signed."""
    return Notary(policy.origin, signer, signature_holds, lambda: keys_of(policy, book))


def keys_of(policy: AuditPolicy, book: PublicKeyBook) -> tuple[PublicKey, ...]:
    """Every public key that ever signed this service's checkpoints, oldest first."""
    return tuple(PublicKey(policy.origin, raw) for raw in book.all().values())


def witnesses_of(policy: AuditPolicy) -> tuple[Witness, ...]:
    """raises SettingInvalid"""
    found: list[Witness] = []
    if policy.witness_folder:
        found.append(FolderWitness(Path(policy.witness_folder)))
    if policy.witness_url:
        found.append(UrlWitness(policy.witness_url))
    return tuple(WitnessInTime(witness) for witness in found)


def keyholders_in(path: Path) -> Keyholders:
    """The keys of a file that somebody kept (`auth-service audit key`). raises FileUnreadable"""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{path.name} cannot be read", field="public_key") from error
    return Keyholders(read_public_keys(text), signature_holds)
