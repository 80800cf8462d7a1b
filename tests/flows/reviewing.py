"""A review desk over the real flows."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.flows.review_capture import ReviewCapture, Said
from auth_service.flows.see_capture import PictureEngine, SeeCapture
from auth_service.flows.settle_reviews import SettleReviews
from auth_service.qualification.review import ReviewPolicy, ReviewReason, ReviewVerdict
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, fake_calibration

ACCEPTED = (ReviewVerdict.ACCEPTED, ReviewReason.AGED)
SUSPECTED = (ReviewVerdict.SUSPECTED, ReviewReason.OTHER_PERSON)
CANNOT_TELL = (ReviewVerdict.CANNOT_TELL, ReviewReason.NOT_SURE)


class Desk:
    """The review desk of an agency with one officer, and a clock that it moves."""

    def __init__(self, agency: Agency, clock: FixedClock) -> None:
        policy, identity, reencode = ReviewPolicy(), lambda: FAKE_ENGINE, agency.reader.reencode
        self.agency, self.clock = agency, clock
        self.officer = agency.member(Role.OFFICER, "liu")
        self.see = SeeCapture(agency.store, clock, PictureEngine(reencode, reencode, identity), fake_calibration)
        self.review = ReviewCapture(agency.store, identity, clock, policy)
        self.settling = SettleReviews(agency.store, agency.signer, identity, clock, policy)

    def decide(
        self, evidence_id: str, what: tuple[ReviewVerdict, ReviewReason] = ACCEPTED, by: StaffMember | None = None
    ) -> None:
        reviews = self.see.run(evidence_id, self.officer).reviews
        after = reviews[-1].id if reviews else None
        self.review.decide(Said(evidence_id, *what, "看过了", after), by or self.officer)

    def settle(self, evidence_id: str, what: tuple[ReviewVerdict, ReviewReason] = ACCEPTED) -> dict[str, int]:
        self.decide(evidence_id, what)
        self.clock.advance(minutes=10)
        return dict(self.settling.run())
