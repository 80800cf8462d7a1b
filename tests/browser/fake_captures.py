"""The calls of a capture session, played in memory before the real application: pages and files come from the latter.

It keeps the protocol (one-time ticket, cookie, steps told one by one, sealed, sent in order and final, one outcome) and
judges nothing: the outcome is what the test says.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

PASSED: dict[str, Any] = {
    "outcome": "passed",
    "reason": {"code": "match", "zh": "认证通过。", "en": "Confirmed."},
    "due_on": "2027-03-31",
}
TOO_DARK: dict[str, Any] = {
    "outcome": "try_again",
    "reason": {"code": "too_dark", "zh": "光线太暗，请到窗边或开灯。", "en": "It was too dark. Please go to a window."},
}
IN_REVIEW: dict[str, Any] = {
    "outcome": "in_review",
    "reason": {"code": "grey", "zh": "照片不够清楚，由工作人员核对。", "en": "Staff will compare the pictures."},
}
OTHER_WAY: dict[str, Any] = {
    "outcome": "other_way",
    "reason": {
        "code": "no_reference",
        "zh": "还没有您的登记照片，请到窗口拍一张。",
        "en": "There is no photo of you yet.",
    },
}
COOKIE = "capture"
COLOURS = ["white", "blue", "green", "dark", "white", "green", "blue", "dark"]
MOTIONS = ("turn_left", "nod", "come_closer")


@dataclass
class Session:
    """One session as the fake keeps it."""

    plan: dict[str, Any]
    ticket: str
    cookie: str = ""
    started: bool = False
    started_at: float = 0.0
    ended: bool = False
    steps: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    seals: list[list[tuple[int, str]]] = field(default_factory=list)
    shown: int = 0
    redrawn: int = 0
    consent: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None


@dataclass
class Play:
    """What the fake does and what it saw.

    outcomes   one for each completion; the last one again and again
    hints      step -> hints in its answer
    refuse     steps whose first pictures are refused
    late       steps whose first seal is said to come too late
    unseen     steps whose movement is said to be unseen
    refusals   path suffix -> problem that is answered once
    """

    serial: str
    outcomes: list[dict[str, Any]] = field(default_factory=lambda: [PASSED])
    hints: dict[int, list[Any]] = field(default_factory=dict)
    refuse: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    answered: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    wishes: list[dict[str, Any]] = field(default_factory=list)
    photos: list[bytes] = field(default_factory=list)
    step_calls: list[tuple[int, str]] = field(default_factory=list)

    @property
    def last(self) -> Session:
        return list(self.sessions.values())[-1]

    def open(self, plan: dict[str, Any]) -> tuple[str, Session]:
        made = Session(plan, secrets.token_hex(16))
        name = secrets.token_hex(8)
        self.sessions[name] = made
        return name, made


def problem(status: int, code: str, zh: str, en: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """An answer as web/errors.py makes it."""
    return status, {"code": code, "titles": {"zh": zh, "en": en}, "title": zh, "status": status, **more}


OVER = problem(410, "session_expired", "这次认证的时间已过，没有任何影响，可以重新开始。", "The time is over.")


class FakeCaptures:
    """Answers the calls of capture sessions; everything else goes on to `app`."""

    base = "/v1/capture-sessions"
    by_name = "/v1/me/other-ways"

    def __init__(self, app: ASGIApp, play: Play) -> None:
        self._app = app
        self.play = play
        self._calls = Starlette(routes=self.routes())

    def routes(self) -> list[Route]:
        base = self.base
        return [
            Route(base, self._once(self._open), methods=["POST"]),
            Route(base + "/{id}", self._state, methods=["GET"]),
            Route(base + "/{id}", self._end, methods=["DELETE"]),
            Route(base + "/{id}/exchange", self._once(self._exchange), methods=["POST"]),
            Route(base + "/{id}/start", self._once(self._start), methods=["POST"]),
            Route(base + "/{id}/colours", self._once(self._colours), methods=["POST"]),
            Route(base + "/{id}/steps/{n:int}/seal", self._once(self._seal), methods=["POST"]),
            Route(base + "/{id}/steps/{n:int}", self._once(self._step), methods=["POST"]),
            Route(base + "/{id}/complete", self._once(self._complete), methods=["POST"]),
            Route(base + "/{id}/code", self._once(self._send_code), methods=["POST"]),
            Route(base + "/{id}/code/check", self._once(self._give_code), methods=["POST"]),
            Route(base + "/{id}/photo", self._once(self._photo), methods=["POST"]),
            Route(base + "/{id}/other-ways", self._once(self._wish), methods=["POST"]),
            Route(self.by_name, self._once(self._wish), methods=["POST"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"].startswith((self.base, self.by_name))
        await (self._calls if ours else self._app)(scope, receive, send)

    def _once(
        self, act: Callable[[Request], Awaitable[tuple[int, dict[str, Any]]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """One answer per Idempotency-Key, and the refusals that a test ordered."""

        async def endpoint(request: Request) -> Response:
            key = request.headers["idempotency-key"]
            for suffix in list(self.play.refusals):
                if re.search(suffix + "$", request.url.path):
                    return _json(*self.play.refusals.pop(suffix))
            if key not in self.play.answered:
                answer = await act(request)
                if answer[0] >= 400:
                    return _json(*answer)
                self.play.answered[key] = answer
            response = _json(*self.play.answered[key])
            if request.url.path.endswith("/exchange"):
                cookie = self.play.sessions[request.path_params["id"]].cookie
                response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict")
            return response

        return endpoint

    def _session(self, request: Request) -> Session | None:
        found = self.play.sessions.get(request.path_params["id"])
        return found if found and found.cookie and request.cookies.get(COOKIE) == found.cookie else None

    async def _open(self, request: Request) -> tuple[int, dict[str, Any]]:
        name, made = self.play.open(await request.json())
        return 201, {"id": name, "ticket": made.ticket, "expires_at": "2026-03-10T02:10:00Z"}

    async def _exchange(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = self.play.sessions.get(request.path_params["id"])
        given = (await request.json())["ticket"]
        if found is None or not found.ticket or given != found.ticket:
            return problem(404, "session_unknown", "这次认证已结束或链接无效。", "This link is not valid.")
        found.ticket, found.cookie = "", secrets.token_hex(16)
        return 200, {}

    async def _start(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = self._session(request)
        if found is None or found.ended:
            return OVER
        body = await request.json()
        if not found.started:
            found.started, found.started_at = True, time.monotonic()
        found.consent = body.get("consent")
        if "lost_from" in body:
            del found.seals[max(body["lost_from"], len(found.steps)) :]
            found.redrawn += 1
        return 200, self._asked(found)

    def _asked(self, session: Session) -> dict[str, Any]:
        """What the page may know: the steps up to the open one, and colours only while they are shown."""
        flash = session.plan.get("route", "flash") == "flash"
        motions = MOTIONS[: 2 if flash else 3]
        steps: list[dict[str, Any]] = [{"n": 0, "kind": "neutral"}]
        steps += [{"n": n, "kind": "motion", "motion": one, "hold_ms": 300} for n, one in enumerate(motions, 1)]
        steps += [{"n": len(steps), "kind": "flash"}] if flash else []
        sealed = len(session.seals)
        lit = flash and session.shown > 0 and sealed == len(steps) - 1
        challenge = {
            "route": "flash" if flash else "no_flash",
            "steps": steps[: sealed + 1],
            "count": len(steps),
            "flash": COLOURS if lit else [],
            "flashes": len(COLOURS) if flash else 0,
            "flash_ms": 400,
        }
        return {
            "challenge": challenge, "accepted": sorted(session.steps), "sealed": list(range(sealed)),
            "running_ms": round(1000 * (time.monotonic() - session.started_at)), "expires_in_ms": 120_000,
        }  # fmt: skip

    async def _colours(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = self._session(request)
        if found is None or found.ended:
            return OVER
        asked = self._asked(found)["challenge"]
        if asked["steps"][-1]["kind"] != "flash" or len(found.seals) == asked["count"]:
            return problem(422, "step_refused", "现在不需要灯光。", "No colours are asked for now.")
        found.shown += 1
        return 200, self._asked(found)

    async def _seal(self, request: Request) -> tuple[int, dict[str, Any]]:
        found, n = self._session(request), request.path_params["n"]
        if found is None or found.ended:
            return OVER
        prints = [(one["at_ms"], one["sha256"]) for one in (await request.json())["frames"]]
        if n in self.play.late:
            self.play.late.discard(n)
            return problem(409, "step_late", "网络慢了一些，请再做一次。", "The line was slow.")
        asked = self._asked(found)["challenge"]
        if n != len(found.seals) or (asked["steps"][n]["kind"] == "flash" and not asked["flash"]):
            return problem(422, "step_refused", "这一步不能使用。", "Another step is asked for.")
        found.seals.append(prints)
        return 200, self._asked(found)

    async def _step(self, request: Request) -> tuple[int, dict[str, Any]]:
        found, n = self._session(request), request.path_params["n"]
        self.play.step_calls.append((n, request.headers["idempotency-key"]))
        if found is None or found.ended:
            return OVER
        async with request.form() as form:
            times = [int(str(one)) for one in form.getlist("at_ms")]
            frames = [await one.read() for one in form.getlist("frame") if not isinstance(one, str)]
        if n in self.play.refuse:
            self.play.refuse.discard(n)
            return problem(
                422, "step_refused", "这一步的画面不能使用。", "Cannot be used.", hints=self.play.hints.get(n, [])
            )
        given = [(at, hashlib.sha256(data).hexdigest()) for at, data in zip(times, frames, strict=True)]
        if n in found.steps or (n < len(found.seals) and found.seals[n] != given):
            return problem(409, "step_conflict", "这一步已经提交。", "Handed in already.")
        if n != len(found.steps) or n >= len(found.seals):
            return problem(422, "request_refused", "缺少前面的步骤。", "An earlier step is missing.")
        found.steps[n] = list(zip(times, frames, strict=True))
        return 200, {"hints": self.play.hints.get(n, []), "movement_seen": n not in self.play.unseen}

    async def _complete(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = self._session(request)
        if found is None or found.ended:
            return OVER
        if len(found.steps) != self._asked(found)["challenge"]["count"]:
            return problem(409, "steps_missing", "还有步骤没有完成。", "Some steps are missing.")
        outcomes = self.play.outcomes
        found.answer = dict(outcomes.pop(0) if len(outcomes) > 1 else outcomes[0])
        if found.answer["outcome"] == "passed":
            found.answer["certificate"] = {"serial": self.play.serial, "url": f"/certificates/{self.play.serial}"}
        return 200, found.answer

    async def _state(self, request: Request) -> Response:
        found = self._session(request)
        if found is None:
            return _json(*problem(404, "session_unknown", "链接无效。", "Not valid."))
        state = "ended" if found.ended else "decided" if found.answer else "started" if found.started else "opened"
        asked = self._asked(found) if found.started else {}
        return _json(200, {"accepted": [], "sealed": [], **asked, "state": state})

    async def _end(self, request: Request) -> Response:
        found = self._session(request)
        if found is not None:
            found.ended = True
            found.steps.clear()
        return Response(status_code=204)

    async def _send_code(self, _request: Request) -> tuple[int, dict[str, Any]]:
        self.play.codes.append("012345")
        return 200, {"received": True}

    async def _give_code(self, request: Request) -> tuple[int, dict[str, Any]]:
        if (await request.json())["code"] not in self.play.codes:
            return problem(422, "code_refused", "验证码不正确。", "The code is wrong.", field="code")
        return 200, {"received": True}

    async def _photo(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = self._session(request)
        if found is None or found.ended:
            return OVER
        async with request.form() as form:
            self.play.photos += [await one.read() for one in form.getlist("photo") if not isinstance(one, str)]
        return 201, {"received": True}

    async def _wish(self, request: Request) -> tuple[int, dict[str, Any]]:
        self.play.wishes.append({"session": request.path_params.get("id"), **await request.json()})
        return 201, {"received_at": time.time()}


def _json(status: int, body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(body, status)
