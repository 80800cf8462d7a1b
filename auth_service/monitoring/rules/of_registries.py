"""The rules about what registries say, together: which fire on one finding alone, and which look further."""

from __future__ import annotations

from auth_service.monitoring.rules.away_told import LeftCountry, Missing
from auth_service.monitoring.rules.custody_told import Detained, ServedOutside, Serving
from auth_service.monitoring.rules.d07_passed_after import PassedAfter
from auth_service.monitoring.rules.d08_dates_disagree import DatesDisagree
from auth_service.monitoring.rules.d09_odd_batch import OddBatch
from auth_service.monitoring.rules.d13_taken_back import RecordTakenBack
from auth_service.monitoring.rules.deaths_told import (
    CremationRecord,
    DeathRecord,
    HospitalDeath,
    HouseholdCancelled,
    VillageSays,
)
from auth_service.monitoring.rules.entitlement_told import Employed, OtherRoll, SurvivorCondition
from auth_service.monitoring.rules.registry_facts import TellsOfPerson

ON_ONE_FINDING: tuple[type[TellsOfPerson], ...] = (
    DeathRecord,
    CremationRecord,
    HouseholdCancelled,
    HospitalDeath,
    VillageSays,
    Serving,
    Detained,
    ServedOutside,
    Missing,
    SurvivorCondition,
    Employed,
    OtherRoll,
)
RegistryRule = TellsOfPerson | PassedAfter | DatesDisagree | OddBatch | RecordTakenBack | LeftCountry
OF_REGISTRIES: tuple[type[RegistryRule], ...] = (
    *ON_ONE_FINDING,
    PassedAfter,
    DatesDisagree,
    OddBatch,
    RecordTakenBack,
    LeftCountry,
)
