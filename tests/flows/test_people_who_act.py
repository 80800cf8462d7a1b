"""Sign-in, keys, judging."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from auth_service.accounts.roles import Role, Scope
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    CredentialsInvalid,
    FieldInvalid,
    NotFound,
    ReasonMissing,
    ScopeMissing,
    SignInRequired,
    SignInThrottled,
    StaleJudgement,
)
from auth_service.flows.authorise import Attester, AuthoriseKey
from auth_service.monitoring.flags import Verdict
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture

PASSWORD = "a long password"


def test_a_sign_in_opens_a_session_that_ends_when_idle(agency: Agency, clock: FixedClock) -> None:
    member = agency.member()
    token, _ = agency.sign_in.begin(" Chen ", PASSWORD)
    assert agency.sign_in.session(token)[0].id == member.id
    clock.advance(minutes=14)
    agency.sign_in.session(token)
    clock.advance(minutes=16)
    with pytest.raises(SignInRequired):
        agency.sign_in.session(token)


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(agency: Agency) -> None:
    agency.member()
    for username in ("chen", "nobody"):
        with pytest.raises(CredentialsInvalid):
            agency.sign_in.begin(username, "wrong")


@pytest.mark.asvs("6.3.1")
def test_after_ten_failures_one_must_wait_and_then_the_right_password_works(agency: Agency, clock: FixedClock) -> None:
    agency.member()
    for _ in range(10):
        with pytest.raises(CredentialsInvalid):
            agency.sign_in.begin("chen", "wrong")
    with pytest.raises(SignInThrottled):
        agency.sign_in.begin("chen", PASSWORD)
    clock.advance(seconds=6)
    agency.sign_in.begin("chen", PASSWORD)


@pytest.mark.asvs("16.3.1")
def test_a_right_password_leaves_no_failed_sign_in_in_the_audit(agency: Agency) -> None:
    agency.member()
    agency.sign_in.begin("chen", PASSWORD)
    with pytest.raises(CredentialsInvalid):
        agency.sign_in.begin("chen", "wrong")
    with agency.store.reading() as unit:
        actions = [row.event.action for row in unit.audit.rows() if row.event.action.startswith("staff.sign")]
    assert actions == ["staff.signed_in", "staff.sign_in_failed"]


@pytest.mark.asvs("6.3.1", "15.4.2")
def test_sixty_tries_at_once_are_counted_one_by_one(agency: Agency) -> None:
    agency.member()

    def guess(_: int) -> type[Exception]:
        try:
            agency.sign_in.begin("chen", "wrong")
        except (CredentialsInvalid, SignInThrottled) as refused:
            return type(refused)
        raise AssertionError("a wrong password signed in")

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(guess, range(60)))
    assert outcomes.count(CredentialsInvalid) == 10


@pytest.mark.asvs("6.5.6", "7.4.2", "8.3.2")
def test_a_disabled_account_is_out_at_once(agency: Agency) -> None:
    agency.member()
    token, _ = agency.sign_in.begin("chen", PASSWORD)
    agency.staff.disable("chen", "cli")
    with pytest.raises(SignInRequired):
        agency.sign_in.session(token)
    with pytest.raises(CredentialsInvalid):
        agency.sign_in.begin("chen", PASSWORD)


def test_signing_out_ends_the_session(agency: Agency) -> None:
    agency.member()
    token, _ = agency.sign_in.begin("chen", PASSWORD)
    agency.sign_in.end(token)
    agency.sign_in.end(token)
    with pytest.raises(SignInRequired):
        agency.sign_in.session(token)


@pytest.mark.asvs("7.4.3", "7.4.5")
def test_a_reset_gives_a_password_that_works_and_ends_sessions(agency: Agency) -> None:
    agency.member()
    token, _ = agency.sign_in.begin("chen", PASSWORD)
    fresh = agency.staff.reset("chen", "cli")
    with pytest.raises(SignInRequired):
        agency.sign_in.session(token)
    agency.sign_in.begin("chen", fresh)


def test_accounts_are_unique_and_named_plainly(agency: Agency) -> None:
    agency.member()
    with pytest.raises(AlreadyExists):
        agency.member()
    for bad in ("x", "Müller", "a b", "root;"):
        with pytest.raises(FieldInvalid):
            agency.staff.create(bad, Role.OFFICER, None, "cli")
    with pytest.raises(FieldInvalid):
        agency.staff.create("short", Role.OFFICER, "short", "cli")
    with pytest.raises(NotFound):
        agency.staff.disable("nobody", "cli")


def test_a_key_opens_its_scopes_and_nothing_else(agency: Agency, clock: FixedClock) -> None:
    key, token = agency.api_keys.create("bank", (Scope.VERIFY,), 30, "cli")
    authorise = AuthoriseKey(agency.store, clock)
    assert authorise.run(f"Bearer {token}", Scope.VERIFY).id == key.id
    with pytest.raises(ScopeMissing):
        authorise.run(f"Bearer {token}", Scope.ENROLL)
    for wrong in ("", "Bearer", f"Basic {token}", f"Bearer {token}x", "Bearer ak_x_y", f"Bearer {token[:-1]}"):
        with pytest.raises(CredentialsInvalid):
            authorise.run(wrong, Scope.VERIFY)
    clock.advance(days=31)
    with pytest.raises(CredentialsInvalid):
        authorise.run(f"Bearer {token}", Scope.VERIFY)


@pytest.mark.asvs("6.5.6", "8.3.2")
def test_a_disabled_key_is_out_at_once(agency: Agency, clock: FixedClock) -> None:
    key, token = agency.api_keys.create("bank", (Scope.VERIFY,), None, "cli")
    agency.api_keys.disable(key.id, "cli")
    with pytest.raises(CredentialsInvalid):
        AuthoriseKey(agency.store, clock).run(f"Bearer {token}", Scope.VERIFY)


def test_only_an_officer_may_vouch_for_presence(agency: Agency) -> None:
    agency.member(Role.OFFICER, "li.na")
    agency.member(Role.MONITOR, "chen")
    attester = Attester(agency.store)
    assert attester.run("li.na").role is Role.OFFICER
    with pytest.raises(AccessRefused):
        attester.run("chen")
    with pytest.raises(NotFound):
        attester.run("nobody")
    agency.staff.disable("li.na", "cli")
    with pytest.raises(AccessRefused):
        attester.run("li.na")


@pytest.fixture
def flag(agency: Agency) -> str:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    return agency.verify(WANG, picture("wang")).flags[0]


def test_a_monitor_judges_a_flag_with_a_reason_and_a_late_second_one_is_told(agency: Agency, flag: str) -> None:
    monitor = agency.member()
    agency.judge.run(flag, Verdict.NEEDS_CHECK, "same picture as in the file", monitor, None)
    with pytest.raises(StaleJudgement):
        agency.judge.run(flag, Verdict.FALSE_FLAG, "looked only at the old page", monitor, None)
    view = agency.look.flag(flag, monitor)
    assert [(j.judgement.verdict, j.username) for j in view.judgements] == [(Verdict.NEEDS_CHECK, "chen")]
    agency.judge.run(flag, Verdict.FALSE_FLAG, "the photographer sent one file twice", monitor, view.judgements[-1].id)
    assert len(agency.look.flag(flag, monitor).judgements) == 2


def test_a_judgement_without_a_reason_is_refused(agency: Agency, flag: str) -> None:
    with pytest.raises(ReasonMissing):
        agency.judge.run(flag, Verdict.FALSE_FLAG, "  ", agency.member(), None)


@pytest.mark.asvs("8.3.1", "8.3.3")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MONITOR])
def test_other_roles_neither_judge_nor_see_faces(agency: Agency, flag: str, role: Role) -> None:
    member = agency.member(role, "other")
    with pytest.raises(AccessRefused):
        agency.judge.run(flag, Verdict.FALSE_FLAG, "I would like to", member, None)
    with pytest.raises(AccessRefused):
        agency.look.photo(flag, "probe", member)


@pytest.mark.asvs("16.3.2")
def test_looking_at_a_face_is_written_down(agency: Agency, flag: str) -> None:
    monitor = agency.member()
    agency.look.photo(flag, "probe", monitor)
    with agency.store.reading() as unit:
        seen = [row.event for row in unit.audit.rows() if row.event.action == "photo.seen"]
    assert [(event.actor, event.subject) for event in seen] == [(f"staff:{monitor.id}", f"flag:{flag}")]
