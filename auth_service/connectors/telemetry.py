"""Traces to a collector of the operator's own, over OTLP. Off unless an endpoint is set; needs the extra `telemetry`.

What may leave stands in two lists here: span names, and attributes. Nothing else goes out, exceptions' messages least
of all: they may quote what was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from auth_service.core.errors import ServiceError, SettingInvalid
from auth_service.core.tracing import Note, NoTracer, Scalar, Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

SPANS = frozenset({"request", "reader.wait", "photo.read", "transaction", "job"})
"""Names of spans; another one is sent as `other`."""
ATTRIBUTES = frozenset(
    {"method", "route", "status", "request_id", "engine", "writes", "job", "fence", "outcome", "code", "error_type"}
)
"""Names of attributes; any other is dropped."""
_LONGEST = 100


def tracer_to(endpoint: str) -> Tracer:
    """A tracer that sends in the background, or one that does nothing when `endpoint` is empty.

    raises   SettingInvalid: not an http address, or the extra is not installed
    """
    if not endpoint:
        return NoTracer()
    if not endpoint.startswith(("http://", "https://")):
        raise SettingInvalid("http:// or https://", field="telemetry_endpoint")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise SettingInvalid("install auth-service[telemetry]", field="telemetry_endpoint") from error
    return OtlpTracer(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5)))


class OtlpTracer:
    """Spans through OpenTelemetry, cut down to what may leave."""

    def __init__(self, processor: SpanProcessor) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

        # a resource of our own words: the library's default would tell the process's command line
        resource = Resource({"service.name": "auth-service", "service.version": version("auth-service")})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=True)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("auth_service")

    @contextmanager
    def span(self, name: str, **attributes: Scalar) -> Iterator[Note]:
        shown = name if name in SPANS else "other"
        with self._tracer.start_as_current_span(
            shown, attributes=_listed(attributes), record_exception=False, set_status_on_exception=False
        ) as span:

            def note(**more: Scalar) -> None:
                span.set_attributes(_listed(more))

            try:
                yield note
            except Exception as error:
                code = error.code if isinstance(error, ServiceError) else "internal"
                note(code=code, error_type=type(error).__name__)
                raise

    def flush(self) -> bool:
        """Sends what waits; False when the collector did not take it in time."""
        return self._provider.force_flush(5_000)

    def close(self) -> None:
        self._provider.shutdown()


def _listed(attributes: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {
        name: value[:_LONGEST] if isinstance(value, str) else value
        for name, value in attributes.items()
        if name in ATTRIBUTES
    }
