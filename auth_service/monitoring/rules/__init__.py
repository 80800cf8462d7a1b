"""The rules in force, one small class each (domain.md section 6). Screens and docs read the registry `RULES`."""

from __future__ import annotations

from typing import ClassVar, Protocol

from auth_service.core.errors import NotFound, RuleFixed
from auth_service.monitoring.flags import RuleWords, Severity, key_of_capture
from auth_service.monitoring.rules.c01_one_pair_of_hands import OnePairOfHands
from auth_service.monitoring.rules.c02_overrides import Overrides
from auth_service.monitoring.rules.c03_after_the_fact import AfterTheFact
from auth_service.monitoring.rules.d06_paid_after_death import PaidAfterDeath
from auth_service.monitoring.rules.d11_old_and_silent import OldAndSilent
from auth_service.monitoring.rules.d12_extreme_age import ExtremeAge
from auth_service.monitoring.rules.i01_id_number import InvalidIdNumber
from auth_service.monitoring.rules.i02_ledger_and_number import LedgerAgainstNumber
from auth_service.monitoring.rules.i03_one_face import OneFace
from auth_service.monitoring.rules.i04_two_numbers import TwoNumbers
from auth_service.monitoring.rules.i05_two_ledgers import TwoLedgers
from auth_service.monitoring.rules.i07_changed_photo import ChangedPhoto
from auth_service.monitoring.rules.i08_changed_contact import ChangedContact
from auth_service.monitoring.rules.i09_shared_image import SharedImage
from auth_service.monitoring.rules.of_registries import OF_REGISTRIES
from auth_service.monitoring.rules.p01_shared_account import SharedAccount
from auth_service.monitoring.rules.p02_other_holder import OtherHolder
from auth_service.monitoring.rules.p04_amount_jump import AmountJump
from auth_service.monitoring.rules.p05_paid_while_stopped import PaidWhileStopped
from auth_service.monitoring.rules.p06_long_arrears import LongArrears
from auth_service.monitoring.rules.s08_poverty_tag import PovertyTagMismatch
from auth_service.monitoring.rules.v01_one_device import OneDevice
from auth_service.monitoring.rules.v03_repeated_failures import RepeatedFailures
from auth_service.monitoring.rules.v04_copied_capture import CopiedCapture
from auth_service.monitoring.rules.v05_suspected_presentation import SuspectedPresentation
from auth_service.monitoring.rules.v06_impossible_travel import ImpossibleTravel
from auth_service.monitoring.rules.v08_low_margin import LowMargin
from auth_service.monitoring.rules.v09_broken_protocol import BrokenProtocol
from auth_service.monitoring.rules.v10_silent_only import SilentOnly
from auth_service.monitoring.rules.v11_refused_and_weak import RefusedAndWeak
from auth_service.monitoring.swept import SweptRule


class AnyRule(Protocol):
    """What screens and papers read of a rule."""

    rule_id: ClassVar[str]
    version: ClassVar[int]
    severity: ClassVar[Severity]
    words: ClassVar[RuleWords]


SWEPT: tuple[type[SweptRule], ...] = (
    LedgerAgainstNumber,
    TwoNumbers,
    TwoLedgers,
    SharedAccount,
    OtherHolder,
    AmountJump,
    PaidWhileStopped,
    LongArrears,
    OnePairOfHands,
    Overrides,
    AfterTheFact,
    PaidAfterDeath,
    OldAndSilent,
    ExtremeAge,
    ChangedPhoto,
    ChangedContact,
    PovertyTagMismatch,
    LowMargin,
    SilentOnly,
    RefusedAndWeak,
)
"""Rules that look through what is stored (flows/run_rules.py). All others are raised where the facts arise."""

_WHERE_FACTS_ARISE: tuple[type[AnyRule], ...] = (
    InvalidIdNumber,
    OneFace,
    SharedImage,
    OneDevice,
    RepeatedFailures,
    CopiedCapture,
    SuspectedPresentation,
    ImpossibleTravel,
    BrokenProtocol,
)
_ALL: tuple[type[AnyRule], ...] = (*_WHERE_FACTS_ARISE, *OF_REGISTRIES, *SWEPT)

RULES: dict[str, type[AnyRule]] = {rule.rule_id: rule for rule in _ALL}

IN_FORCE_FROM_START = frozenset({AmountJump.rule_id, PaidWhileStopped.rule_id, LongArrears.rule_id})
"""Swept rules that raise flags from the first day, because they only do sums over the ledger's own rows. All others
start in shadow: nobody has measured yet how often they are right."""

OF_A_CAPTURE = (CopiedCapture.rule_id, SuspectedPresentation.rule_id)
"""Rules whose flags are about one capture, which may stand at the review desk as well."""


def keys_of_capture(evidence_id: str) -> tuple[str, ...]:
    """Dedupe keys of all flags that may be about one capture."""
    return tuple(key_of_capture(rule_id, evidence_id) for rule_id in OF_A_CAPTURE)


def rule_words(rule_id: str, severity: Severity | None = None) -> RuleWords:
    """Words of a rule by its id; severity: of one flag, whose lesser finding may have words of its own. raises
    KeyError"""
    rule = RULES[rule_id]
    if rule is BrokenProtocol and severity is BrokenProtocol.clock_severity:
        return BrokenProtocol.clock_words
    other = getattr(rule, "other_words", None)
    words: RuleWords = rule.words if other is None else other().get(severity, rule.words)
    return words


def rule_severity(rule_id: str) -> Severity:
    """Severity of a rule by its id. raises KeyError"""
    return RULES[rule_id].severity


def swept(rule_id: str) -> type[SweptRule]:
    """A rule that looks through what is stored. raises NotFound (no such rule), RuleFixed (raised elsewhere)"""
    found = next((rule for rule in SWEPT if rule.rule_id == rule_id), None)
    if found is None:
        raise (RuleFixed if rule_id in RULES else NotFound)(rule_id, field="rule")
    return found
