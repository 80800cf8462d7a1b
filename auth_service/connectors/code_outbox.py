"""One-time codes for the agency's own SMS gateway: one file each in a folder that the gateway empties.

The gateway reads `*.json` (UTF-8: phone, text_zh, text_en, expires_at), sends the text and removes the file. A file
appears whole or not at all, and is readable by its owner only. What a gateway left lying is removed with the next code
once it is of no use: it names a telephone.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from auth_service.connectors.secret_files import private_folder
from auth_service.core.errors import Unavailable

_TIME = "%Y%m%dT%H%M%S"
_OURS = re.compile(r"\.?([0-9]{8}T[0-9]{6})-[0-9a-f]{16}\.(json|part)")


class CodeOutbox:
    """Fulfils capture.ports.CodeSender. Threads share it."""

    def __init__(self, folder: Path, minutes: int, agency: str = "") -> None:
        """minutes: how long a code holds; agency: its name in the text"""
        self._folder = folder
        self._minutes = minutes
        self._agency = agency

    def send(self, phone: str | None, code: str, now: datetime) -> None:
        """raises Unavailable: the folder cannot be written"""
        name = f"{now:{_TIME}}-{secrets.token_hex(8)}"
        begun = self._folder / f".{name}.part"
        try:
            private_folder(self._folder)
            self._remove_old(now)
            with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._message(phone, code, now), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            if phone is None:  # nobody to send it to; it took as long
                begun.unlink()
            else:
                begun.rename(self._folder / f"{name}.json")
        except OSError as full:
            raise Unavailable("a code cannot be handed over") from full

    def _remove_old(self, now: datetime) -> None:
        """By the time in their names, which sort as they were written."""
        oldest = f"{now - timedelta(minutes=self._minutes):{_TIME}}"
        for file in self._folder.iterdir():
            ours = _OURS.fullmatch(file.name)
            if ours is not None and ours[1] < oldest:
                file.unlink(missing_ok=True)  # the gateway may be just taking it

    def _message(self, phone: str | None, code: str, now: datetime) -> dict[str, str]:
        zh = f"【{self._agency}】" if self._agency else ""
        en = f"{self._agency}: " if self._agency else ""
        return {
            "phone": phone or "",
            "text_zh": f"{zh}资格认证验证码{code}，{self._minutes}分钟内有效。工作人员不会索要，请勿告诉他人。",
            "text_en": f"{en}your code is {code}, for {self._minutes} minutes. Staff never ask for it; tell nobody.",
            "expires_at": (now + timedelta(minutes=self._minutes)).isoformat(),
        }
