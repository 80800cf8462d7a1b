"""Role x route and scope x route, from the application's own route table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from auth_service.accounts.roles import Permission, Role, Scope, may
from auth_service.channels.kiosk.held import HoldsKioskSession
from auth_service.channels.phone.session_key import HoldsSession
from auth_service.connectors.policy_file import read_policy_text
from auth_service.enrollment.own_request import OwnWish
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.evidence import Channel
from auth_service.web.access import MetricsReader, NeedsPermission, NeedsScope, Public, Rule, SignedIn
from auth_service.web.signed import ProvesItsKey, SignedByDevice
from tests.channels.kiosk_client import code_for
from tests.channels.service import EILEEN, GRACE, KEY_SCOPES, PAGE, PASSWORD, SAME_ORIGIN, Deployment, hidden
from tests.console.cased import Cased
from tests.console.moneyed import Moneyed
from tests.console.registered import odd_file, steward
from tests.console.route_rules import EXPECTED
from tests.console.waiting import ask, person_of, put

_KINDS = (
    HoldsSession, HoldsKioskSession, SignedByDevice, ProvesItsKey, Public, NeedsScope, MetricsReader, SignedIn,
    NeedsPermission,
)  # fmt: skip
AnyRule = Rule | HoldsSession | HoldsKioskSession | SignedByDevice | ProvesItsKey


def _rules(dependant: Dependant) -> Iterator[AnyRule]:
    if isinstance(dependant.call, _KINDS):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _rules(inner)


def _of_device(rule: SignedByDevice | HoldsKioskSession | ProvesItsKey) -> str:
    if isinstance(rule, SignedByDevice):
        return f"device {' or '.join(sorted(rule.states))}"
    held = isinstance(rule, HoldsKioskSession)
    return f"{_of_device(rule.signed)} that holds the session" if held else "proves its key"


def _words(rule: AnyRule) -> str:
    if isinstance(rule, SignedByDevice | HoldsKioskSession | ProvesItsKey):
        return _of_device(rule)
    if isinstance(rule, HoldsSession):
        return "holds the session"
    if isinstance(rule, NeedsScope):
        return f"scope {rule.scope.value}"
    if isinstance(rule, NeedsPermission):
        return f"may {rule.permission.value}"
    if isinstance(rule, MetricsReader):
        return f"local or scope {rule.scope.value}"
    return "public" if isinstance(rule, Public) else "staff"


def _table(service: Deployment) -> dict[tuple[str, str], set[str]]:
    table = {}
    for route in service.app.routes:
        assert isinstance(route, APIRoute), f"{route} is not in the table of rules"
        for method in route.methods:
            table[method, route.path] = {_words(rule) for rule in _rules(route.dependant)}
    return table


@pytest.mark.asvs("3.5.3", "4.4.1", "4.4.2", "4.4.3", "4.4.4", "8.2.1")
def test_every_route_has_exactly_the_rule_that_was_agreed(service: Deployment) -> None:
    table = _table(service)
    assert set(table) == set(EXPECTED)
    assert {key: rules for key, rules in table.items() if rules != {EXPECTED[key]}} == {}


FORMS = {
    "judgements": {"verdict": "needs_check", "reason": "看不清", "after": ""},
    "decisions": {"verdict": "cannot_tell", "reason": "too_poor", "note": "", "after": ""},
    "undo": {"after": "0" * 32},
    "contact": {"reason": "call_back"},
    "photo": {"verdict": "refused", "note": "不清楚"},
    "done": {"note": "已联系"},
    "devices": {"name": "二号机", "owner": "农商行", "region": "130202", "place": "大厅", "lens": "wide"},
    "find": {"who": EILEEN},
    "verdict": {"verdict": "returned", "note": ""},
    "proposals": {"act": "hold", "benefit": "resident_pension", "ground": "detained", "month": "", "note": ""},
    "restore": {"ground": "seen_in_person", "note": ""},
    "contests": {"words": ""},
    "acts": {"act": "source_told", "note": ""},
    "dismiss": {"note": ""},
    "answer": {"answer": "taken_back", "papers": "", "note": ""},
    "policies": {"document": "name: other\npolicies:\n  - benefits: [resident_pension]\n"},
    "rehearsal": {"from": "", "on": ""},
    "activation": {"from": "2026-06-01"},
    "release": {},
    "discard": {"reason": "去年的文件"},
    "gather": {},
    "assignment": {"assignee": "monitor"},
    "steps": {"checked": "call/not_reached", "note": "", "after": ""},
    "disposition": {"disposition": "duplicate", "reason": "另案处理", "after": ""},
    "second-word": {"verdict": "returned", "note": "", "after": ""},
}
"""What each form of the console holds besides its token; the last part of its address names it."""


def _case(service: Deployment) -> str:
    """A case that waits for a second word."""
    cased = Cased(service)
    cased.died(GRACE)
    case_id = cased.open(GRACE)
    cased.take(case_id)
    cased.check(case_id)
    cased.propose(case_id)
    return case_id


@pytest.fixture
def waits(service: Deployment) -> dict[str, str]:
    """A capture that a person must look at, and a request for another way."""
    person = person_of(service.wiring, EILEEN)
    evidence = put(service.wiring, person, (service.portraits.eileen_later,), service.clock.now())
    request_id = ask(service.wiring, person, service.clock.now())
    money = Moneyed(service)
    money.do(EILEEN, Act.HOLD, Ground.DETAINED)
    proposal_id = money.propose(EILEEN, Act.SUSPEND, Ground.IMPRISONED).id
    contest_id = money.contest(EILEEN)
    with service.wiring.store.unit() as unit:
        unit.own_requests.ask(person, OwnWish.ERASE, Channel.PHONE, service.clock.now())
        own_id = unit.own_requests.of_person(person)[0].id
    proposer = service.wiring.keep_staff.create("second.policy", Role.POLICY_ADMIN, PASSWORD, "cli")[0]
    policy = read_policy_text("name: waits\npolicies:\n  - benefits: [resident_pension]\n")
    policy_id = service.wiring.keep_policies.propose(policy, proposer).id
    ids = {
        "batch_id": odd_file(service.wiring, steward(service.wiring)),
        "policy_id": policy_id,
        "own_id": own_id,
        "proposal_id": proposal_id,
        "contest_id": contest_id,
        "case_id": _case(service),
        "person_id": person_of(service.wiring, GRACE),
    }
    return {"evidence_id": evidence, "request_id": request_id, "device_id": code_for(service)[0], **ids}


REACHED = {
    "steps": {409},
    "assignment": {409},
    "disposition": {409},
    "undo": {409},
    "photo": {404},
    "restore": {303, 409},
    "dismiss": {409},
    "release": {303, 403},
}
"""Where a permitted caller does not get 200 or 303: the newest act has another id, no photo was left, nothing is held,
it has ended, one's own import."""


