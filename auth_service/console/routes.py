"""Every page of the console with its rule of access. The functions' parameters carry the rule (web/access.py)."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, FastAPI
from starlette.responses import Response

from auth_service.console import (
    batches,
    capture,
    case,
    case_pack,
    cases,
    contests,
    desk,
    devices,
    due,
    flag,
    flags,
    fund,
    left_photo,
    money,
    own_requests,
    person,
    policies,
    poverty,
    proposals,
    requests,
    scorecards,
    session,
)
from auth_service.web.access import PUBLIC

Page = Callable[..., Response]
_MONEY: tuple[tuple[str, str, Page], ...] = (
    ("GET", session.PROPOSALS, proposals.proposals_page),
    ("POST", "/console/proposals/find", proposals.find),
    ("GET", "/console/proposals/{proposal_id}", proposals.proposal_page),
    ("POST", "/console/proposals/{proposal_id}/verdict", proposals.decide),
    ("POST", "/console/proposals/{proposal_id}/withdraw", proposals.withdraw),
    ("GET", "/console/money/{person_id}", money.money_page),
    ("POST", "/console/money/{person_id}/proposals", money.propose),
    ("POST", "/console/money/{person_id}/restore", money.restore),
    ("POST", "/console/money/{person_id}/contests", money.contest),
    ("GET", session.CONTESTS, contests.contests_page),
    ("GET", "/console/contests/{contest_id}", contests.contest_page),
    ("POST", "/console/contests/{contest_id}/restore", contests.restore),
    ("POST", "/console/contests/{contest_id}/acts", contests.note_act),
    ("POST", "/console/contests/{contest_id}/dismiss", contests.dismiss),
)

_CASES: tuple[tuple[str, str, Page], ...] = (
    ("GET", session.CASES, cases.cases_page),
    ("POST", "/console/cases/gather", cases.gather),
    ("GET", "/console/cases/{case_id}", case.case_page),
    ("POST", "/console/cases/{case_id}/assignment", case.assign),
    ("POST", "/console/cases/{case_id}/steps", case.note_step),
    ("POST", "/console/cases/{case_id}/disposition", case.propose),
    ("POST", "/console/cases/{case_id}/second-word", case.decide),
    ("GET", "/console/cases/{case_id}/pack", case_pack.pack_page),
    ("GET", "/console/cases/{case_id}/pack.json", case_pack.pack_file),
)

_PEOPLE: tuple[tuple[str, str, Page], ...] = (
    ("GET", session.DUE, due.due_page),
    ("GET", "/console/due.csv", due.due_file),
    ("POST", "/console/people/find", due.find),
    ("GET", "/console/people/{person_id}", person.person_page),
    ("GET", poverty.PATH, poverty.poverty_page),
    ("GET", f"{poverty.PATH}.csv", poverty.poverty_file),
    ("GET", session.OWN, own_requests.own_requests_page),
    ("GET", "/console/own-requests/{own_id}", own_requests.own_request_page),
    ("POST", "/console/own-requests/{own_id}/answer", own_requests.answer),
    ("GET", session.POLICIES, policies.policies_page),
    ("POST", session.POLICIES, policies.propose),
    ("GET", "/console/policies/{policy_id}", policies.policy_page),
    ("POST", "/console/policies/{policy_id}/rehearsal", policies.rehearse),
    ("POST", "/console/policies/{policy_id}/activation", policies.activate),
)
_OVERSIGHT: tuple[tuple[str, str, Page], ...] = (
    ("GET", session.FUND, fund.fund_page),
    ("GET", "/console/fund/{table}.{form}", fund.fund_file),
    ("GET", session.SCORECARDS, scorecards.scorecards_page),
    ("GET", "/console/scorecards.{form}", scorecards.scorecards_file),
    ("GET", session.BATCHES, batches.batches_page),
    ("GET", "/console/batches.{form}", batches.batches_file),
    ("GET", "/console/batches/{batch_id}", batches.batch_page),
    ("POST", "/console/batches/{batch_id}/release", batches.release),
    ("POST", "/console/batches/{batch_id}/discard", batches.discard),
)


def add_console(app: FastAPI) -> None:
    """Adds the pages. They are for people and stand in no API description."""
    for_staff: tuple[tuple[str, str, Page], ...] = (
        ("GET", session.HOME, session.home),
        ("POST", "/console/sign-out", session.sign_out),
        ("GET", session.FLAGS, flags.flags_page),
        ("GET", "/console/flags/{flag_id}", flag.flag_page),
        ("GET", "/console/flags/{flag_id}/photos/{label}", flag.flag_photo),
        ("POST", "/console/flags/{flag_id}/judgements", flag.judge),
        ("GET", session.DESK, desk.desk_page),
        ("GET", "/console/desk/{evidence_id}", capture.capture_page),
        ("GET", "/console/desk/{evidence_id}/photos/{label}", capture.capture_photo),
        ("GET", "/console/desk/{evidence_id}/faces/{label}", capture.capture_face),
        ("GET", "/console/desk/{evidence_id}/frames/{n}/{place}", capture.capture_frame),
        ("POST", "/console/desk/{evidence_id}/decisions", capture.decide),
        ("POST", "/console/desk/{evidence_id}/decisions/undo", capture.take_back),
        ("GET", session.REQUESTS, requests.requests_page),
        ("GET", "/console/requests/{request_id}", requests.request_page),
        ("GET", "/console/requests/{request_id}/photo", left_photo.left_photo),
        ("POST", "/console/requests/{request_id}/photo", left_photo.answer_photo),
        ("POST", "/console/requests/{request_id}/contact", requests.reveal),
        ("POST", "/console/requests/{request_id}/done", requests.settle),
        ("GET", session.DEVICES, devices.devices_page),
        ("POST", session.DEVICES, devices.enter),
        ("POST", "/console/devices/{device_id}/{act}", devices.act),
        *_CASES,
        *_MONEY,
        *_PEOPLE,
        *_OVERSIGHT,
    )
    for_anybody: tuple[tuple[str, str, Page], ...] = (
        ("GET", session.HOME + "/", session.to_home),
        ("GET", session.SIGN_IN, session.sign_in_page),
        ("POST", session.SIGN_IN, session.sign_in),
    )
    for method, path, page in for_staff:
        app.add_api_route(path, page, methods=[method], include_in_schema=False, response_model=None)
    for method, path, page in for_anybody:
        app.add_api_route(
            path, page, methods=[method], include_in_schema=False, response_model=None, dependencies=[Depends(PUBLIC)]
        )
