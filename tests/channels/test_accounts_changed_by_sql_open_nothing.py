"""Over HTTP: a key, an account or a session that was changed behind the service is refused with its code, and told."""

from __future__ import annotations

from auth_service.accounts.roles import Role
from tests.channels.service import EILEEN, Deployment, sign_in
from tests.storage.samples import direct_sql


def _sql(service: Deployment, statement: str) -> None:
    database = service.wiring.settings.owner_url
    direct_sql(database, statement)


def _refused(service: Deployment) -> list[str]:
    with service.wiring.store.reading() as unit:
        return [row.event.subject.split(":")[0] for row in unit.audit.rows() if row.event.action == "account.refused"]


def test_a_key_with_more_scopes_than_it_was_given(service: Deployment) -> None:
    _sql(service, "UPDATE api_keys SET scopes = 'enroll,verify' WHERE name = 'verify'")
    answer = service.enroll(EILEEN, service.portraits.eileen_later, "verify")
    assert (answer.status_code, answer.json()["code"]) == (403, "account_tampered")
    assert set(answer.json()["titles"]) == {"zh", "en"}
    assert service.enroll(EILEEN, service.portraits.eileen_later, "enroll").status_code < 500
    assert _refused(service) == ["api_key"]


def test_a_member_of_staff_with_another_role(service: Deployment) -> None:
    signed_in = service.sign_in(Role.CHECKER)
    _sql(service, "UPDATE staff SET role = 'monitor' WHERE username = 'checker'")
    assert signed_in.get("/console/flags").status_code == 403
    assert sign_in(service.client(), "checker", "correct-horse-battery").status_code == 403
    assert _refused(service) == ["staff"]
    others = service.sign_in(Role.MONITOR).get(f"/console/flags/{service.flag_id}")
    assert others.status_code == 200, "nobody else is kept from their work"


def test_a_session_of_somebody_else(service: Deployment) -> None:
    signed_in = service.sign_in(Role.CHECKER)
    _sql(service, "UPDATE staff_sessions SET staff_id = (SELECT id FROM staff WHERE username = 'monitor')")
    assert signed_in.get("/console/flags").status_code == 403
    assert _refused(service) == ["staff_session"]
