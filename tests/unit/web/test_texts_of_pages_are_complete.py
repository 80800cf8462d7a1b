"""The table of texts against the templates and the code that reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auth_service.accounts.devices import DeviceState, LensProfile
from auth_service.app import TEMPLATES as FOLDERS
from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.capture.challenge import Accommodation, Colour, Motion, Route, StepKind
from auth_service.casework.case import CaseAct, CaseState, Cause
from auth_service.casework.contest import ContestAct
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.casework.time_line import Track
from auth_service.casework.weighing import LEVELS, Against, For, theories_of
from auth_service.channels.kiosk import page as kiosk
from auth_service.channels.phone.page import ASSETS, RELATIONS, WAYS
from auth_service.console.batches import TABS as BATCH_TABS
from auth_service.console.cases import LIST as CASES
from auth_service.console.contests import LIST as CONTESTS
from auth_service.console.desk import WHY
from auth_service.console.devices import ACTS
from auth_service.console.flags import LIST as FLAGS
from auth_service.console.fund import LINKS as FUND_LINKS
from auth_service.console.fund import SECTIONS as FUND_SECTIONS
from auth_service.console.fund import TILES
from auth_service.console.fund_tables import TABLES as FUND_TABLES
from auth_service.console.policies import _WORDS as POLICY_WORDS
from auth_service.console.poverty import COLUMNS as POVERTY_COLUMNS
from auth_service.console.proposals import LIST as PROPOSALS
from auth_service.console.requests import LIST as REQUESTS
from auth_service.console.scorecards import COLUMNS as SCORECARD_COLUMNS
from auth_service.crosscheck.agreement import BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.batches import Oddity
from auth_service.crosscheck.poverty import LISTS
from auth_service.crosscheck.poverty import Outcome as PovertyOutcome
from auth_service.enrollment.own_request import Answer, OwnWish, Papers
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.answer_photo import Checked
from auth_service.flows.answer_request import RevealReason
from auth_service.flows.import_registry import COUNTED
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.matching.comparison import Zone
from auth_service.matching.own_people import BANDS
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.monitoring.fund import Standing
from auth_service.monitoring.rules.v09_broken_protocol import Breach
from auth_service.notices.notice import NoticeKind, NoticeState, Reach
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.payments.proposals import Verdict as MoneyVerdict
from auth_service.payments.rows import PaymentStatus
from auth_service.qualification.capture_outcome import NextWay
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.review import REASONS_OF, ReviewAct, ReviewReason, ReviewState, ReviewVerdict
from auth_service.qualification.revocation import RevocationReason
from auth_service.qualification.status import LifeState
from auth_service.storage.queries.due import LastPass
from auth_service.storage.unit import BatchState, PayingOutcome
from auth_service.web.pages import TEMPLATES
from auth_service.web.texts import TEXTS

PACKAGE = Path(TEMPLATES).parents[1]
PAGES = [path for folder in (TEMPLATES, *FOLDERS) for path in folder.glob("*.html")]
CODE = [*(PACKAGE / "console").glob("*.py"), *(PACKAGE / "channels").rglob("*.py"), PACKAGE / "web" / "pages.py"]
SCRIPT = """<script type="module" src="{{ asset('main.js') }}">"""
FAMILIES = {
    "flags.state.": FLAGS.states,
    "flags.severity.": tuple(Severity),
    "flag.judge.": tuple(Verdict),
    "certificate.kind.": tuple(EvidenceKind),
    "person.sex.": tuple(Sex),
    "benefit.": tuple(BenefitKind),
    "verify.comfort.": (*Accommodation, "slow"),
    "verify.who.relation.": RELATIONS,
    "verify.ways.": WAYS,
    "verify.welcome.": ("1", "2", "3"),
    "verify.js.ask.": tuple(Motion),
    "kiosk.comfort.": kiosk.ACCOMMODATIONS,
    "kiosk.ways.": (kiosk.HERE, *WAYS),
    "verify.js.next.": (*NextWay, "rather"),
    "fact.reviewed.": REASONS_OF[ReviewVerdict.SUSPECTED],
    "desk.state.": (*ReviewState, "all"),
    "desk.channel.": tuple(Channel),
    "desk.why.": WHY,
    "desk.source.": tuple(PhotoSource),
    "desk.ask.": (*Motion, StepKind.NEUTRAL, StepKind.FLASH),
    "desk.step.": ("moved", "still"),
    "desk.colour.": tuple(Colour),
    "desk.session.route.": tuple(Route),
    "desk.able.": tuple(Accommodation),
    "desk.zone.": tuple(Zone),
    "desk.layer.": tuple(Layer),
    "desk.mode.": (*Mode, "unknown"),
    "desk.sign.": tuple(Sign),
    "desk.decide.": tuple(ReviewVerdict),
    "desk.reason.": tuple(ReviewReason),
    "desk.act.": tuple(ReviewAct),
    "desk.settled.": tuple(ReviewVerdict),
    "requests.state.": REQUESTS.states,
    "requests.reveal.": tuple(RevealReason),
    "requests.phone.": ("given", "none"),
    "requests.contact.": ("name", "given", "on_file", "helper"),
    "requests.photo.": ("waits", "answered", "expired", "not_kept", *Checked),
    "fact.breach.": tuple(Breach),
    "device.state.": (*DeviceState, "tampered"),
    "devices.act.": tuple(ACTS),
    "devices.lens.": tuple(LensProfile),
    "device.": ("name", "owner", "place", "region", "state"),
    "money.state.": PROPOSALS.states,
    "money.act.": tuple(Act),
    "money.ground.": tuple(Ground),
    "money.paystate.": tuple(PayState),
    "money.status.": tuple(PaymentStatus),
    "money.recorded.": ("proposed", *MoneyVerdict),
    "money.file.": (*PayingOutcome, "none", "sent"),
    "contests.state.": CONTESTS.states,
    "cases.list.": CASES.states,
    "cases.cause.": tuple(Cause),
    "cases.state.": tuple(CaseState),
    "cases.act.": tuple(CaseAct),
    "cases.now.": tuple(CaseState),
    "cases.step.": tuple(Step),
    "cases.outcome.": tuple(Outcome),
    "cases.disposition.": (*Disposition, *(f"{one}.help" for one in Disposition)),
    "cases.track.": tuple(Track),
    "cases.for.": tuple(For),
    "cases.against.": tuple(Against),
    "cases.theory.": theories_of(Cause.DEATH, passed_after_death=True),
    "cases.recorded.": ("assigned", "step", "proposed", "approved", "returned"),
    "cases.field.": LEVELS,
    "cases.level.id.": tuple(IdLevel),
    "cases.level.name.": tuple(NameLevel),
    "cases.level.birth.": tuple(BirthLevel),
    "cases.level.region.": tuple(RegionLevel),
    "cases.level.sex.": tuple(SexLevel),
    "contests.act.": tuple(ContestAct),
    "certificate.revoked.": tuple(RevocationReason),
    "due.state.": (*LifeState, "all"),
    "due.last.": tuple(LastPass),
    "notice.kind.": tuple(NoticeKind),
    "notice.reach.": tuple(Reach),
    "notice.state.": tuple(NoticeState),
    "own.wish.": tuple(OwnWish),
    "own.effect.": tuple(OwnWish),
    "own.papers.": tuple(Papers),
    "own.answer.": tuple(Answer),
    "people.evidence.": ("counts", "not", "void", "correct"),
    "policies.recorded.": ("proposed", "activated"),
    "fund.section.": tuple(FUND_SECTIONS),
    "fund.how.": tuple(FUND_SECTIONS),
    "fund.link.": tuple(FUND_LINKS),
    "fund.table.": tuple(FUND_TABLES),
    "fund.chart.": tuple(FUND_TABLES),
    "fund.standing.": tuple(Standing),
    "fund.band.": (*map(str, range(len(BANDS))), "unknown"),
    "fund.tile.": TILES,
    "fund.column.": SCORECARD_COLUMNS,
    "batches.tab.": BATCH_TABS,
    "batches.empty.": BATCH_TABS,
    "batches.state.": tuple(BatchState),
    "batches.odd.": tuple(Oddity),
    "batches.count.": COUNTED,
    "batches.csv.": ("batch", "kind", "source", "begun", "rows", "refused", "hits", "state", "odd"),
    "batches.about.": ("source", "file", "digest", "by", "begun", "finished", "newest", "ended"),
    "batches.row.": ("row", "act", "number", "name", "birth", "event", "region"),
    "batches.recorded.": ("released", "discarded"),
    "export.": ("csv", "xlsx"),
    "poverty.": (*PovertyOutcome, *POVERTY_COLUMNS),
    "poverty.kind.": tuple(LISTS),
    "poverty.csv.": ("outcome", "list", "key", "name", "number", "region", "village", "candidates", "gone"),
    "flag.photo.": ("probe", "reference", "other_reference", "capture", "offered"),
}


def _used() -> set[str]:
    used = set()
    for path in PAGES:
        used |= set(re.findall(r"""\bt\(["']([a-z0-9_.A-Z]+)["'](?!\s*~)""", path.read_text()))
    for path in CODE:
        used |= set(re.findall(r'"((?:[a-z_]+)\.[a-zA-Z0-9_.]+)"', path.read_text())) & set(TEXTS)
    return used


def test_every_text_that_a_page_asks_for_is_there() -> None:
    assert _used() - set(TEXTS) == set()


@pytest.mark.parametrize(("prefix", "members"), FAMILIES.items(), ids=lambda value: str(value)[:20])
def test_every_value_that_is_shown_has_a_word(prefix: str, members: tuple[str, ...]) -> None:
    assert {prefix + str(member) for member in members} <= set(TEXTS)


def test_no_text_is_left_over() -> None:
    built = (
        "fact.",
        "why.",
        "person.",
        "verify.js.",
        "kiosk.js.",
        "desk.found.",
        *FAMILIES,
        *(f"policies.{word}" for word in POLICY_WORDS),
    )
    spare = {key for key in set(TEXTS) - _used() if not key.startswith(built)}
    assert spare == set()


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_are_written_and_take_the_same_values(key: str) -> None:
    zh, en = TEXTS[key]
    assert zh
    assert en
    assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en))


