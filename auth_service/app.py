"""The HTTP application: channels and console on one set of services, inside one set of guards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware import Middleware

from auth_service import channels, console
from auth_service.channels.agency.routes import add_agency
from auth_service.channels.kiosk.page import add_kiosk_page
from auth_service.channels.kiosk.routes import add_kiosk
from auth_service.channels.phone.routes import add_phone
from auth_service.console.routes import add_console
from auth_service.console.session import error_page
from auth_service.web.admission import Admission
from auth_service.web.body_room import BodyRoom
from auth_service.web.errors import ErrorAnswers, LastHandler
from auth_service.web.headers import SecurityHeaders
from auth_service.web.limits import BodyLimits, BodyPolicy
from auth_service.web.pages import Pages
from auth_service.web.request_ids import RequestIds
from auth_service.web.services import Services
from auth_service.web.surplus import Places, Surplus
from auth_service.web.timing import Timing

TEMPLATES = (
    Path(channels.__path__[0]) / "agency" / "templates",
    Path(channels.__path__[0]) / "phone" / "templates",
    Path(channels.__path__[0]) / "kiosk" / "templates",
    Path(console.__path__[0]) / "templates",
)


Beside = Callable[[], AbstractContextManager[None]]
"""Something that runs while the application does, such as the worker in development."""


def _life(threads: int, beside: Beside) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Sizes the worker threads of plain `def` routes at the start; the framework's 40 know nothing of our readers."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = max(limiter.total_tokens, threads)
        with beside():
            yield

    return lifespan


def create_app(services: Services, bodies: BodyPolicy | None = None, beside: Beside = nullcontext) -> FastAPI:
    """The application. Every request passes the guards from top to bottom before any route sees it."""
    answers, policy = ErrorAnswers(error_page), bodies or BodyPolicy()
    places = Places(services.photos_at_once, policy.photo_paths, policy.photo_paths.route)
    app = FastAPI(
        title="auth-service",
        version=version("auth-service"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_life(services.threads, beside),
        # the framework's own telemetry would record paths and bodies; ours is in web/timing.py
        telemetry={
            "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
        },
        middleware=[
            Middleware(RequestIds),
            Middleware(Timing, measures=services.metrics, tracer=services.tracer),
            Middleware(SecurityHeaders, secure=services.cookie_secure),
            Middleware(LastHandler, answer=answers.answer),
            Middleware(BodyLimits, policy=policy, answer=answers.answer),
            Middleware(Admission, places=places, in_hand=services.photos_in_hand, answer=answers.answer),
            Middleware(
                BodyRoom, photo_paths=policy.photo_paths, photo_bytes=services.photo_bytes_at_once,
                photo_share=max(services.photo_bytes_at_once // 2, policy.photo_bytes),
            ),
        ],
    )  # fmt: skip
    app.state.services = services
    app.state.surplus = Surplus(places, services.metrics, secure=services.cookie_secure)
    app.state.pages = Pages(TEMPLATES)
    answers.install(app)
    add_agency(app)
    if services.phone_page:
        add_phone(app)
    if services.kiosk_calls:
        add_kiosk(app)
        add_kiosk_page(app)
    add_console(app)
    return app
