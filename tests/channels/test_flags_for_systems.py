"""An agency's own system reads what asks for attention: by person key, a page at a time, and nothing personal."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import httpx
import pytest

from auth_service.core.ids import new_id
from auth_service.monitoring.flags import Flag, Severity
from tests.channels.service import EILEEN, GRACE, NAMES, Deployment
from tests.console.waiting import person_of

PATH = "/v1/flags"


def read(service: Deployment, query: str = "", key: str = "flags") -> httpx.Response:
    return service.client().get(PATH + query, headers={"Authorization": f"Bearer {service.keys[key]}"})


def raised(service: Deployment, number: str, rule: str, severity: Severity) -> str:
    """Somebody is flagged."""
    service.clock.instant += timedelta(minutes=1)
    person_id = person_of(service.wiring, number)
    flag = Flag(rule, 1, severity, (person_id,), {"row": 3}, new_id(), service.clock.now())
    with service.wiring.store.unit() as unit:
        flag_id = unit.flags.raise_once(flag)
    assert flag_id is not None
    return flag_id


@pytest.fixture
def flags(service: Deployment) -> list[str]:
    """The worst first, then the newest: one copied capture that the service was made with, and three more."""
    (copied,) = [one.id for one in service.services.queries.flags().rows]
    old = raised(service, EILEEN, "I01", Severity.HIGH)
    new = raised(service, GRACE, "I01", Severity.HIGH)
    low = raised(service, EILEEN, "V03", Severity.LOW)
    return [copied, new, old, low]


def test_people_appear_by_their_keys_alone(service: Deployment, flags: list[str]) -> None:
    answer = read(service)
    assert answer.status_code == 200
    told = answer.json()["flags"]
    assert [one["id"] for one in told] == flags
    assert set(told[0]) == {"id", "rule", "severity", "raised_at", "state", "person_keys", "region_code"}
    assert len(told[0]["person_keys"]) == 1
    assert not any(secret in answer.text for number in (EILEEN, GRACE) for secret in (number, NAMES[number]))


def test_pages_lead_through_all_of_them_once(service: Deployment, flags: list[str]) -> None:
    found, query = [], "?limit=1"
    for _ in flags:
        page = read(service, query).json()
        found += [one["id"] for one in page["flags"]]
        query = f"?limit=1&cursor={page['next_cursor']}"
    assert found == flags
    assert page["next_cursor"] is None


def test_filters_narrow(service: Deployment, flags: list[str]) -> None:
    assert [one["id"] for one in read(service, "?rule=V03").json()["flags"]] == flags[3:]
    assert [one["id"] for one in read(service, "?severity=high&state=all").json()["flags"]] == flags[1:3]
    assert read(service, "?state=false_flag").json()["flags"] == []
    assert read(service, "?region=4401").json()["flags"] == []
    assert len(read(service, "?region=1302").json()["flags"]) == 4


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=x", "?limit=0", "?limit=201", "?state=closed", "?rule=x", "?rule=%00", "?severity=worst",
        "?region=13020x", "?region=%00",
        "?cursor=" + base64.urlsafe_b64encode(json.dumps([1, "2026-03-10T02:00:00+00:00", "\x00"]).encode()).decode(),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(service: Deployment, query: str) -> None:
    assert read(service, query).status_code == 422


@pytest.mark.parametrize("key", ["registry", "verify", "payments", "desk"])
def test_other_keys_read_none(service: Deployment, flags: list[str], key: str) -> None:
    assert read(service, key=key).status_code == 403
    assert service.client().get(PATH).status_code == 401
