"""Spans reach a collector of the operator's own, with listed names and attributes and nothing of a person."""

from __future__ import annotations

import dataclasses
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from auth_service.app import create_app
from auth_service.connectors.telemetry import ATTRIBUTES, SPANS, OtlpTracer, tracer_to
from auth_service.core.errors import FieldInvalid, SettingInvalid
from auth_service.core.tracing import NoTracer
from auth_service.wiring import Wiring
from tests.channels.service import EILEEN, NAMES, Deployment

CANARY = "Wang-Xiuying-canary"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP endpoint on loopback that keeps what it is sent."""
    bodies: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", bodies
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.asvs("14.2.3")
def test_spans_of_a_verification_arrive_and_hold_no_canary(
    service: Deployment, collector: tuple[str, list[bytes]]
) -> None:
    endpoint, bodies = collector
    settings = service.wiring.settings.model_copy(update={"telemetry_endpoint": endpoint})
    traced = Wiring(settings, service.clock)
    app = create_app(dataclasses.replace(traced.services(), clock=service.clock))
    service.app = app
    service.verify(EILEEN, service.portraits.eileen_later, attested_by="c.7")
    service.client(app).get(f"/v1/{CANARY}?id_number={EILEEN}", headers={"User-Agent": CANARY})
    service.client(app).request(CANARY, "/healthz")
    with pytest.raises(FieldInvalid), traced.tracer.span(CANARY, person=CANARY):
        raise FieldInvalid(CANARY)
    assert isinstance(traced.tracer, OtlpTracer)
    assert traced.tracer.flush()
    traced.tracer.close()
    traced.store.close()
    spans = [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert {"request", "reader.wait", "photo.read", "transaction", "other"} <= {span.name for span in spans}
    assert {span.name for span in spans} <= SPANS | {"other"}
    assert {attribute.key for span in spans for attribute in span.attributes} <= ATTRIBUTES
    assert not any(span.events for span in spans), "an event would carry an exception's message"
    parents = {span.span_id: span for span in spans}
    read = next(span for span in spans if span.name == "photo.read")
    assert parents[read.parent_span_id].name == "request", "one trace from request to reader"
    for body in bodies:
        for personal in (CANARY, EILEEN, NAMES[EILEEN], service.serial):
            assert personal.encode() not in body


def test_an_unreachable_collector_harms_nobody(service: Deployment) -> None:
    settings = service.wiring.settings.model_copy(update={"telemetry_endpoint": "http://127.0.0.1:9/v1/traces"})
    traced = Wiring(settings, service.clock)
    with traced.tracer.span("request"):
        pass
    assert isinstance(traced.tracer, OtlpTracer)
    traced.tracer.close()
    assert isinstance(tracer_to(""), NoTracer)
    with pytest.raises(SettingInvalid):
        tracer_to("file:///etc/passwd")
