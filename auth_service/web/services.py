"""What the routes need, built by `wiring` and handed to `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection

from auth_service.core.clock import Clock
from auth_service.flows.authorise import AuthoriseKey
from auth_service.flows.enroll import Enroll
from auth_service.flows.idempotent import Idempotent
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.look import Look
from auth_service.flows.sign_in import SignIn
from auth_service.flows.verify import Verify
from auth_service.storage.queries import Queries
from auth_service.web.metrics import Measures


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can do its work now: (name, is it so), in the order in which an operator would look."""

    checks: tuple[tuple[str, bool], ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name, fine in self.checks if not fine)

    @property
    def ready(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Services:
    """Flows, queries and facts of the deployment.

    readiness      looked up anew at each call: schema at head, keys readable, engine warmed, disk writable
    public_url     as people reach the service, without a slash at the end; certificates' QR codes point there
    threads        worker threads for plain `def` routes: more than the readers and their waiting line, so that whoever
                   finds the line full is told at once, and pages are served meanwhile
    cookie_secure  True wherever TLS is in front; False only for http on loopback in development
    """

    verify: Verify
    enroll: Enroll
    sign_in: SignIn
    judge_flag: JudgeFlag
    look: Look
    authorise: AuthoriseKey
    idempotent: Idempotent
    queries: Queries
    readiness: Callable[[], Readiness]
    public_url: str
    cookie_secure: bool
    metrics: Measures
    clock: Clock
    threads: int = 40


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request."""
    return cast("Services", connection.app.state.services)
