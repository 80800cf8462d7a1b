"""What a browser may do with our answers. source: trust.md 2.6; ASVS 5.0 section 3.4"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP_DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""JSON and everything else that is not a page."""
CSP_PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Our pages: no script of any kind, no inline style."""
CSP_CAPTURE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:;"
    " media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The beneficiary's page alone: our own script files, nothing inline, and no text that could become script."""


def kiosk_policy(bridge: str) -> str:
    """The kiosk's page: as the beneficiary's, with the program for its hardware and a worker of ours.

    bridge   origin of that program, on the same machine; the only other address that the page may speak to
    """
    reaching = CSP_CAPTURE.replace("connect-src 'self'", f"connect-src 'self' {bridge}")
    return reaching.replace("trusted-types 'none'", "trusted-types kiosk-worker; worker-src 'self'")


CSP_PHOTO = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A photo opened by itself can do nothing at all."""

_NO_DEVICE = "microphone=(), geolocation=(), payment=(), usb=(), display-capture=()"
PERMISSIONS = f"camera=(), {_NO_DEVICE}"
PERMISSIONS_CAPTURE = f"camera=(self), {_NO_DEVICE}"
"""The beneficiary's page alone may ask for the camera, and for nothing else."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}
_HSTS = "max-age=63072000; includeSubDomains"
"""Two years."""


def every_answer(*, secure: bool) -> dict[str, str]:
    """What stands on every answer. secure: the public address is https"""
    return _ALWAYS | ({"Strict-Transport-Security": _HSTS} if secure else {})


class SecurityHeaders:
    """Adds them to every answer. A route may only tighten the policy, say how its own answer is cached, and open the
    camera in the one form that stands above."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._fixed = every_answer(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                camera = headers.get("Permissions-Policy") == PERMISSIONS_CAPTURE
                headers.update(self._fixed)
                if camera:
                    headers["Permissions-Policy"] = PERMISSIONS_CAPTURE
                headers.setdefault("Content-Security-Policy", CSP_DATA)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarding)
