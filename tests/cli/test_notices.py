"""From a setting to a message at a real gateway, and what staff do about the rest, from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.cli.main import app
from auth_service.core.errors import NotToldYet, SettingInvalid
from auth_service.flows.propose_act import Wish
from auth_service.notices import hours
from auth_service.notices.plan import SILENT
from auth_service.payments.proposals import Act, Ground
from auth_service.settings import PREFIX, Profile, load_settings
from auth_service.wiring import Wiring
from tests.channels.service import QUICK
from tests.gateway import Gateway, gateway

NUMBER = "130203195001010019"
LEDGER = (
    "人员编号,证件号码,姓名,险种,行政区划,月待遇,联系电话,住址\n"
    f"TS-1,{NUMBER},王建国,城乡居民养老,130203,203.50,13800000001,某县某村 7 号\n"
)


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sms: Gateway) -> Path:
    secret = tmp_path / "sms-secret"
    secret.write_text("s" * 64, encoding="utf-8")
    secret.chmod(0o600)
    told = {
        "HOME": tmp_path / "home", "MODELS": tmp_path / "models", "AGENCY_NAME": "某区社保中心",
        "NOTICES__HOTLINE": "0311-12345678", "NOTICES__SMS_URL": sms.url, "NOTICES__SMS_SECRET_FILE": secret,
        "NOTICES__LETTER_FOLDER": tmp_path / "letters",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"{PREFIX}{name}", str(value))
    monkeypatch.setattr(Wiring, "hasher", QUICK)
    monkeypatch.setattr(hours, "is_quiet", lambda *_: False)  # whatever the time of the machine
    run("init")
    (tmp_path / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    run("ledger", "import", str(tmp_path / "ledger.csv"))
    return tmp_path


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def propose() -> tuple[Wiring, str]:
    wiring = Wiring(load_settings())
    maker, _ = wiring.keep_staff.create("maker", Role.OFFICER, "a long password", "cli")
    wiring.keep_staff.create("second", Role.CHECKER, "another long password", "cli")
    with wiring.store.reading() as unit:
        person = unit.people.id_of(NUMBER)
    assert person is not None
    return wiring, wiring.propose_act.run(
        Wish(person, BenefitKind.RESIDENT_PENSION, Act.HOLD, Ground.MISSING), maker
    ).id


def test_the_worker_sends_what_a_proposal_has_to_tell(home: Path, sms: Gateway) -> None:
    propose()
    (ran,) = run("worker", "--once", "--only", "notices")["runs"]
    assert ran["counts"] == {"sent": 2, "again": 0, "dead": 0}
    assert sms.told[0]["to"] == "13800000001"
    assert sms.told[0]["text"].startswith("【某区社保中心】王*国您好")
    assert len(list((home / "letters").glob("*.txt"))) == 1
    listed = run("notices", "list", "--state", "sent")
    assert listed["counts"] == {"sent": 2}
    assert {line["contact"] for line in listed["notices"]} == {"138****0001", "某县某村 7…"}


def test_dead_letters_are_found_shown_and_tried_again(home: Path, sms: Gateway) -> None:
    sms.answers = [(422, {}, b'{"code":"number_invalid"}')]
    propose()
    run("worker", "--once", "--only", "notices")
    (dead,) = run("notices", "list")["notices"]
    assert dead["code"] == "number_invalid"
    shown = run("notices", "show", dead["id"])
    assert "还没定" in shown["text"]
    assert shown["sms_parts"] <= 2
    report = CliRunner().invoke(app, ["doctor", "--json"])
    found = {one["name"]: one for one in json.loads(report.stdout.split("\n}\n")[0] + "\n}")["findings"]}["notices"]
    assert (found["fine"], found["mend"]) == (True, "auth-service notices list")
    run("notices", "retry", expect=1)
    assert run("notices", "retry", "--all-dead") == {"retried": 1}
    run("notices", "retry", dead["id"], expect=1)
    assert run("notices", "list")["counts"] == {"sent": 1, "waiting": 1}


def test_staff_tell_by_hand_with_their_password(home: Path) -> None:
    wiring, proposal = propose()
    arguments = ("notices", "told", proposal, "--way", "in_person", "--by", "maker", "--password-stdin")
    run(*arguments, "--note", "到家里当面说了", stdin="a wrong password\n", expect=1)
    run(*arguments, "--note", "到家里当面说了", stdin="a long password\n")
    with wiring.store.reading() as unit:
        assert [one.reach.value for one in unit.notices.told(proposal)] == ["in_person"]
    run("notices", "wishes", "--id-number", NUMBER, "--by", "maker", "--email", "nobody", "--password-stdin",
        stdin="a long password\n", expect=1)  # fmt: skip
    found = run("notices", "wishes", "--id-number", NUMBER, "--by", "maker", "--email", "w@example.cn", "--receipts",
                "--password-stdin", stdin="a long password\n")  # fmt: skip
    assert found == {"language": "zh", "email": True, "receipts": True}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("NOTICES__HOTLINE", ""), ("AGENCY_NAME", ""), ("NOTICES__SMS_SECRET_FILE", "/nowhere"),
        ("NOTICES__SMS_URL", "http://sms.example.cn/"),
    ],
)  # fmt: skip
def test_the_worker_does_not_start_with_half_a_setting(
    home: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}{setting}", value)
    assert run("worker", "--once", expect=1)["error"]["code"] == "setting_invalid"


def test_a_secret_that_others_may_read_is_refused(home: Path) -> None:
    (home / "sms-secret").chmod(0o644)
    assert run("worker", "--once", expect=1)["error"]["code"] == "setting_invalid"


def test_where_nothing_is_set_nothing_is_sent_and_production_waits_all_the_same(tmp_path: Path) -> None:
    wiring = Wiring(load_settings(home=tmp_path / "home"))
    assert (wiring.notice_plan.reaches, wiring.notice_plan.tells_first) == (SILENT.reaches, False)
    assert "notices" not in [job.name for job in wiring.jobs()]
    strict = load_settings(home=tmp_path / "home", profile=Profile.PRODUCTION)
    plan = Wiring.notice_plan.func(_Bare(strict))  # type: ignore[attr-defined]
    assert (plan.reaches, plan.tells_first) == (frozenset(), True)
    careless = load_settings(notices={"two_ways": False}).unfit_for_production()
    assert any("TWO_WAYS" in what for what in careless)


class _Bare:
    """Of a deployment, only what the plan asks for."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.notice_senders = settings, {}


def test_no_approval_gets_past_the_wiring(home: Path) -> None:
    wiring, proposal = propose()
    with wiring.store.reading() as unit:
        checker = unit.staff.by_username("second")
    assert checker is not None
    with pytest.raises(NotToldYet):
        wiring.decide_proposal.approve(proposal, "同意", checker)


def test_a_plan_without_a_telephone_is_no_plan(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}NOTICES__HOTLINE", " ")
    with pytest.raises(SettingInvalid):
        _ = Wiring(load_settings()).notice_plan
