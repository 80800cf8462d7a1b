"""Requests of every shape get an answer as described: no 5xx, no field that nobody promised, no status unheard of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from auth_service.accounts.roles import Role
from auth_service.app import create_app
from tests.acceptance.any_request import api_cases, console_cases, with_fake_reader
from tests.channels.conftest import blueprint
from tests.channels.phone_client import PhonePage
from tests.channels.service import EILEEN, PAGE, SAME_ORIGIN, Blueprint, Deployment, deployment, hidden, more_flags
from tests.storage.samples import number

__all__ = ["blueprint"]


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(blueprint, tmp_path / "home") as made:
        yield made


def test_some_requests_of_every_shape(service: Deployment) -> None:
    seen = _send(service, posts=60, others=6, pages=10, seed=1)
    assert sum(seen.values()) > 100
    assert seen["POST /v1/verifications: 200"]


@pytest.mark.slow
def test_ten_thousand_requests_of_every_shape(
    service: Deployment, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """F47: schemathesis over the API with keys and over the console with a session, no 5xx; F26 in part."""
    seen = _send(service, posts=3600, others=300, pages=500, seed=2)
    keys = [service.keys["all"], service.keys["desk"]]
    counts = {"POST /v1/verifications": 60, "POST /v1/enrollments": 60, "": 10}
    people = _people()
    real = api_cases(service.app, keys, counts, 3, lambda: _opened(service, service.app, next(people)))
    proof("schemathesis", {"cases": seen.total(), "cases_with_the_real_reader": real.total(),
                           "answers": dict(sorted(seen.items()))})  # fmt: skip
    assert seen.total() >= 10_000
    assert not [answer for answer in seen | real if answer.rpartition(": ")[2].startswith("5")]


def _people() -> Iterator[str]:
    """Somebody of the ledger, and then many: one person's challenges of a day are counted."""
    return chain([EILEEN], map(number, count(1)))


def _opened(service: Deployment, app: FastAPI, whose: str) -> tuple[str, str]:
    """A capture session that runs, and its cookie."""
    phone = PhonePage(service.client(app))
    phone.open(whose)
    assert phone.start().status_code == 200
    return phone.id, "; ".join(f"{name}={value}" for name, value in phone.client.http.cookies.items())


def _send(service: Deployment, posts: int, others: int, pages: int, seed: int) -> Counter[str]:
    more_flags(service, 5)
    app = create_app(with_fake_reader(service))
    counts = {"POST /v1/verifications": posts, "POST /v1/enrollments": posts, "": others}
    # most with the key that may do everything: what one key may not is asked enough, and cases have to get further
    keys = [*[service.keys["all"], service.keys["desk"]] * len(service.keys), *service.keys.values(), "ak_0_0"]
    people = _people()
    seen = api_cases(app, keys, counts, seed, lambda: _opened(service, app, next(people)))
    monitor = service.sign_in(Role.MONITOR, app)
    page = monitor.get(f"/console/flags/{service.flag_id}").text
    cookie = "; ".join(f"{name}={value}" for name, value in monitor.http.cookies.items())
    headers = {"Cookie": cookie, **PAGE, **SAME_ORIGIN}
    flags = [row.id for row in service.services.queries.flags(None, cursor=None, limit=6).rows]
    return seen + console_cases(app, lambda: dict(headers), flags, hidden(page, "csrf_token"), pages, seed)
