"""The queue of captures that a person must look at, and what the front page says of it."""

from __future__ import annotations

import re

from auth_service.accounts.roles import Role
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel
from tests.channels.service import GRACE, NAMES, Client, Deployment
from tests.console.waiting import Waiting, capture


def test_who_waits_longest_comes_first_masked_and_with_the_reason_in_words(
    service: Deployment, officer: Client
) -> None:
    late = capture(service, hours=2)
    early = capture(service, Waiting(None, reasons=(Reason.LIVENESS_NOT_ENOUGH,)), hours=50, number=GRACE)
    passed = capture(service, Waiting(Zone.MATCH, 0.96, (Reason.MATCH_LIVE,), outcome=Outcome.QUALIFIED))
    retry = capture(service, Waiting(outcome=Outcome.RETRY))
    page = officer.get("/console/desk").text
    assert page.index(early) < page.index(late)
    assert passed not in page
    assert retry not in page
    for words in ("2 天前", "2 小时前", "相似但不够确定", "活体证据不足", "手机", "张**", "路南区 130202"):
        assert words in page
    for number, name in NAMES.items():
        assert number not in page
        assert name not in page


def test_filters_narrow_the_queue_and_an_address_names_nobody(service: Deployment, officer: Client) -> None:
    grey = capture(service)
    attack = capture(service, Waiting(None, reasons=(Reason.ATTACK_SUSPECTED,)))
    kiosk = capture(service, Waiting(channel=Channel.KIOSK))
    assert attack not in officer.get("/console/desk?why=grey_zone").text
    only = officer.get("/console/desk?channel=kiosk").text
    assert kiosk in only
    assert grey not in only
    assert grey in officer.get("/console/desk?region=1302").text
    assert grey not in officer.get("/console/desk?region=44").text
    assert grey in officer.get("/console/desk?state=<x>&why='--&channel=x&region=%25").text
    assert "没有符合条件的采集" in officer.get("/console/desk?state=settled").text
    assert officer.get("/console/desk?cursor=nonsense").status_code == 422


def test_pages_of_the_queue_follow_one_another_without_gap_or_repetition(service: Deployment, officer: Client) -> None:
    made = {capture(service, hours=1 + place // 3) for place in range(28)}
    address, seen = "/console/desk", []
    while address:
        page = officer.get(address).text
        seen += re.findall(r'href="/console/desk/([0-9a-f]{32})"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found.group(1).replace("&amp;", "&") if found else ""
        assert not any(number in address for number in NAMES)
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_the_front_page_says_what_waits_and_for_how_long(service: Deployment, officer: Client) -> None:
    capture(service, hours=75)
    page = officer.get("/console").text
    assert "采集复核" in page
    assert "3 天前" in page
    assert "其他办理方式" in page
    assert "没有待处理的事项" in page
    assert service.sign_in(Role.SECURITY_ADMIN).get("/console").headers["location"] == "/console/devices"
