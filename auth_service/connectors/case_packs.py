"""Evidence packs of cases, signed with the key of certificates: whoever has the public key checks one offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from auth_service.casework.evidence_pack import canonical
from auth_service.connectors.signing import signature_holds
from auth_service.core.errors import FileUnreadable, SealBroken
from auth_service.core.keys import Signer, sign_named

_PURPOSE = b"auth-service case pack 1\n"
"""Signed before the document, so that no signature over anything else of this key fits a pack."""


def sign_pack(document: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """The document with `key_id` and `signature`. raises KeyStoreUnavailable"""
    signature = sign_named(signer, lambda key_id: _message({**document, "key_id": key_id}))
    signed = {**document, "key_id": signer.key_id}
    return {**signed, "signature": base64.urlsafe_b64encode(signature).decode()}


def pack_text(signed: Mapping[str, Any]) -> str:
    """A pack as its file holds it."""
    return json.dumps(signed, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def check_pack(text: str, public_keys: Mapping[str, bytes]) -> dict[str, Any]:
    """What a pack says, once its signature has proved right. raises FileUnreadable (no pack), SealBroken"""
    try:
        document = json.loads(text)
        signature = base64.urlsafe_b64decode(document.pop("signature"))
        public = public_keys.get(document["key_id"])
        message = _message(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileUnreadable("not an evidence pack") from error
    if public is None or not signature_holds(public, signature, message):
        raise SealBroken("the pack's signature is wrong")
    return dict(document)


def _message(document: Mapping[str, Any]) -> bytes:
    return _PURPOSE + canonical(document).encode()