def _calls(service: Deployment, **waits: str) -> dict[tuple[str, str], str]:
    filled = {"flag_id": service.flag_id, "label": "probe", "serial": service.serial, "name": "style.css"}
    filled |= {"kind": "consent", "version": "current", "file": "main.js", "session_id": "0" * 32, "n": "0"}
    filled |= {
        "place": "0",
        "evidence_id": "0" * 32,
        "request_id": "0" * 32,
        "device_id": "0" * 32,
        "act": "revoke",
        "batch_id": "0" * 32,
        "form": "xlsx",
        "table": "wrongful",
        "client_event": "5e2f0c4a-7d2b-4c2e-9f55-3f8a1f0e6b1d",
    }
    filled |= (
        dict.fromkeys(
            ("person_id", "proposal_id", "contest_id", "policy_id", "own_id", "case_id", "batch_id"), "0" * 32
        )
        | waits
    )
    return {key: key[1].format(**filled) for key in EXPECTED}


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_a_role_reaches_what_the_table_grants_and_nothing_else(
    service: Deployment, waits: dict[str, str], role: Role | None
) -> None:
    client = service.sign_in(role) if role else service.client(headers=PAGE | SAME_ORIGIN)
    form = "".join(client.get(page).text for page in ("/console", "/console/flags")) if role else ""
    csrf = hidden(form, "csrf_token") if "csrf_token" in form else "none"
    for (method, template), path in _calls(service, **waits).items():
        rule = EXPECTED[method, template]
        if path in {"/console/sign-out", "/console/sign-in"} or rule.startswith("scope"):
            continue
        if path.startswith(("/v1/capture-sessions", "/v1/kiosk", "/v1/me")):
            continue
        form = path.rpartition("/")[2]
        data = {"csrf_token": csrf, **FORMS.get(form, {})}
        answer = client.request(method, path, **({"data": data} if method == "POST" else {}))
        if not rule.startswith(("may", "staff")):
            assert answer.status_code < 400, (path, answer.status_code)
        elif role is None:
            assert answer.status_code == (303 if method == "GET" else 401), path
            assert answer.headers.get("location", "/console/sign-in").startswith("/console/sign-in")
        elif rule == "staff" or may(role, Permission(rule.removeprefix("may "))):
            reached = REACHED.get(form, {200, 303}) if method == "POST" or form == "photo" else {200, 303}
            assert answer.status_code in reached, (path, answer.status_code)
        else:
            assert answer.status_code == 403, (path, answer.status_code)


