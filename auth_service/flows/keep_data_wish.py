"""What a person wishes of data comparison: none of it from a day on, or again. It costs them nothing.

Who wants none is passed by nothing that they did not do themselves, and is asked as everybody is: by phone, at a kiosk
or counter, by a visit. What passed them before stands, so that no due date moves, and nothing of feeds is kept about
them meanwhile. The wish is theirs: no file brings it, somebody who heard it writes it down, and it can be taken back.
"""

from __future__ import annotations

from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import AccessRefused, BeneficiaryUnknown, ReasonMissing
from auth_service.core.ids import new_id
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import OWN, LifeEvent
from auth_service.qualification.passes import wants_no_data
from auth_service.storage.unit import Store, Unit

_MAY = (Permission.ANSWER_REQUESTS, Permission.ERASE_PERSON)
"""Who speaks with people: an officer or checker, and the privacy officer."""


class KeepDataWish:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, id_number: str, staff: StaffMember, *, wants_data: bool, said: str) -> bool:
        """From today on. said: how the person told it, as `form of 3 May`; it stands in the audit trail

        returns  False: that is what they wished already
        raises   AccessRefused, IdNumberInvalid, BeneficiaryUnknown, ReasonMissing
        """
        if not any(may(staff.role, permission) for permission in _MAY):
            raise AccessRefused
        now = self._clock.now()
        today = legal_date(now)
        if not said.strip():
            raise ReasonMissing(field="said")
        number = parse_id_number(id_number, today).number
        with self._store.unit() as unit:
            person_id = unit.people.id_of(number)
            if person_id is None:
                raise BeneficiaryUnknown(field="id_number")
            return write_data_wish(unit, person_id, (wants_data, said.strip()[:200]), staff, now)


def write_data_wish(unit: Unit, person_id: str, wish: tuple[bool, str], staff: StaffMember, now: datetime) -> bool:
    """From this day on, however it was heard; what was confirmed before stands. False: they wished so already.

    wish  whether data may be compared, and how the person told it
    """
    wants_data, said = wish
    today = legal_date(now)
    unit.alone(f"wish {person_id}")
    told = unit.life_events.of_people([person_id]).get(person_id, [])
    if wants_no_data(told, today) is not wants_data:
        return False
    kind = EventKind.DATA_OPT_IN if wants_data else EventKind.DATA_OPT_OUT
    unit.life_events.add(person_id, LifeEvent(OWN, new_id(), kind, today, now), None, "wish")
    details = {"wish": kind.value, "said": said}
    unit.audit.append(AuditEvent(f"staff:{staff.id}", "person.data_wish", f"person:{person_id}", details), now)
    return True
