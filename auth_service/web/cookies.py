"""Our cookies: of staff sessions, forms, browsers, capture sessions and languages. No script reads one."""

from __future__ import annotations

from starlette.responses import Response

_SESSION = "auth_service"
_FORM = "auth_service_form"
_DEVICE = "auth_service_device"
_CAPTURE = "auth_service_capture"
_PHONE = "auth_service_phone"


def session_cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS (RFC 6265bis); plain only on loopback in development."""
    return f"__Host-{_SESSION}" if secure else _SESSION


def form_cookie_name(*, secure: bool) -> str:
    """Carries the token of the sign-in form, before there is a session."""
    return f"__Host-{_FORM}" if secure else _FORM


def device_cookie_name(*, secure: bool) -> str:
    """Carries what an account knows this browser by (accounts/browsers.py)."""
    return f"__Host-{_DEVICE}" if secure else _DEVICE


def capture_cookie_name(*, secure: bool) -> str:
    """Carries the key of a capture session."""
    return f"__Host-{_CAPTURE}" if secure else _CAPTURE


def phone_cookie_name(*, secure: bool) -> str:
    """Carries a random mark, by which a phone that many people use is known (rule V01)."""
    return f"__Host-{_PHONE}" if secure else _PHONE


def remember_phone(response: Response, value: str, *, secure: bool) -> None:
    """A year from the last session, as the consent text says."""
    name = phone_cookie_name(secure=secure)
    response.set_cookie(name, value, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="strict")


def remember_device(response: Response, value: str, *, secure: bool) -> None:
    """A year from the last sign-in."""
    name = device_cookie_name(secure=secure)
    response.set_cookie(name, value, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="strict")


def set_cookie(response: Response, name: str, value: str, *, secure: bool) -> None:
    """Lives as long as the browser's window; the server decides when a session ends."""
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="strict")


def drop_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Takes it back."""
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def remember_language(response: Response, name: str, value: str, *, secure: bool) -> None:
    """A year; not secret, so a link from elsewhere may carry it."""
    response.set_cookie(name, value, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="lax")
