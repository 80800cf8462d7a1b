"""An address as a witness: each checkpoint is sent by POST, once it is taken (2xx) it counts as kept.

https with the certificate checked, or http on this machine itself. Nothing is followed, little is read: the other side
is trusted to keep notes, and for nothing else. It may get a note twice, and answers 409 where the note contradicts what
it keeps.

One address, path and query included, is one history. After a restore from a backup the numbers since are signed again,
which the other side must refuse: it cannot tell a restore from an attack. The keeper then gives another address, which
gets every checkpoint from the first on (docs/operations/audit.md, "After a restore").
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from auth_service.core.checkpoint import Checkpoint
from auth_service.core.errors import SettingInvalid, WitnessConflict, WitnessUnreachable

_SECONDS = 5.0
"""source: trust.md 2.6, webhooks: no redirects, 5 s"""
_CONFLICT = 409


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class UrlWitness:
    """Witness over HTTP."""

    def __init__(self, url: str, *, seconds: float = _SECONDS, trust: ssl.SSLContext | None = None) -> None:
        """trust: other certificate authorities than the system's. raises SettingInvalid"""
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname or parts.username or parts.fragment:
            raise SettingInvalid("an address without user name and #", field="audit__witness_url")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
            raise SettingInvalid("https, or http on this machine", field="audit__witness_url")
        self._url = url
        self._host = parts.hostname
        self._seconds = seconds
        self._opener = urllib.request.build_opener(
            _NoRedirects,
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trust or ssl.create_default_context()),
        )

    @property
    def name(self) -> str:
        where = hashlib.sha256(self._url.encode()).hexdigest()[:8]
        return f"url:{self._host[:100]}:{where}"

    @property
    def answers(self) -> bool:
        return False

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        """raises WitnessUnreachable, WitnessConflict"""
        body = note.encode()
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Idempotency-Key": hashlib.sha256(body).hexdigest(),
            "User-Agent": "auth-service-audit",
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            refused.close()
            status = refused.code
        except (OSError, http.client.HTTPException) as error:
            raise WitnessUnreachable(type(error).__name__) from error
        if status == _CONFLICT:
            raise WitnessConflict(f"checkpoint {checkpoint.number} was refused with 409")
        if not 200 <= status < 300:
            raise WitnessUnreachable(f"answered {status}")

    def newest(self) -> str | None:
        """An address takes notes and gives none back."""
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
