"""Bytes of any length, encrypted in chunks each of which is authenticated with its place: nothing can be cut or moved.

source  STREAM: Hoang, Reyhanitabar, Rogaway, Vizar, "Online authenticated-encryption and its nonce-reuse
        misuse-resistance", CRYPTO 2015; the nonce of counter and last flag as in age (C2SP age v1); NIST SP 800-38D
"""

from __future__ import annotations

from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from auth_service.core.errors import ArchiveUnreadable

CHUNK_BYTES = 256 * 1024
"""Clear bytes per chunk: memory stays flat, and the 16 bytes of a tag do not count."""
_TAG_BYTES = 16


class SealingStream:
    """Writes clear bytes as sealed chunks. The key must seal one stream only: nonces are counted, not drawn."""

    def __init__(self, file: BinaryIO, key: bytes, bound_to: bytes) -> None:
        """bound_to: the archive's header, which thereby cannot be changed either"""
        self._file = file
        self._cipher = AESGCM(key)
        self._bound_to = bound_to
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # one chunk is held back: the last one bears the flag
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def end(self) -> None:
        """Writes the last chunk, without which no reader accepts the stream."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, clear: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, clear, self._bound_to + nonce))
        self._number += 1


class OpeningStream:
    """Reads what SealingStream wrote. raises ArchiveUnreadable: cut, reordered, lengthened or changed"""

    def __init__(self, file: BinaryIO, key: bytes, bound_to: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._bound_to = bound_to
        self._number = 0
        self._next = file.read(CHUNK_BYTES + _TAG_BYTES)
        self._clear = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Exactly so many bytes; b"" at the end. raises ArchiveUnreadable: also when it ends in between"""
        parts, wanted = [], size
        while wanted:
            if not self._clear and not self._open_next():
                break
            part = self._clear[:wanted]
            self._clear = self._clear[len(part) :]
            parts.append(bytes(part))
            wanted -= len(part)
        found = b"".join(parts)
        if found and len(found) != size:
            raise ArchiveUnreadable("it ends in the middle of a record")
        return found

    def _open_next(self) -> bool:
        while self._next:
            sealed, self._next = self._next, self._file.read(CHUNK_BYTES + _TAG_BYTES)
            nonce = _nonce(self._number, last=not self._next)
            try:
                self._clear = memoryview(self._cipher.decrypt(nonce, sealed, self._bound_to + nonce))
            except (InvalidTag, ValueError) as error:
                raise ArchiveUnreadable(f"chunk {self._number} does not open") from error
            self._number += 1
            if self._clear:
                return True
        if not self._number:
            raise ArchiveUnreadable("it ends after its header")
        return False


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + (b"\x01" if last else b"\x00")