@pytest.mark.asvs("3.6.1", "14.2.3")
def test_no_page_has_a_script_an_inline_style_or_an_address_elsewhere() -> None:
    for path in PAGES:
        text = path.read_text()
        own = [SCRIPT] if path.name in {"verify.html", "kiosk.html"} else []
        assert re.findall(r"<script[^>]*>[^<]*", text) == own, path.name
        assert not re.search(r"\son\w+=|style=|javascript:|https?://|//cdn", text), path.name
    for style in (PACKAGE / "web" / "static" / "style.css", *_sheets()):
        assert "url(" not in style.read_text()
        assert "@import" not in style.read_text()


def test_every_word_of_the_scripts_is_there_and_none_is_left_over() -> None:
    code = "\n".join(path.read_text() for path in ASSETS.paths.values() if path.suffix == ".js")
    words = {key.removeprefix("verify.js.") for key in TEXTS if key.startswith("verify.js.")}
    assert set(re.findall(r'\bsay\("([a-z_.]+)"', code)) - words == set()
    asked = {key for line in code.splitlines() if "say(" in line for key in re.findall(r'"([a-z_.]+)"', line)}
    families = set(re.findall(r"say\(`([a-z]+)\.\$\{", code))
    assert families == {"ask", "field", "hint", "next", "trouble"}
    motions = {f"ask.{motion}" for motion in Motion} | {f"next.{way}" for way in NextWay}
    named = {key for key in words if key.split(".")[0] in families and re.search(rf'["\[ ]{key.split(".")[1]}\b', code)}
    assert words - asked - named - motions == set()


