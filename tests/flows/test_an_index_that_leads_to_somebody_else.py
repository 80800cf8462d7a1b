"""Two ID-number indexes exchanged by somebody with the ledger role's password: nobody acts on the wrong person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from auth_service.core.errors import SealBroken
from tests.builders import LI, STRANGER, WANG, Agency
from tests.fakes import picture
from tests.flows.erasing import Privacy
from tests.flows.test_enrollment import bulk, files


@pytest.fixture
def exchanged(agency: Agency) -> Agency:
    agency.person(WANG)
    agency.enroll(WANG, picture("wang"))
    agency.person(LI, "李建国")
    agency.enroll(LI, picture("li"))
    engine = create_engine(agency.urls.ledger)  # as somebody with the password of the role that may change people
    with engine.begin() as connection:
        (one, first), (other, second) = connection.execute(text("SELECT id, id_number_index FROM people")).all()
        change = text("UPDATE people SET id_number_index = :index WHERE id = :id")
        for person_id, index in ((one, b"\x00"), (other, first), (one, second)):
            connection.execute(change, {"id": person_id, "index": index})
    engine.dispose()
    return agency


@pytest.mark.asvs("11.2.5", "16.5.3")
def test_nobody_is_verified_as_somebody_else(exchanged: Agency) -> None:
    with pytest.raises(SealBroken):
        exchanged.verify(WANG, picture("li", take=1))


def test_no_photo_becomes_somebody_elses_reference(exchanged: Agency) -> None:
    with pytest.raises(SealBroken):
        exchanged.enroll(WANG, picture("wang", take=1))


def test_nobody_else_is_erased(exchanged: Agency, tmp_path: Path) -> None:
    with pytest.raises(SealBroken):
        Privacy(exchanged, tmp_path / "erasures.jsonl").run(WANG)


def test_a_bulk_run_refuses_them_and_goes_on_with_everybody_else(exchanged: Agency, tmp_path: Path) -> None:
    exchanged.person(STRANGER, "赵强")
    offered = [(WANG, picture("wang", take=7)), (LI, picture("li", take=7)), (STRANGER, picture("zhao"))]
    report, _ = bulk(exchanged, files(tmp_path, *offered))
    assert (report.refused_by_code, report.enrolled) == ({"seal_broken": 2}, 1)
