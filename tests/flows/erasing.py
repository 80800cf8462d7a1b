"""A privacy officer's desk, and somebody with a life to be erased."""

from __future__ import annotations

from pathlib import Path

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.clock import legal_date
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.flows.erase import Erase, Erased, EraseRequest
from tests.builders import WANG, Agency
from tests.fakes import picture

OFFICER = "piao"


class Privacy:
    """The privacy officer's desk of an agency."""

    def __init__(self, agency: Agency, path: Path) -> None:
        self.agency = agency
        self.record = ErasureFile(path)
        self.erase = Erase(agency.store, self.record, agency.clock)
        self.officer = agency.member(Role.PRIVACY_OFFICER, OFFICER)
        self.second = agency.member(Role.PRIVACY_OFFICER, "an")

    def run(
        self,
        number: str = WANG,
        reason: ErasureReason = ErasureReason.ASKED_FOR,
        by: StaffMember | None = None,
        second: StaffMember | None = None,
    ) -> Erased:
        """By the officer; with a court order the second officer signs too."""
        by = by or self.officer
        if reason is ErasureReason.COURT_ORDER:
            second = second or self.second
        return self.erase.run(EraseRequest(Requester.PERSON, reason, by, "cli", number, second=second))


def live(agency: Agency, number: str = WANG, face: str = "wang") -> str:
    """Somebody with a life: a bank account, photos, a pass, a failed try with a picture."""
    person_id = agency.person(number)
    values = {
        "id_number": number,
        "name": "王秀英",
        "benefit_kind": "resident_pension",
        "bank_account": "6222020200112",
    }
    now = agency.clock.now()
    with agency.ledger_store.unit() as unit:
        unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch")
    agency.enroll(number, picture(face, take=1), picture(face, take=2))
    agency.verify(number, picture(face, take=3))
    agency.clock.advance(hours=1)  # type: ignore[attr-defined]
    agency.verify(number, picture(face, take=4, blur=0.5))
    return person_id
