"""The main job over HTTP, with the real engine: what passes, what does not, and what the answers keep to themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.channels.service import EILEEN, GRACE, NO_PHOTO, NOBODY, Deployment, id_number

FIELDS = {
    "verification_id", "decision", "zone", "reasons", "evidence_kind", "certificate", "engine", "calibration", "hints",
}  # fmt: skip


def test_an_attested_match_qualifies_with_a_certificate_that_anybody_can_check(service: Deployment) -> None:
    answer = service.verify(EILEEN, service.portraits.eileen_later, attested_by="counter-7")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["decision"], body["zone"], body["evidence_kind"]) == ("qualified", "match", "assisted")
    assert [reason["code"] for reason in body["reasons"]] == ["match_attested"]
    certificate = body["certificate"]
    assert certificate["url"] == f"http://127.0.0.1:8000/certificates/{certificate['serial']}"
    assert (certificate["passed_on"], certificate["due_on"]) == ("2026-03-10", "2027-03-31")
    state = service.client().get(f"/certificates/{certificate['serial']}").json()
    assert state == {
        "valid": True, "evidence_kind": "assisted", "passed_on": "2026-03-10", "due_on": "2027-03-31",
        "revoked_at": None, "reason": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("who", "photo", "fields", "expected"),
    [
        (GRACE, "eileen_later", {"attested_by": "c.7"}, ("retry", "non_match", "non_match")),
        (EILEEN, "eileen_later", {}, ("refer", "match", "photo_without_attestation")),
        (NO_PHOTO, "eileen_later", {"attested_by": "c.7"}, ("refer", None, "no_usable_reference")),
        (NOBODY, "eileen_later", {"attested_by": "c.7"}, ("refer", None, "no_usable_reference")),
        (EILEEN, "eileen", {"attested_by": "c.7"}, ("refer", None, "attack_suspected")),
    ],
)
def test_what_does_not_pass_is_explained_to_a_key_that_may_know(
    service: Deployment, who: str, photo: str, fields: dict[str, str], expected: tuple[str, str | None, str]
) -> None:
    body = service.verify(who, getattr(service.portraits, photo), **fields).json()
    assert (body["decision"], body["zone"], body["reasons"][0]["code"]) == expected
    assert body["certificate"] is None
    assert body["reasons"][0]["zh"]
    assert body["reasons"][0]["en"]


@pytest.mark.asvs("15.3.1", "14.2.6")
def test_no_answer_holds_a_score_a_threshold_or_a_number_of_any_kind(service: Deployment) -> None:
    for who in (EILEEN, GRACE, NOBODY):
        body = service.verify(who, service.portraits.eileen_later, attested_by="c.7").json()
        assert set(body) == FIELDS
        assert not list(_numbers(body))
        for word in ("score", "similarity", "threshold", "accept_at", "grey_at", "distance"):
            assert word not in json.dumps(body)


def _numbers(value: object) -> list[float]:
    if isinstance(value, Mapping):
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.asvs("8.2.3")
def test_without_the_scope_nothing_tells_whether_the_number_is_known(service: Deployment) -> None:
    photo = service.portraits.eileen_later
    answers = []
    for who in (GRACE, NO_PHOTO, NOBODY):
        for fields in ({}, {"attested_by": "c.7"}, {"attested_by": "c.7"}, {"attested_by": "c.7"}):
            answer = service.verify(who, photo, "assisted", **fields)
            body = {**answer.json(), "verification_id": "", "evidence_kind": ""}
            answers.append((answer.status_code, tuple(sorted(answer.headers)), json.dumps(body, sort_keys=True)))
    # whether somebody attested is told, for that is the caller's own doing; whose number it is makes no difference
    by_person = [answers[place : place + 4] for place in range(0, len(answers), 4)]
    assert by_person[0] == by_person[1] == by_person[2]
    assert len(set(answers)) == 2
    assert '"not_confirmed"' in answers[0][2]
    known = service.enroll(GRACE, photo, "enroll")
    unknown = service.enroll(NOBODY, photo, "enroll")
    assert known.status_code == unknown.status_code == 422
    assert _without_id(known.json()) == _without_id(unknown.json())
    assert _without_id(known.json())["code"] == "enrollment_refused"


def test_with_the_scope_an_enrolment_is_refused_with_its_true_reason(service: Deployment) -> None:
    photo = service.portraits.eileen_later
    assert service.enroll(NOBODY, photo).json()["code"] == "beneficiary_unknown"
    assert service.enroll(GRACE, photo).json()["code"] == "face_differs_from_reference"
    assert service.enroll(NO_PHOTO, service.portraits.eileen).json()["code"] == "image_of_another_person"


def test_a_pass_is_told_to_every_key_that_may_verify(service: Deployment) -> None:
    body = service.verify(EILEEN, service.portraits.eileen_later, "assisted", attested_by="c.7").json()
    assert body["decision"] == "qualified"
    assert body["zone"] == "match"


@pytest.mark.asvs("8.2.1", "8.3.1")
def test_a_key_that_may_not_attest_cannot_say_that_somebody_was_there(service: Deployment) -> None:
    answer = service.verify(EILEEN, service.portraits.eileen_later, "verify", attested_by="c.7")
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["field"]) == ("scope_missing", "attested_by")


def test_an_enrolled_photo_counts_at_once(service: Deployment) -> None:
    answer = service.enroll(EILEEN, service.portraits.eileen_later, taken_on="2026-03-01")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["usable"] is True
    assert body["photos"] == 2
    assert not any(key in answer.text for key in ("template", "score", EILEEN))


@pytest.mark.asvs("2.2.1", "2.2.2")
@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"consent_basis": ""}, "consent_missing", "consent_basis"),
        ({"consent_text_version": " "}, "consent_missing", "consent_text_version"),
        ({"consent_basis": "statutory_duty"}, "consent_missing", "consent_reference"),
        ({"consent_basis": "because"}, "field_invalid", "consent_basis"),
        ({"consent_language": "fr"}, "field_invalid", "consent_language"),
        ({"photo_source": "internet"}, "field_invalid", "photo_source"),
        ({"photo_source": ""}, "field_missing", "photo_source"),
        ({"taken_on": "2026-13-01"}, "date_invalid", "taken_on"),
        ({"taken_on": "2027-01-01"}, "date_invalid", "taken_on"),
        ({"id_number": ""}, "field_missing", "id_number"),
        ({"id_number": "1" * 65}, "field_too_long", "id_number"),
        ({"id_number": EILEEN[:-1] + "?"}, "id_number_invalid", "id_number"),
        ({"id_number": id_number(122, birth="19480230")}, "id_number_date", "id_number"),
        ({"verdict": "qualified"}, "field_invalid", None),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    service: Deployment, fields: dict[str, str], code: str, field: str | None
) -> None:
    before = service.services.queries.totals()
    others = {name: value for name, value in fields.items() if name != "id_number"}
    answer = service.enroll(fields.get("id_number", EILEEN), service.portraits.eileen_later, **others)
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"], answer.json().get("field")) == (code, field)
    assert service.services.queries.totals() == before


def _without_id(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "request_id"}
