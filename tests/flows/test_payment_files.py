"""Approved acts go to the paying agency once, signed; what it answers is kept, and what does not agree is found."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from auth_service.connectors.payment_files import PaymentFiles, check_manifest
from auth_service.core.errors import FieldInvalid, FileUnreadable, SealBroken, StorageFault
from auth_service.flows.reconcile_payments import ReconcilePayments
from auth_service.flows.send_payments import AnswerPayment, SendPayments, Sent
from auth_service.payments.instructions import INSTRUCTION_COLUMNS, GivenAnswer, Packed
from auth_service.payments.proposals import Act, Ground
from tests.builders import Agency, Rows
from tests.conftest import FixedClock
from tests.flows.paying import Money


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


@pytest.fixture
def sending(agency: Agency, clock: FixedClock, tmp_path: Path) -> SendPayments:
    return SendPayments(agency.store, PaymentFiles(tmp_path / "out", agency.signer), clock)


def answering(money: Money) -> AnswerPayment:
    return AnswerPayment(money.agency.store, money.clock)


def lines_of(sent: Sent | None) -> list[dict[str, str]]:
    assert sent is not None
    return list(csv.DictReader(io.StringIO(Path(sent.path).read_text(encoding="utf-8"))))


def keys(agency: Agency) -> dict[str, bytes]:
    return {agency.signer.key_id: agency.signer.public_key()}


def test_a_file_holds_what_is_approved_in_its_order_and_each_act_once(money: Money, sending: SendPayments) -> None:
    waits = money.propose()
    assert sending.run("cli") is None
    money.approve(waits)
    money.clock.advance(days=61)
    money.pay("2026-03", "2026-04", status="withheld")
    money.restore()
    lines = lines_of(sending.run("cli"))
    assert tuple(lines[0]) == INSTRUCTION_COLUMNS
    assert [(line["act"], line["month"], line["amount"]) for line in lines] == [
        ("hold", "2026-03", ""), ("resume", "2026-05", ""), ("back_pay", "2026-05", "296.00"),
    ]  # fmt: skip
    assert {line["person_key"] for line in lines} == {"TS-1"}
    assert sending.run("cli") is None


def test_no_name_no_number_and_no_ground_goes_out(money: Money, sending: SendPayments) -> None:
    money.do(Act.SUSPEND, Ground.IMPRISONED)
    sent = sending.run("cli")
    assert sent is not None
    text = Path(sent.path).read_text(encoding="utf-8")
    for secret in ("王", "1302031948", "imprisoned", "同意"):
        assert secret not in text
    assert Path(sent.path).stat().st_mode & 0o077 == 0


def test_the_manifest_shows_a_changed_file_and_a_forged_signature(
    money: Money, sending: SendPayments, agency: Agency
) -> None:
    money.do()
    sent = sending.run("cli")
    assert sent is not None
    content = Path(sent.path).read_bytes()
    manifest = Path(sent.path).with_suffix(".manifest.json").read_text(encoding="utf-8")
    found = check_manifest(manifest, content, keys(agency))
    assert (found["rows"], found["acts"]) == (1, {"hold": {"count": 1, "amount": "0.00"}})
    with pytest.raises(SealBroken):
        check_manifest(manifest, content.replace(b"hold", b"held"), keys(agency))
    with pytest.raises(SealBroken):
        check_manifest(json.dumps({**json.loads(manifest), "rows": 2}), content, keys(agency))
    with pytest.raises(SealBroken):
        check_manifest(manifest, content, {})
    for broken in ("", "[]", "{}", '{"signature": 3}'):
        with pytest.raises(FileUnreadable):
            check_manifest(broken, content, keys(agency))


def test_what_cannot_be_written_does_not_count_as_sent(money: Money, agency: Agency, tmp_path: Path) -> None:
    class Full(PaymentFiles):
        def write(self, packed: Packed) -> str:
            raise StorageFault(packed.file_id)

    money.do()
    with pytest.raises(StorageFault):
        SendPayments(agency.store, Full(tmp_path, agency.signer), money.clock).run("cli")
    with agency.store.reading() as unit:
        assert len(unit.paying.unsent(10)) == 1


def test_answers_are_taken_line_by_line_and_once(money: Money, sending: SendPayments) -> None:
    money.do()
    (line,) = lines_of(sending.run("cli"))
    good = {"instruction": line["instruction"], "outcome": "已办理", "code": "", "done_on": "2026-03-10"}
    bad = [
        {**good, "instruction": "0" * 32}, {**good, "outcome": "?"}, {**good, "outcome": "未办理"},
        {**good, "done_on": "2026-04-01"}, {**good, "instruction": ""}, {**good, "code": "x" * 65},
    ]  # fmt: skip
    rejects = Rows()
    report = sending.import_answers(Rows([good, *bad]), rejects, "cli", lambda _: None)
    assert (report.rows, report.added, report.refused) == (7, 1, 6)
    assert [code for _, _, code in rejects.refused] == [
        "field_invalid", "field_invalid", "field_missing", "date_invalid", "field_missing", "field_too_long",
    ]  # fmt: skip
    assert sending.import_answers(Rows([good]), Rows(), "cli", lambda _: None).unchanged == 1
    with money.agency.store.reading() as unit:
        (answer,) = unit.paying.answers(line["instruction"])
    assert (answer.outcome.value, answer.done_on) == ("done", date(2026, 3, 10))


def test_what_was_never_approved_cannot_be_answered(money: Money, sending: SendPayments) -> None:
    proposal = money.propose()
    with pytest.raises(FieldInvalid):
        answering(money).run(GivenAnswer(proposal.id, "done", "", None), "api_key:x")


def test_silence_is_noticed(money: Money, sending: SendPayments) -> None:
    proposal = money.do()
    sending.run("cli")
    money.clock.advance(days=8)
    assert [one.id for one in sending.unanswered(7)] == [proposal.id]
    answering(money).run(GivenAnswer(proposal.id, "refused", "NO_SUCH_PERSON", None), "cli")
    assert sending.unanswered(7) == []


def open_of(money: Money) -> list[tuple[str, str, Decimal]]:
    flow = ReconcilePayments(money.agency.store, money.clock)
    return [(one.kind, one.month, one.amount) for one in flow.run()]


def test_a_month_paid_in_spite_of_a_hold_is_found(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    money.rows({"entitlement_month": "2026-04", "pay_date": "2026-04-10", "amount": "148.00"})
    assert open_of(money) == [("paid_while_stopped", "2026-04", Decimal("148.00"))]


def test_somebody_who_was_resumed_and_is_still_without_money_is_found(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    money.pay("2026-03", "2026-04", status="withheld")
    money.restore()
    assert open_of(money) == []
    money.clock.advance(days=45)
    assert open_of(money) == [
        ("not_resumed", "2026-05", Decimal(0)),
        ("arrears_not_paid", "2026-03", Decimal("148.00")),
        ("arrears_not_paid", "2026-04", Decimal("148.00")),
    ]
    day = (money.clock.now() - timedelta(days=30)).date().isoformat()
    months = ("2026-03", "2026-04", "2026-05")
    money.rows(*({"entitlement_month": month, "pay_date": day, "amount": "148.00"} for month in months))
    assert open_of(money) == []


def test_a_payment_that_came_back_and_was_not_sent_again_is_found(money: Money) -> None:
    money.do(Act.HOLD, Ground.MISSING)
    money.restore()
    money.pay("2026-01", "2026-01")
    back = {"entitlement_month": "2026-01", "pay_date": "2026-01-15", "amount": "148.00", "status": "returned"}
    money.rows(back)
    assert ("returned_and_not_sent_again", "2026-01", Decimal("148.00")) in open_of(money)
    money.rows({**back, "pay_date": "2026-02-02", "status": "settled"})
    assert open_of(money) == []