@pytest.mark.asvs("8.2.1", "8.2.2", "8.3.1")
@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_nobody_reaches_a_capture_session_by_a_role(service: Deployment, role: Role | None) -> None:
    """Staff neither: a session belongs to whoever holds its cookie."""
    client = service.sign_in(role) if role else service.client(headers=SAME_ORIGIN)
    held = {key: path for key, path in _calls(service).items() if EXPECTED[key] == "holds the session"}
    assert len(held) == 14
    for (method, _), path in held.items():
        headers = {"Idempotency-Key": "one-act-of-a-stranger", "Accept": "application/json"}
        how = {"json": {"way": "counter"} if path.endswith("ways") else {}} if method == "POST" else {}
        answer = client.request(method, path, headers=headers, **how)
        assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown"), path


@pytest.mark.asvs("4.1.3", "8.2.1")
@pytest.mark.parametrize("key", [None, "wrong", *KEY_SCOPES])
def test_a_key_reaches_what_its_scopes_grant_and_nothing_else(service: Deployment, key: str | None) -> None:
    client = service.client(headers={"X-Forwarded-For": "203.0.113.9"})
    bearer = {} if key is None else {"Authorization": f"Bearer {service.keys.get(key, 'ak_0_0')}"}
    scopes = KEY_SCOPES.get(key or "", ())
    for (method, template), rule in EXPECTED.items():
        if "scope" not in rule:
            continue
        answer = client.request(method, template, headers=bearer)
        wanted = Scope(rule.rpartition(" ")[2])
        if not scopes:
            assert answer.status_code == 401, template
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        elif wanted in scopes:
            reached = {404} if "{batch_id}" in template else {200, 400}  # this key has sent nothing
            assert answer.status_code in reached, (template, answer.status_code)
        else:
            assert answer.status_code == 403, template
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asvs("4.1.3", "13.4.5", "15.3.4")
def test_a_machine_next_door_cannot_read_the_metrics_without_a_key(service: Deployment) -> None:
    assert service.client().get("/metrics").status_code == 200
    assert service.client().get("/metrics", headers={"Forwarded": "for=10.0.0.7"}).status_code == 401


@pytest.mark.asvs("7.4.2", "8.3.2")
def test_a_disabled_account_and_an_ended_session_are_out_at_once(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    service.wiring.keep_staff.disable("monitor", "cli")
    assert client.get("/console/flags").status_code == 303


@pytest.mark.asvs("4.1.4")
def test_methods_that_no_route_names_are_refused(service: Deployment) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = service.client().request(method, "/v1/verifications")
        assert answer.status_code == 405
        assert answer.json()["code"] == "method_not_allowed"
