"""SMS over the agency's own gateway: a small signed JSON by POST (docs/notices.md has the contract).

https with the certificate checked, or http on this machine. Nothing is followed, little is read, and every call ends.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from auth_service.connectors.deadline import Deadline
from auth_service.core.errors import SettingInvalid, Unavailable
from auth_service.notices.length import sms_parts
from auth_service.notices.notice import TAKEN, Delivery, Outcome, Outgoing

SECONDS = 5.0
"""source: trust.md 2.3, webhooks: no redirects, 5 s, 64 KB"""
_MOST_BYTES = 65_536
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_KNOWN, _SLOW_DOWN = 409, 429
LEAST_SECRET = 32
"""Bytes. source: RFC 2104 section 3: no shorter than the hash's output"""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class SmsGateway:
    """Fulfils notices.ports.NoticeSender."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """trust: other certificate authorities than the system's. raises SettingInvalid"""
        check_url(url)
        if len(secret) < LEAST_SECRET:
            raise SettingInvalid(f"a secret of at least {LEAST_SECRET} bytes", field="notices__sms_secret_file")
        self._url, self._secret, self._seconds, self._clock = url, secret, seconds, clock
        self._deadline = Deadline(seconds + 1.0, threads=2, name="SMS gateway", refusal=Unavailable)
        self._opener = urllib.request.build_opener(
            _NoRedirects,
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trust or ssl.create_default_context()),
        )

    def send(self, message: Outgoing) -> Delivery:
        """One try. 2xx and 409: taken; 400, 404, 413, 422 with a `code`: never; all else: again."""
        body = _body(message)
        at = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            "X-Timestamp": at,
            "X-Signature": signature(self._secret, at, body),
            "User-Agent": "auth-service-notices",
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - checked above
        try:
            return self._deadline.call(lambda: self._post(request))
        except Unavailable:
            return Delivery(Outcome.UNREACHABLE, "too_slow")

    def _post(self, request: urllib.request.Request) -> Delivery:
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return _delivery(answer.status, "", 0.0)
        except urllib.error.HTTPError as refused:
            with refused:
                try:
                    code = _code_of(refused.read(_MOST_BYTES))
                except (OSError, http.client.HTTPException):
                    code = ""
                return _delivery(refused.code, code, _seconds_of(refused.headers.get("Retry-After")))
        except (OSError, http.client.HTTPException) as error:
            return Delivery(Outcome.UNREACHABLE, "too_slow" if isinstance(error, TimeoutError) else "no_answer")


def signature(secret: bytes, at: str, body: bytes) -> str:
    """HMAC-SHA256, in hex, over the timestamp, a dot and the body as it is sent."""
    return hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def check_url(url: str) -> None:
    """raises SettingInvalid: neither https nor http on this machine"""
    parts = urllib.parse.urlsplit(url)
    if not parts.hostname or parts.username or parts.fragment:
        raise SettingInvalid("an address without user name and #", field="notices__sms_url")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname)):
        raise SettingInvalid("https, or http on this machine", field="notices__sms_url")


def is_here(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _body(message: Outgoing) -> bytes:
    """The same bytes at every try."""
    told = {
        "id": message.id,
        "to": message.address,
        "text": message.text,
        "language": message.language.value,
        "kind": message.kind.value,
        "parts": sms_parts(message.text),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def _delivery(status: int, code: str, wait_seconds: float) -> Delivery:
    if 200 <= status < 300 or status == _KNOWN:
        return TAKEN
    if code and status in {400, 404, 413, 422}:
        return Delivery(Outcome.NEVER, code)
    # without a code of the gateway's own it may be a proxy, a moved address or a wrong secret: nobody's number is wrong
    return Delivery(Outcome.AGAIN, f"http_{status}", wait_seconds if status in {_SLOW_DOWN, 503} else 0.0)


def _code_of(body: bytes) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = told.get("code") if isinstance(told, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _seconds_of(text: str | None) -> float:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0.0
