"""Every route of the agency channel with its rule of access."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, FastAPI
from starlette.responses import Response

from auth_service.channels.agency import certificates, flags, operations, payments, registry_batches, texts
from auth_service.channels.agency.description import (
    ANSWER_REQUEST,
    BATCH_REQUEST,
    ENROLL_REQUEST,
    FLAGS_REQUEST,
    LIST_REQUEST,
    POST_PROBLEMS,
    SEEN_REQUEST,
    VERIFY_REQUEST,
    problems,
)
from auth_service.channels.agency.enrollments import enroll
from auth_service.channels.agency.schemas import (
    AnswerKept,
    BatchAnswer,
    CertificateState,
    EnrollmentAnswer,
    FlagList,
    Health,
    ProposalList,
    ReadinessAnswer,
    RevokedList,
    TextAnswer,
    VerificationAnswer,
)
from auth_service.channels.agency.verifications import verify
from auth_service.web.access import PUBLIC, READS_METRICS

_OPEN = [Depends(PUBLIC)]


def add_agency(app: FastAPI) -> None:
    """Adds the routes. Those of `/v1` carry their rule in their functions' parameters (web/access.py)."""
    _add_calls(app)
    _add_feeds(app)
    _add_operations(app)


def _add_calls(app: FastAPI) -> None:
    app.add_api_route(
        "/v1/enrollments", enroll, methods=["POST"], status_code=201, response_model=None, tags=["enrolment"],
        summary="Enrol photos of one person", openapi_extra=ENROLL_REQUEST,
        responses={201: {"model": EnrollmentAnswer}, **POST_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/verifications", verify, methods=["POST"], response_model=None, tags=["verification"],
        summary="Compare a fresh photo with the enrolled ones", openapi_extra=VERIFY_REQUEST,
        responses={200: {"model": VerificationAnswer}, **POST_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/payment-proposals", payments.listed, methods=["GET"], response_model=None, tags=["payments"],
        summary="Approved acts on money, for the paying agency", openapi_extra=LIST_REQUEST,
        responses={200: {"model": ProposalList}, **problems("401", "403", "422", "429", "503")},
    )  # fmt: skip
    app.add_api_route(
        "/v1/payment-proposals/{proposal_id}/answers", payments.answer, methods=["POST"], response_model=None,
        tags=["payments"], summary="What the paying agency did with an act", openapi_extra=ANSWER_REQUEST,
        responses={200: {"model": AnswerKept}, **POST_PROBLEMS, **problems("404")},
    )  # fmt: skip
    app.add_api_route(
        "/certificates/{serial}", certificates.certificate, methods=["GET"], response_model=None,
        dependencies=_OPEN, tags=["certificates"], summary="Whether a certificate holds",
        responses={200: {"model": CertificateState}, **problems("429", "503")},
    )  # fmt: skip
    app.add_api_route(
        "/v1/certificates/revoked", certificates.revoked, methods=["GET"], response_model=None,
        dependencies=_OPEN, tags=["certificates"], summary="Certificates that hold no longer, as a signed list",
        responses={200: {"model": RevokedList}, **problems("429", "503")},
    )  # fmt: skip
    app.add_api_route(
        "/v1/texts/{kind}/{version}", texts.shown, methods=["GET"], response_model=None, dependencies=_OPEN,
        tags=["consent"], summary="Consent text or notice (version `current`), with its hash",
        responses={200: {"model": TextAnswer}, **problems("404")},
    )  # fmt: skip


def _add_feeds(app: FastAPI) -> None:
    app.add_api_route(
        "/v1/registry-batches", registry_batches.push, methods=["POST"], status_code=201, response_model=None,
        tags=["registries"], summary="Send a file of a registry", openapi_extra=BATCH_REQUEST,
        responses={201: {"model": BatchAnswer}, **POST_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/registry-batches/{batch_id}", registry_batches.seen, methods=["GET"], response_model=None,
        tags=["registries"], summary="What became of a file that this key sent", openapi_extra=SEEN_REQUEST,
        responses={200: {"model": BatchAnswer}, **problems("401", "403", "404", "429", "503")},
    )  # fmt: skip
    app.add_api_route(
        "/v1/flags", flags.listed, methods=["GET"], response_model=None, tags=["flags"],
        summary="What asks for attention, by person key", openapi_extra=FLAGS_REQUEST,
        responses={200: {"model": FlagList}, **problems("401", "403", "422", "429", "503")},
    )  # fmt: skip


def _add_operations(app: FastAPI) -> None:
    app.add_api_route(
        "/healthz", operations.healthz, methods=["GET"], response_model=None, dependencies=_OPEN,
        tags=["operation"], summary="Alive", responses={200: {"model": Health}},
    )  # fmt: skip
    app.add_api_route(
        "/readyz", operations.readyz, methods=["GET"], response_model=None, dependencies=_OPEN,
        tags=["operation"], summary="Ready, or what is missing",
        responses={200: {"model": ReadinessAnswer}, 503: {"model": ReadinessAnswer}},
    )  # fmt: skip
    app.add_api_route(
        "/metrics", operations.metrics, methods=["GET"], response_model=None,
        dependencies=[Depends(READS_METRICS)], tags=["operation"], summary="Prometheus text",
        responses={200: {"content": {"text/plain": {}}}, **problems("401", "403")},
    )  # fmt: skip
    undescribed: dict[str, Callable[..., Response]] = {
        "/openapi.json": operations.openapi,
        "/static/{name}": operations.static,
        "/": operations.root,
    }
    for path, endpoint in undescribed.items():
        app.add_api_route(
            path, endpoint, methods=["GET"], response_model=None, dependencies=_OPEN, include_in_schema=False
        )
