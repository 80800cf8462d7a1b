"""GET /certificates/{serial}: whether a certificate holds, by what kind of evidence, since when, until when."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.agency.schemas import CertificateState
from auth_service.core.clock import legal_date
from auth_service.qualification.certificate import Certificate
from auth_service.web.access import client_of
from auth_service.web.pages import pages_of, wants_page
from auth_service.web.qr import qr_svg
from auth_service.web.services import services_of

_SERIAL = re.compile(r"[0-9a-f]{32}")


def certificate(request: Request, serial: str) -> Response:
    """A page for a browser, JSON for a program. The answer for a serial that was never given out has the same form,
    and the status 200: the question, whether this certificate holds, was answered."""
    services = services_of(request)
    services.limit.lookup(client_of(request))
    found = services.look.certificate(serial) if _SERIAL.fullmatch(serial) else None
    valid = found is not None and legal_date(services.clock.now()) <= found.due_on
    if not wants_page(request):
        return JSONResponse(_state(found, valid=valid).model_dump(mode="json"), headers={"Vary": "Accept"})
    return pages_of(request).answer(
        request,
        "certificate.html",
        valid=valid,
        kind=found.evidence_kind.value if found else None,
        passed_on=found.passed_on if found else None,
        due_on=found.due_on if found else None,
        qr=qr_svg(f"{services.public_url}/certificates/{found.serial}") if valid and found else None,
    )


def _state(found: Certificate | None, *, valid: bool) -> CertificateState:
    if found is None:
        return CertificateState(valid=False, evidence_kind=None, passed_on=None, due_on=None)
    return CertificateState(
        valid=valid, evidence_kind=found.evidence_kind.value, passed_on=found.passed_on, due_on=found.due_on
    )
