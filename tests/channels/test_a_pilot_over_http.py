"""A session of a pilot over HTTP: its own consent on the page, a word of its own at the end, and nothing decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from auth_service.app import create_app
from auth_service.core.audit_facts import DECIDED
from auth_service.enrollment.consent_texts import NEWEST
from auth_service.liveness.pilot import tag_of
from auth_service.settings import Settings
from auth_service.wiring import Wiring
from tests.channels.phone_client import BASE, CONSENT, PhonePage, page, still
from tests.channels.service import BASE as SITE
from tests.channels.service import EILEEN, PAGE, Deployment

AGREED = {"text": "pilot_consent", "version": NEWEST["pilot_consent"], "language": "zh"}


@pytest.fixture
def piloting(service: Deployment, tmp_path: Path) -> Wiring:
    """The same service with a folder for a pilot."""
    before = service.wiring.settings
    settings = Settings(
        home=before.home, database_url=before.database_url, models=before.models, readers=1, public_url=SITE,
        phone_page=True, pilot_folder=tmp_path / "pilot",
    )  # fmt: skip
    wiring = Wiring(settings, service.clock)
    wiring.__dict__.update(pool=service.wiring.pool, store=service.wiring.store)
    return wiring


def linked(service: Deployment, wiring: Wiring) -> PhonePage:
    """A phone with which the link of a pilot was opened."""
    officer = next((one for one in wiring.keep_staff.all() if one.role is Role.OFFICER), None)
    officer = officer or wiring.keep_staff.create("wu", Role.OFFICER, "a long password", "cli")[0]
    opened = wiring.open_pilot.run(tag_of("live", "p017", officer.id), officer)
    phone = PhonePage(service.client(create_app(wiring.services())))
    assert phone.exchanged(opened.session_id, opened.ticket).status_code == 200
    return phone


def started(phone: PhonePage, consent: dict[str, str]) -> int:
    answer = phone._told(phone.call("POST", f"{BASE}/{phone.id}/start", json={"consent": consent}))
    return answer.status_code


def filmed(service: Deployment, wiring: Wiring) -> PhonePage:
    phone = linked(service, wiring)
    assert started(phone, AGREED) == 200
    assert phone.asked["challenge"]["route"] == "flash"
    phone.steps([still(service, n) for n in range(phone.count)])
    return phone


def test_it_ends_with_a_word_of_its_own_and_lies_in_the_folder(service: Deployment, piloting: Wiring) -> None:
    phone = filmed(service, piloting)
    done = phone.complete()
    assert (done.status_code, done.json()["outcome"], done.json()["reason"]["code"]) == (200, "collected", "pilot_done")
    assert "不是资格认证" in done.json()["reason"]["zh"]
    assert phone.complete().json() == done.json()
    (found,) = piloting.pilot_folder.sessions()
    assert (found.id, found.label) == (phone.id, "live")
    with piloting.store.reading() as unit:
        assert not [
            row for row in unit.audit.rows() if row.event.action == DECIDED and row.event.actor == "capture:phone"
        ]


def test_withdrawing_on_the_page_removes_it(service: Deployment, piloting: Wiring) -> None:
    phone = filmed(service, piloting)
    phone.complete()
    assert phone.call("DELETE", f"{BASE}/{phone.id}").status_code == 204
    assert piloting.pilot_folder.sessions() == []


def test_neither_consent_stands_for_the_other(service: Deployment, piloting: Wiring) -> None:
    assert started(linked(service, piloting), CONSENT) == 422
    other = PhonePage(service.client(create_app(piloting.services())))
    refused = other.opened(EILEEN, consent=AGREED)
    assert (refused.status_code, refused.json()["code"]) == (422, "consent_missing")
    other.open(EILEEN)
    assert started(other, AGREED) == 422
    assert started(other, CONSENT) == 200


def test_the_page_shows_the_pilots_text_by_its_link_alone(service: Deployment, piloting: Wiring) -> None:
    visitor = service.client(create_app(piloting.services()))
    for language, words in (("zh", "试采"), ("en", "pilot, <strong>not</strong> an authentication")):
        shown = visitor.get(f"/verify?lang={language}&pilot=1", headers=PAGE).text
        assert 'data-text="pilot_consent"' in shown
        assert words in shown
        assert "pilot=1" in shown, "the other language is the pilot's as well"
    assert 'data-text="phone_consent"' in visitor.get("/verify", headers=PAGE).text


def test_without_a_folder_there_is_no_pilot(service: Deployment) -> None:
    assert 'data-text="phone_consent"' in page(service).client.get("/verify?pilot=1", headers=PAGE).text
    assert service.wiring.services().captures.pilot is None
