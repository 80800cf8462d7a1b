"""GET /certificates/{serial}: whether a certificate holds, by what kind of evidence, since when, until when."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.agency.schemas import CertificateState, RevokedCertificate, RevokedList
from auth_service.core.clock import legal_date
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.revocation import Revocation, read_list
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
    revoked = services.revocations.of(serial) if found is not None else None
    valid = found is not None and revoked is None and legal_date(services.clock.now()) <= found.due_on
    if not wants_page(request):
        told = _state(found, revoked, valid=valid).model_dump(mode="json")
        return JSONResponse(told, headers={"Vary": "Accept"})
    return pages_of(request).answer(
        request,
        "certificate.html",
        valid=valid,
        kind=found.evidence_kind.value if found else None,
        passed_on=found.passed_on if found else None,
        due_on=found.due_on if found else None,
        revoked_on=legal_date(revoked.revoked_at) if revoked else None,
        reason=revoked.reason.value if revoked else None,
        qr=qr_svg(f"{services.public_url}/certificates/{found.serial}") if valid and found else None,
    )


def revoked(request: Request) -> Response:
    """What holds no longer, for everybody who checks certificates without a line. raises RateLimited"""
    services = services_of(request)
    services.limit.lookup(client_of(request))
    signed = services.revocations.published()
    told = read_list(signed)
    lines = (
        RevokedCertificate(serial=one.serial, revoked_at=one.revoked_at, reason=one.reason) for one in told.revoked
    )
    answer = RevokedList(issued_at=told.issued_at, next_at=told.next_at, revoked=tuple(lines), signed=signed)
    return JSONResponse(answer.model_dump(mode="json"))


def _state(found: Certificate | None, revoked: Revocation | None, *, valid: bool) -> CertificateState:
    if found is None:
        return CertificateState(valid=False, evidence_kind=None, passed_on=None, due_on=None)
    return CertificateState(
        valid=valid,
        evidence_kind=found.evidence_kind,
        passed_on=found.passed_on,
        due_on=found.due_on,
        revoked_at=revoked.revoked_at if revoked else None,
        reason=revoked.reason if revoked else None,
    )
