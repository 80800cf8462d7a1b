"""Policies in YAML: every fault told with its line, and nothing that would break what the law asks."""

from __future__ import annotations

from datetime import date

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.region_tree import Regions
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.errors import FileUnreadable
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import EventKind, Grade
from auth_service.qualification.period import Cycle, CycleKind
from auth_service.qualification.policy import ChannelRule, LivenessLevel, PolicyBook, PolicyVersion, WeakRule
from auth_service.qualification.policy_document import from_stored, read_policies, stored_form

TANGSHAN = """\
name: tangshan-2026
policies:
  - benefits: [employee_pension, public_body_pension]
    cycle: {kind: rolling, months: 12}
    hold_for_overdue: true
    grace_days: 60
  - benefits: [resident_pension, survivor]
    region: "1302"
    cycle:
      kind: half_year
      window_ends: ["06-30", "12-31"]
      max_gap_months: 6
    first_cycle_months: 12
    reminders: [45, 15]
    guard_tags: [subsistence, extreme_hardship, severe_disability, bedridden, monitored]
    channels:
      phone: {liveness: live, zones: [match]}
      agency_api: {liveness: attested}
    evidence:
      silent: yes
      weak: {allowed: true, kinds: 2, points: 60, days: 30}
      points: {hotel: weak 30, pharmacy: none}
      reuse_days: 180
      sample_after: 2
    keeps_promises: false
"""


def test_a_whole_policy_is_read_as_it_is_written() -> None:
    document = read_policy_text(TANGSHAN.replace("silent: yes", "silent: true"))
    found, problems = read_policies(document)
    assert problems == ()
    assert found is not None
    assert [one.benefit.value for one in found.policies] == [
        "employee_pension", "public_body_pension", "resident_pension", "survivor",
    ]  # fmt: skip
    village = found.nearest(BenefitKind.RESIDENT_PENSION, "130203001001", Regions())
    assert village is not None
    assert village.cycle == Cycle(CycleKind.HALF_YEAR, window_ends=((6, 30), (12, 31)), max_gap_months=6)
    assert (village.first_cycle_months, village.reminders, village.keeps_promises) == (12, (45, 15), False)
    assert village.channels == {
        Channel.PHONE: ChannelRule(LivenessLevel.LIVE, frozenset({Zone.MATCH})),
        Channel.AGENCY_API: ChannelRule(LivenessLevel.ATTESTED),
    }
    assert village.weak == WeakRule(allowed=True, kinds=2, points=60, days=30)
    assert village.worth(EventKind.HOTEL) == (Grade.WEAK, 30)
    assert village.worth(EventKind.PHARMACY) == (Grade.NONE, 0)
    assert (village.reuse_days, village.sample_after, village.hold_for_overdue) == (180, 2, False)
    assert from_stored(stored_form(document)) == found, "and comes back from the database as it went in"


def test_yaml_gives_no_word_another_meaning() -> None:
    _, problems = read_policies(read_policy_text(TANGSHAN))
    assert [(one.line, one.where) for one in problems] == [(20, "policies[1].evidence.silent")]


@pytest.mark.parametrize(
    ("line", "text", "where"),
    [
        (1, "name: ''", "name"),
        (4, "    cycle: {kind: weekly}", "policies[0].cycle.kind"),
        (4, "    cycle: {months: 0}", "policies[0].cycle.months"),
        (4, "    cycles: {months: 12}", "policies[0].cycles"),
        (5, "    hold_for_overdue: perhaps", "policies[0].hold_for_overdue"),
        (6, "    grace_days: -3", "policies[0].grace_days"),
        (7, "  - benefits: [pension]", "policies[1].benefits[0]"),
        (8, "    region: Tangshan", "policies[1].region"),
        (11, "      window_ends: [06-31-2026]", "policies[1].cycle.window_ends"),
        (11, "      window_ends: ['12-31', '06-30']", "policies[1].cycle.window_ends"),
        (14, "    reminders: [7, 60]", "policies[1].reminders"),
        (14, "    reminders: [7]", "policies[1].reminders"),
        (14, "    reminders: []", "policies[1].reminders"),
        (15, "    guard_tags: [bedridden]", "policies[1].guard_tags"),
        (17, "      phone: {zones: [non_match]}", "policies[1].channels"),
        (17, "      radio: {liveness: live}", "policies[1].channels.radio"),
        (21, "      weak: {allowed: true, kinds: 1}", "policies[1].evidence.weak.kinds"),
        (22, "      points: {hotel: 30}", "policies[1].evidence.points.hotel"),
    ],
)
def test_each_fault_is_told_with_its_line(line: int, text: str, where: str) -> None:
    lines = TANGSHAN.replace("silent: yes", "silent: true").splitlines()
    lines[line - 1] = text
    found, problems = read_policies(read_policy_text("\n".join(lines)))
    assert found is None
    assert (line, where) in [(one.line, one.where) for one in problems], problems


def test_one_benefit_and_region_has_one_policy() -> None:
    text = "name: twice\npolicies:\n  - benefits: [survivor]\n  - benefits: [survivor, work_injury]\n"
    _, problems = read_policies(read_policy_text(text))
    assert [one.en for one in problems] == ["two policies for one benefit and region"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\nname: b\n", "line 2: name stands there twice"),
        ("name: &a x\npolicies: *a\n", "line 1: no & and no *"),
        ("name: [unclosed\n", "line 2"),
        ("name: " + "[" * 1_000_000, "line 1: too deep"),
        ("name: a\nb: " + "[" * 12 + "]" * 12, "line 2: too deep"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(text: str, told: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_policy_text(text)
    assert told in refused.value.detail


@pytest.mark.parametrize("text", ["", "[]", "null", "just words", "policies: 3"])
def test_a_document_of_another_form_has_faults_and_no_traceback(text: str) -> None:
    found, problems = read_policies(read_policy_text(text))
    assert found is None
    assert problems


def test_the_nearest_region_counts_and_old_codes_lie_where_their_successors_lie() -> None:
    text = (
        "name: near\npolicies:\n  - benefits: [survivor]\n  - benefits: [survivor]\n    region: '130284'\n"
        "    cycle: {months: 6}\n"
    )
    found, _ = read_policies(read_policy_text(text))
    assert found is not None
    for region, months in (("130223104201", 6), ("130284104201", 6), ("130203001001", 12), ("", 12)):
        nearest = found.nearest(BenefitKind.SURVIVOR, region, Regions())
        assert nearest is not None
        assert nearest.cycle.months == months, region
    book = PolicyBook([PolicyVersion(date(2026, 1, 1), found)])
    assert book.on(date(2026, 1, 1), BenefitKind.WORK_INJURY, "13").cycle.months == 12, "the default where it is silent"
