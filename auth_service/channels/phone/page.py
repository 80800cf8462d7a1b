"""GET /verify: the page that a beneficiary opens, with every word on it; and QR codes that lead to and from it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from auth_service.capture.challenge import Accommodation, Route
from auth_service.core.errors import NotFound
from auth_service.web.headers import CSP_CAPTURE, CSP_PHOTO, PERMISSIONS_CAPTURE
from auth_service.web.i18n import Language, language_of
from auth_service.web.page_assets import PageAssets
from auth_service.web.pages import pages_of
from auth_service.web.prose import blocks_of
from auth_service.web.qr import qr_svg
from auth_service.web.services import services_of
from auth_service.web.texts_phone import SCRIPTS

CONSENT, PILOT_CONSENT = "phone_consent", "pilot_consent"
ASSETS = PageAssets(Path(__file__).parent / "assets", "/verify/assets")
WAYS = ("counter", "home_visit", "phone_call", "relative")
"""Other ways that may be asked for, in the order in which they are shown."""
RELATIONS = ("child", "spouse", "kin", "neighbour", "carer")
_ACCOMMODATIONS = (
    Accommodation.CANNOT_TURN,
    Accommodation.CANNOT_STAND_LIGHT,
    Accommodation.CANNOT_HEAR,
    Accommodation.TREMOR,
    Accommodation.BEDRIDDEN,
)
_SERIAL = re.compile(r"[0-9a-f]{32}")
_PREFIX = "verify.js."


def script_words(language: Language) -> dict[str, str]:
    """What the scripts say, without the prefix of their keys."""
    place = 0 if language == "zh" else 1
    return {key.removeprefix(_PREFIX): texts[place] for key, texts in SCRIPTS.items()}


_own_address = lru_cache(maxsize=4)(qr_svg)
"""Drawn once for each language: who goes on at the phone reads on in the same one."""


def verify_page(request: Request) -> Response:
    """The whole page: every screen stands in it, and scripts show one at a time. A pilot's link brings its own text."""
    services, language = services_of(request), language_of(request)
    piloting = services.captures.pilot is not None and "pilot" in request.query_params
    consent = services.shown_text(PILOT_CONSENT if piloting else CONSENT, "current", language)
    response = pages_of(request).answer(
        request,
        "verify.html",
        asset=ASSETS.url,
        words=json.dumps(script_words(language), ensure_ascii=False),
        consent=consent,
        consent_blocks=blocks_of(consent.text),
        contact=services.contact,
        accommodations=[one.value for one in _ACCOMMODATIONS],
        relations=RELATIONS,
        ways=WAYS,
        codes=services.captures.possession.offered,
        always="yes" if services.captures.start.route_of(Route.FLASH) is Route.NO_FLASH else "",
        # nothing of the person: screens are looked at
        qr=_own_address(f"{services.public_url}/verify?lang={language}"),
    )
    response.headers["Content-Security-Policy"] = CSP_CAPTURE
    response.headers["Permissions-Policy"] = PERMISSIONS_CAPTURE
    return response


def page_asset(request: Request, version: str, file: str) -> Response:
    """A script, picture or style sheet of the page. raises NotFound"""
    return ASSETS.answer(request, version, file)


def certificate_qr(request: Request, serial: str) -> Response:
    """The address of a certificate as a picture. It is drawn for any serial of the right form and says nothing about
    whether one was given out. raises NotFound
    """
    if not _SERIAL.fullmatch(serial):
        raise NotFound
    drawn = qr_svg(f"{services_of(request).public_url}/certificates/{serial}")
    return Response(str(drawn), media_type="image/svg+xml", headers={"Content-Security-Policy": CSP_PHOTO})
