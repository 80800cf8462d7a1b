"""GET /kiosk: the page of a self-service terminal, with every word on it, and the worker that keeps it without a line.

Only a terminal that staff let in can do anything with it; what it sends is signed (channels/kiosk/routes.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.devices import FACE_CM, FAR_CM, LENS_DEGREES, NEAR_CM
from auth_service.capture.challenge import Accommodation
from auth_service.channels.kiosk.sessions import CONSENT
from auth_service.channels.phone.page import WAYS, certificate_qr, script_words
from auth_service.web.headers import PERMISSIONS_CAPTURE, kiosk_policy
from auth_service.web.i18n import Language, language_of
from auth_service.web.page_assets import PageAssets, add_public_pages
from auth_service.web.pages import pages_of
from auth_service.web.prose import blocks_of
from auth_service.web.services import services_of
from auth_service.web.texts_kiosk import SCRIPTS

KIOSK = "/kiosk"
WORKER = "worker.js"
ASSETS = PageAssets(Path(__file__).parent / "assets", "/kiosk/assets")
HERE = "here"
"""The nearest way of all: a member of staff beside the terminal. It is called, not asked for in writing."""
ACCOMMODATIONS = (Accommodation.CANNOT_TURN, Accommodation.CANNOT_HEAR, Accommodation.TREMOR)
"""What a terminal can do something about; colours have a screen of their own."""
_PREFIX = "kiosk.js."
_PHONES = ("trouble.wechat", "trouble.alipay", "trouble.in_app", "code_sent", "field.name", "field.id", "field.helper")
"""What only the phone's page has to say."""


def kiosk_words(language: Language) -> dict[str, str]:
    """What the scripts say: the kiosk's own words before those that the phone's page has for the same."""
    place = 0 if language == "zh" else 1
    shared = {key: text for key, text in script_words(language).items() if not key.startswith(_PHONES)}
    return shared | {key.removeprefix(_PREFIX): texts[place] for key, texts in SCRIPTS.items()}


def lenses() -> dict[str, object]:
    """How wide each kind of lens sees, and where people stand."""
    degrees = {profile.value: found for profile, found in LENS_DEGREES.items()}
    return {"degrees": degrees, "seen": {"near": NEAR_CM, "far": FAR_CM, "face": FACE_CM}}


def kiosk_page(request: Request) -> Response:
    """The whole page: every screen stands in it, and scripts show one at a time."""
    services, language = services_of(request), language_of(request)
    consent = services.shown_text(CONSENT, "current", language)
    response = pages_of(request).answer(
        request,
        "kiosk.html",
        asset=ASSETS.url,
        words=json.dumps(kiosk_words(language), ensure_ascii=False, separators=(",", ":")),
        lenses=json.dumps(lenses()),
        files=" ".join(name for name in ASSETS.paths if name != WORKER),
        bridge=services.kiosk_bridge,
        consent=consent,
        consent_blocks=blocks_of(consent.text),
        contact=services.contact,
        accommodations=[one.value for one in ACCOMMODATIONS],
        ways=(HERE, *WAYS),
    )
    response.headers["Content-Security-Policy"] = kiosk_policy(services.kiosk_bridge)
    response.headers["Permissions-Policy"] = PERMISSIONS_CAPTURE
    return response


def kiosk_asset(request: Request, version: str, file: str) -> Response:
    """A script, picture or style sheet of the page. raises NotFound"""
    return ASSETS.answer(request, version, file)


def kiosk_worker(request: Request) -> Response:
    """Beside the page, because a worker serves what lies beneath it; looked up anew at each start."""
    response = ASSETS.answer(request, "", WORKER)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = KIOSK
    response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return response


def add_kiosk_page(app: FastAPI) -> None:
    """The page and its files."""
    pages: dict[str, Callable[..., Response]] = {
        KIOSK: kiosk_page,
        "/kiosk/worker.js": kiosk_worker,
        "/kiosk/assets/{version}/{file}": kiosk_asset,
        "/kiosk/certificates/{serial}/qr.svg": certificate_qr,
    }
    add_public_pages(app, pages)
