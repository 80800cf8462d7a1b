"""One row of the audit trail with the proof that it stands under a signed checkpoint: checked without the service.

The proof is a JSON file with the row as it is stored, the checkpoint's note and the inclusion path. It shows what the
row says and that this is what was signed, and nothing of any other row.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auth_service.core.audit import StoredRow, fits, is_hash
from auth_service.core.checkpoint import Checkpoint, Keyholders
from auth_service.core.errors import CheckpointInvalid, FileUnreadable
from auth_service.core.merkle import inclusion_holds

_FORMAT = "auth-service audit row proof 1"


@dataclass(frozen=True, slots=True)
class RowProof:
    """The row, the note of a checkpoint that covers it, and the path of hashes between the two."""

    row: StoredRow
    note: str
    path: Sequence[bytes]

    def check(self, keyholders: Keyholders) -> Checkpoint:
        """The checkpoint under which the row stands. raises CheckpointInvalid: nothing is proved"""
        checkpoint = keyholders.open(self.note)
        if not fits(self.row, self.row.number, self.row.previous) or not is_hash(self.row.hash):
            raise CheckpointInvalid("the row does not have the hash that it claims")
        leaf = bytes.fromhex(self.row.hash)
        if not inclusion_holds(leaf, self.row.number - 1, checkpoint.rows, self.path, checkpoint.root):
            raise CheckpointInvalid("the row does not stand under this checkpoint")
        return checkpoint

    def text(self) -> str:
        path = [base64.b64encode(node).decode() for node in self.path]
        document = {"format": _FORMAT, "row": self.row._asdict(), "path": path, "checkpoint": self.note}
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read_row_proof(text: str) -> RowProof:
    """raises FileUnreadable: not a proof"""
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT or not isinstance(document["checkpoint"], str):
            raise FileUnreadable("not a proof of an audit row")
        path = tuple(base64.b64decode(node, validate=True) for node in document["path"])
        return RowProof(row_of(document["row"]), document["checkpoint"], path)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise FileUnreadable("not a proof of an audit row") from error


def row_of(document: Any) -> StoredRow:
    """A row from its JSON form, with exactly the fields of a row. raises ValueError"""
    if not isinstance(document, dict) or set(document) != set(StoredRow._fields):
        raise ValueError("not an audit row")
    texts = [document[name] for name in StoredRow._fields if name != "number"]
    number = document["number"]
    if type(number) is not int or number < 1 or not all(isinstance(text, str) for text in texts):
        raise ValueError("not an audit row")
    return StoredRow(**document)
