"""Files to the paying agency: a CSV of acts, and beside it a manifest with its digest and sums, signed.

Whoever has the public key (`auth-service certificates public-key`) can check both without this service.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from auth_service.connectors.formula_guard import guarded
from auth_service.connectors.secret_files import private_folder
from auth_service.connectors.signing import signature_holds
from auth_service.core.errors import FileUnreadable, SealBroken, StorageFault
from auth_service.core.keys import Signer
from auth_service.payments.instructions import INSTRUCTION_COLUMNS, Instruction, Packed

_PURPOSE = b"auth-service payment manifest 1\n"
"""Signed before the document, so that no signature over anything else of this key fits a manifest."""


class PaymentFiles:
    """Packs acts, and writes what was packed into a folder that only its owner reads. fulfils flows/send_payments.py"""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer

    def pack(self, file_id: str, made_at: datetime, rows: Sequence[Instruction]) -> Packed:
        """raises KeyStoreUnavailable"""
        content = _csv(rows)
        document = {
            "version": 1,
            "file": f"{file_id}.csv",
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": len(rows),
            "made_at": made_at.isoformat(timespec="seconds"),
            "acts": _sums(rows),
            "key_id": self._signer.key_id,
        }
        text = _canonical(document)
        signature = self._signer.sign(_PURPOSE + text.encode())
        signed = {**document, "signature": base64.urlsafe_b64encode(signature).decode()}
        return Packed(file_id, content, str(document["sha256"]), json.dumps(signed, indent=1, sort_keys=True) + "\n")

    def write(self, packed: Packed) -> str:
        """The manifest last: whoever sees it finds the whole file. Returns the CSV's path. raises StorageFault"""
        path = self._folder / f"{packed.file_id}.csv"
        try:
            private_folder(self._folder)
            _write(path, packed.content)
            _write(self._folder / f"{packed.file_id}.manifest.json", packed.manifest.encode())
        except OSError as error:
            raise StorageFault("the folder of payment files cannot be written") from error
        return str(path)


def check_manifest(manifest: str, content: bytes, public_keys: Mapping[str, bytes]) -> dict[str, Any]:
    """What a manifest says, once its signature and the file's digest have proved right.

    raises   FileUnreadable (no manifest), SealBroken (signed by nobody known, or another file)
    """
    try:
        document = json.loads(manifest)
        signature = base64.urlsafe_b64decode(document.pop("signature"))
        public, digest = public_keys.get(document["key_id"]), document["sha256"]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileUnreadable("not a payment manifest") from error
    if public is None or not signature_holds(public, signature, _PURPOSE + _canonical(document).encode()):
        raise SealBroken("the manifest's signature is wrong")
    if hashlib.sha256(content).hexdigest() != digest:
        raise SealBroken("the file is not the one that was signed")
    return dict(document)


def _csv(rows: Sequence[Instruction]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(INSTRUCTION_COLUMNS)
    writer.writerows([guarded(cell) for cell in row.cells()] for row in rows)
    return text.getvalue().encode()


def _sums(rows: Sequence[Instruction]) -> dict[str, dict[str, Any]]:
    """act -> how many, and what they come to."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for row in rows:
        count, amount = sums.get(row.act.value, (0, Decimal("0.00")))
        sums[row.act.value] = count + 1, amount + (row.amount or Decimal(0))
    return {act: {"count": count, "amount": f"{amount:.2f}"} for act, (count, amount) in sums.items()}


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
