"""SMS over a real HTTP server, mail over a real SMTP server under TLS, letters in a real folder."""

from __future__ import annotations

import email.policy
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.letter_folder import LetterFolder
from auth_service.connectors.mail_server import MailServer
from auth_service.connectors.own_certificate import own_certificate
from auth_service.connectors.sms_gateway import SmsGateway, signature
from auth_service.core.errors import SettingInvalid
from auth_service.notices.notice import Language, NoticeKind, Outcome, Outgoing, Reach
from tests.gateway import Gateway, gateway
from tests.mailbox import post

SECRET = b"s" * 32
AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def message(reach: Reach = Reach.SMS, address: str = "13800000001", notice_id: str = "a" * 32) -> Outgoing:
    text = "【某区社保】王*英您好：钱照发。"
    return Outgoing(notice_id, reach, NoticeKind.HELD, address, Language.ZH, "钱先留着", text, AT)


# --- SMS ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


def test_a_gateway_gets_a_signed_message_and_the_same_bytes_and_key_every_time(sms: Gateway) -> None:
    connector = SmsGateway(sms.url, SECRET, clock=lambda: 1_773_108_000.0)
    assert [connector.send(message()).outcome for _ in range(2)] == [Outcome.TAKEN] * 2
    (headers, body), again = sms.got
    assert json.loads(body) == {
        "id": "a" * 32, "to": "13800000001", "text": message().text, "language": "zh", "kind": "held", "parts": 1,
    }  # fmt: skip
    assert headers["Idempotency-Key"] == "a" * 32
    assert headers["X-Timestamp"] == "1773108000"
    assert headers["X-Signature"] == signature(SECRET, "1773108000", body)
    assert headers["X-Signature"] != signature(b"t" * 32, "1773108000", body)
    assert again == (headers, body)


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ((202, {}, b""), Outcome.TAKEN, ""),
        ((409, {}, b'{"code":"known"}'), Outcome.TAKEN, ""),
        ((422, {}, b'{"code":"number_invalid"}'), Outcome.NEVER, "number_invalid"),
        ((422, {}, b'{"code":"<script>"}'), Outcome.AGAIN, "http_422"),
        ((404, {}, b"<html>not here"), Outcome.AGAIN, "http_404"),
        ((401, {}, b'{"code":"signature_wrong"}'), Outcome.AGAIN, "http_401"),
        ((500, {}, b""), Outcome.AGAIN, "http_500"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), Outcome.AGAIN, "http_302"),
        ((422, {}, b"[" * 70_000), Outcome.AGAIN, "http_422"),
        ("cut", Outcome.UNREACHABLE, "no_answer"),
        ("hang", Outcome.UNREACHABLE, "too_slow"),
    ],
)
def test_what_a_gateway_answers_is_understood(sms: Gateway, answer: Any, outcome: Outcome, code: str) -> None:
    sms.answers = [answer]
    found = SmsGateway(sms.url, SECRET, seconds=0.5).send(message())
    assert (found.outcome, found.code) == (outcome, code)
    assert len(sms.got) == 1, "nothing is followed"


def test_a_gateway_may_ask_for_time(sms: Gateway) -> None:
    sms.answers = [(429, {"Retry-After": "120"}, b""), (503, {"Retry-After": "Wed, 21 Oct"}, b"")]
    connector = SmsGateway(sms.url, SECRET)
    assert [connector.send(message()).wait_seconds for _ in range(2)] == [120.0, 0.0]


def test_nobody_there_is_no_fault_of_the_message() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert SmsGateway(url, SECRET).send(message()).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize("url", ["http://sms.example.cn/", "ftp://127.0.0.1/", "https://a:b@sms.example.cn/", "x"])
def test_an_address_that_anybody_could_listen_to_is_refused(url: str) -> None:
    with pytest.raises(SettingInvalid):
        SmsGateway(url, SECRET)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingInvalid):
        SmsGateway("https://sms.example.cn/", b"short")


# --- mail ---------------------------------------------------------------------------------------------------


