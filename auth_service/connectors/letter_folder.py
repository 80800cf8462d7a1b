"""Letters for printing: a page of text and the same as JSON, in a folder that whoever posts letters empties.

A file appears whole or not at all, readable by its owner only. The same letter again has the same name and content.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path

from auth_service.connectors.secret_files import private_folder, replace
from auth_service.notices.notice import TAKEN, Delivery, Outcome, Outgoing
from auth_service.notices.render import letter


class LetterFolder:
    """Fulfils notices.ports.NoticeSender."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Outgoing) -> Delivery:
        """The text comes last: whoever finds it finds both."""
        told = {
            "id": message.id,
            "kind": message.kind.value,
            "language": message.language.value,
            "address": message.address,
            "title": message.title,
            "text": message.text,
            "written_at": message.written_at.isoformat(),
        }
        name = f"{message.written_at:%Y%m%d}-{message.id}"
        try:
            private_folder(self._folder)
            replace(self._folder / f"{name}.json", json.dumps(told, ensure_ascii=False, indent=1).encode())
            replace(self._folder / f"{name}.txt", letter(message).encode())
        except OSError as full:
            return Delivery(Outcome.UNREACHABLE, f"folder_{errno.errorcode.get(full.errno or 0, 'fault').lower()}")
        return TAKEN
