"""A day at the review desk over HTTP, from the queue to what follows: on both databases in the quick suite as well.

Each act by itself is in test_an_officer_reviews_captures.py, which waits for `make prove` on PostgreSQL.
"""

from __future__ import annotations

import re
from datetime import timedelta

from auth_service.accounts.roles import Role
from auth_service.core.audit import verify as verify_chain
from tests.channels.service import GRACE, PASSWORD, Client, Deployment, hidden
from tests.console.waiting import capture


def decide(client: Client, evidence_id: str, verdict: str, reason: str) -> None:
    page = client.get(f"/console/desk/{evidence_id}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after"), "note": "看过了"}
    said = {"verdict": verdict, "reason": reason, "password": PASSWORD}
    assert client.post(f"/console/desk/{evidence_id}/decisions", data=form | said).status_code == 303


def undo(client: Client, evidence_id: str) -> None:
    page = client.get(f"/console/desk/{evidence_id}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after")}
    assert (
        client.post(f"/console/desk/{evidence_id}/decisions/undo", data=form).headers["location"].endswith("undone=1")
    )


def test_three_captures_are_seen_decided_and_settled(service: Deployment, officer: Client) -> None:
    first, second, third = capture(service, hours=3), capture(service, hours=2, number=GRACE), capture(service, hours=1)
    queue = officer.get("/console/desk").text
    places = [queue.index(one) for one in (first, second, third)]
    assert places == sorted(places), "the longest waiting first"
    for address in re.findall(r'<img src="(/console/[^"]+)"', officer.get(f"/console/desk/{first}").text)[:3]:
        assert officer.get(address).content[:3] == b"\xff\xd8\xff"
    decide(officer, first, "cannot_tell", "not_sure")
    undo(officer, first)
    decide(officer, first, "accepted", "same_features")
    decide(officer, second, "suspected", "picture_or_screen")
    decide(officer, third, "cannot_tell", "too_poor")
    assert officer.get("/console/desk?state=decided").text.count("/console/desk/") >= 3
    service.clock.instant += timedelta(minutes=10)
    assert service.wiring.settle_reviews.run() == {"accepted": 1, "suspected": 1, "cannot_tell": 1}
    with service.wiring.store.reading() as unit:
        assert unit.certificates.of_evidence(first) is not None
        assert unit.certificates.of_evidence(second) is unit.certificates.of_evidence(third) is None
        assert verify_chain(unit.audit.rows(), *unit.audit.head()).ok
    assert "V05" in service.sign_in(Role.MONITOR).get("/console/flags?rule=V05").text
    assert "请打电话给我" in service.sign_in(Role.OFFICER).get("/console/requests").text