MAIL = message(Reach.EMAIL, "wang@example.cn")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of localhost, which nobody else trusts."""
    return own_certificate(tmp_path / "tls", ("localhost", "127.0.0.1"))


def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_a_mail_goes_under_tls_with_a_sign_in_and_is_known_again(certificate: tuple[Path, Path], tls: str) -> None:
    with post(certificate, at_once=tls == "tls") as server:
        sender = MailServer(
            ("127.0.0.1", server.port), tls, "rz@example.gov.cn", ("rz", "geheim"), trust=trusting(certificate)
        )
        assert [sender.send(MAIL).outcome for _ in range(2)] == [Outcome.TAKEN] * 2
    assert server.secured == [True, True]
    assert len(server.logins) == 2
    first, second = (message_from_bytes(mail, policy=email.policy.default) for mail in server.mails)
    assert first["Message-ID"] == second["Message-ID"] == f"<{MAIL.id}@example.gov.cn>"
    assert (first["To"], first["Subject"], first["Auto-Submitted"]) == ("wang@example.cn", "钱先留着", "auto-generated")
    assert first.get_content().strip() == MAIL.text


def test_a_server_that_nobody_vouches_for_gets_no_mail(certificate: tuple[Path, Path]) -> None:
    with post(certificate) as server:
        found = MailServer(("127.0.0.1", server.port), "starttls", "rz@example.gov.cn").send(MAIL)
    assert (found.outcome, server.mails) == (Outcome.UNREACHABLE, [])


def test_a_server_without_tls_gets_no_mail_unless_it_is_here_and_that_was_said() -> None:
    with post(None) as server:
        place = ("127.0.0.1", server.port)
        assert MailServer(place, "starttls", "rz@example.gov.cn").send(MAIL).outcome is Outcome.UNREACHABLE
        assert server.mails == []
        assert MailServer(place, "none", "rz@example.gov.cn").send(MAIL).outcome is Outcome.TAKEN
    with pytest.raises(SettingInvalid):
        MailServer(("mail.example.cn", 25), "none", "rz@example.gov.cn")
    with pytest.raises(SettingInvalid):
        MailServer(place, "none", "rz@example.gov.cn", ("rz", "geheim"))


@pytest.mark.parametrize(
    ("refuse", "outcome"),
    [
        ({"RCPT": "550 no such box"}, Outcome.NEVER), ({"RCPT": "450 full"}, Outcome.AGAIN),
        ({"DATA": "554 no"}, Outcome.NEVER), ({"DATA": "451 later"}, Outcome.AGAIN),
        ({"MAIL": "550 not you"}, Outcome.UNREACHABLE), ({"greeting": "554 go away"}, Outcome.UNREACHABLE),
    ],
)  # fmt: skip
def test_what_a_server_refuses_is_understood(refuse: dict[str, str], outcome: Outcome) -> None:
    with post(None) as server:
        server.refuse = refuse
        found = MailServer(("127.0.0.1", server.port), "none", "rz@example.gov.cn").send(MAIL)
    assert found.outcome is outcome, found.code


@pytest.mark.parametrize("address", ["nobody", "a@b", "a@example.cn\r\nBcc: x@example.cn", "", "王@example.cn"])
def test_no_address_adds_a_line_to_a_header(address: str) -> None:
    with post(None) as server:
        found = MailServer(("127.0.0.1", server.port), "none", "rz@example.gov.cn").send(message(Reach.EMAIL, address))
    assert (found.outcome, found.code, server.mails) == (Outcome.NEVER, "address_invalid", [])


# --- letters ------------------------------------------------------------------------------------------------


def test_a_letter_lies_ready_as_a_page_and_as_json_once(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    paper = message(Reach.LETTER, "某县某村 7 号")
    assert [LetterFolder(folder).send(paper).outcome for _ in range(2)] == [Outcome.TAKEN] * 2
    page, told = folder / f"20260310-{paper.id}.txt", folder / f"20260310-{paper.id}.json"
    assert sorted(folder.iterdir()) == sorted([page, told])
    assert page.read_text(encoding="utf-8").startswith("某县某村 7 号")
    assert json.loads(told.read_text(encoding="utf-8"))["text"] == paper.text
    assert {file.stat().st_mode & 0o077 for file in folder.iterdir()} == {0}


def test_a_folder_that_cannot_be_written_costs_no_letter_a_try(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("a file")
    found = LetterFolder(tmp_path / "letters").send(message(Reach.LETTER))
    assert (found.outcome, found.code[:7]) == (Outcome.UNREACHABLE, "folder_")