def test_every_word_of_the_kiosks_scripts_is_there_and_none_of_its_own_is_left_over() -> None:
    code = "\n".join(path.read_text() for path in kiosk.ASSETS.paths.values() if path.suffix == ".js")
    asked = set(re.findall(r'\bsay\([^")]*"([a-z_.]+)"(?: : "([a-z_.]+)")?', code))
    words = kiosk.kiosk_words("zh")
    assert {key for pair in asked for key in pair if key} - set(words) == set()
    families = ("trouble.", "hint.", "ask.")
    own = {key.removeprefix("kiosk.js.") for key in TEXTS if key.startswith("kiosk.js.")}
    assert {key for key in own if not key.startswith(families) and f'"{key}"' not in code} == set()
    assert {key for key in own if key.startswith(families) and f"verify.js.{key}" not in TEXTS} == set()


def _sheets() -> list[Path]:
    return [path for page in (ASSETS, kiosk.ASSETS) for name, path in page.paths.items() if name.endswith(".css")]


def test_what_the_layers_saw_has_words() -> None:
    """Every code that a layer gives as a reason, read from the source; scores have names of their own."""
    code = "\n".join(path.read_text() for path in (PACKAGE / "liveness").glob("*.py"))
    given = set(re.findall(r'Sign\.[A-Z]+, \(?"([a-z_]+)"', code)) | set(
        re.findall(r'\("([a-z]+(?:_[a-z]+)+)",\)', code)
    )
    assert len(given) > 30
    assert {word for word in given if f"desk.found.{word}" not in TEXTS} == set()
