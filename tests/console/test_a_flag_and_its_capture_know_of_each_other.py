"""A copied capture stands among the monitor's flags and on the review desk: each shows where the other stands."""

from __future__ import annotations

import re

import pytest

from auth_service.accounts.roles import Role
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.monitoring.rules.v04_copied_capture import CopiedCapture, CopyFacts
from auth_service.qualification.decision import Reason
from tests.channels.service import EILEEN, Client, Deployment, hidden, more_flags
from tests.console.waiting import Waiting, capture, person_of

COPIED = Waiting(
    None,
    reasons=(Reason.ATTACK_SUSPECTED,),
    verdict=PadVerdict.ATTACK_SUSPECTED,
    pad_reasons=(PadReason.COPY_OF_EARLIER_CAPTURE,),
)


@pytest.fixture
def copied(service: Deployment) -> tuple[str, str]:
    """A capture that copies an earlier one, and its flag: ids of both."""
    evidence_id = capture(service, COPIED)
    facts = CopyFacts(person_of(service.wiring, EILEEN), evidence_id, "capture", True, 0, None, "0" * 32, None)
    with service.wiring.store.unit() as unit:
        flag_id = unit.flags.raise_once(CopiedCapture().judge(facts, service.clock.now()))
    assert flag_id is not None
    return evidence_id, flag_id


def says(client: Client, address: str) -> str:
    return client.get(address).text


def test_each_shows_where_the_other_stands_and_links_to_it_for_whoever_may_go_there(
    service: Deployment, officer: Client, copied: tuple[str, str]
) -> None:
    capture_page, flag_page = (f"/console/{place}/{one}" for place, one in zip(("desk", "flags"), copied, strict=True))
    monitor, auditor = service.sign_in(Role.MONITOR), service.sign_in(Role.AUDITOR)
    assert "同一次采集也在审核台" in says(monitor, flag_page)
    assert f'href="{capture_page}"' not in says(monitor, flag_page), "a monitor has no place at the desk"
    assert f'href="{capture_page}"' in says(auditor, flag_page)
    assert "V04 采集画面是已有照片的复制" in says(officer, capture_page)
    assert f'href="{flag_page}"' not in says(officer, capture_page), "an officer judges no flags"
    assert f'href="{flag_page}"' in says(auditor, capture_page)


def test_what_is_settled_in_one_place_shows_in_the_other(
    service: Deployment, officer: Client, copied: tuple[str, str]
) -> None:
    capture_page, flag_page = (f"/console/{place}/{one}" for place, one in zip(("desk", "flags"), copied, strict=True))
    monitor = service.sign_in(Role.MONITOR)
    assert "以前的录像" not in says(monitor, flag_page)
    page = says(officer, capture_page)
    form = {"csrf_token": hidden(page, "csrf_token"), "after": "", "verdict": "suspected", "reason": "earlier_film"}
    assert officer.post(f"{capture_page}/decisions", data=form | {"note": ""}).status_code == 303
    assert "以前的录像" in says(monitor, flag_page)
    assert '<span class="pill open">' in says(officer, capture_page)
    page = says(monitor, flag_page)
    form = {"csrf_token": hidden(page, "csrf_token"), "after": "", "verdict": "needs_check", "reason": "已电话联系"}
    assert monitor.post(f"{flag_page}/judgements", data=form).status_code == 303
    page = says(officer, capture_page)
    assert '<span class="pill needs_check">' in page
    assert "已电话联系" not in page, "a monitor's words are the monitor's"


def test_a_flag_about_no_capture_of_the_desk_speaks_of_none(service: Deployment) -> None:
    more_flags(service, 1)
    monitor = service.sign_in(Role.MONITOR)
    (flag_id,) = re.findall(r'href="/console/flags/([0-9a-f]{32})"', says(monitor, "/console/flags?rule=I01"))
    assert "审核台" not in says(monitor, f"/console/flags/{flag_id}")
