"""Mail over the agency's own server, by SMTP under TLS."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from auth_service.connectors.deadline import Deadline
from auth_service.connectors.sms_gateway import is_here
from auth_service.core.errors import SettingInvalid, Unavailable
from auth_service.notices.notice import TAKEN, Delivery, Outcome, Outgoing

SECONDS = 6.0
"""For one message, from the first byte of the connection. source: own decision: eight end within the lease"""


class MailServer:
    """Fulfils notices.ports.NoticeSender. A connection for each message: none lies in a broken one."""

    def __init__(
        self,
        place: tuple[str, int],
        tls: str,
        sender: str,
        login: tuple[str, str] | None = None,
        *,
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        """place: host, port; tls: `tls`, `starttls`, or `none` on this machine. raises SettingInvalid"""
        if tls == "none" and not is_here(place[0]):
            raise SettingInvalid("tls or starttls; none on this machine alone", field="notices__smtp_tls")
        if login is not None and tls == "none":
            raise SettingInvalid("a password goes over TLS alone", field="notices__smtp_tls")
        self._from = checked_address(sender, "notices__smtp_from")
        self._place, self._tls, self._login, self._seconds = place, tls, login, seconds
        self._trust = trust or ssl.create_default_context()
        self._deadline = Deadline(seconds, threads=2, name="mail server", refusal=Unavailable)

    def send(self, message: Outgoing) -> Delivery:
        """One try. A repetition has the same Message-ID."""
        try:
            to = checked_address(message.address, "email")
        except SettingInvalid:
            return Delivery(Outcome.NEVER, "address_invalid")
        mail = self._mail(message, to)
        try:
            return self._deadline.call(lambda: self._hand_over(mail))
        except Unavailable:
            return Delivery(Outcome.UNREACHABLE, "too_slow")

    def _hand_over(self, mail: EmailMessage) -> Delivery:
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            status = next(iter(refused.recipients.values()))[0]
            return _refused(status)
        except smtplib.SMTPResponseException as refused:
            # a refused sender, sign-in or greeting says nothing about this message
            ours = isinstance(refused, smtplib.SMTPDataError)
            return _refused(refused.smtp_code) if ours else Delivery(Outcome.UNREACHABLE, f"smtp_{refused.smtp_code}")
        except (OSError, smtplib.SMTPException):
            return Delivery(Outcome.UNREACHABLE, "no_answer")
        return TAKEN

    def _connected(self) -> smtplib.SMTP:
        host, port = self._place
        server: smtplib.SMTP
        if self._tls == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=self._seconds, context=self._trust)
        else:
            server = smtplib.SMTP(host, port, timeout=self._seconds)
        steps: list[Callable[[], object]] = []
        if self._tls == "starttls":
            steps.append(lambda: server.starttls(context=self._trust))
        if self._login is not None:
            name, password = self._login
            steps.append(lambda: server.login(name, password))
        try:
            for step in steps:
                step()
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _mail(self, message: Outgoing, to: Address) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._from, to
        mail["Subject"] = message.title
        mail["Date"] = format_datetime(message.written_at)
        mail["Message-ID"] = f"<{message.id}@{self._from.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = message.language.value
        mail.set_content(message.text)
        return mail


def checked_address(text: str, field: str) -> Address:
    """raises SettingInvalid: no address, or more than one line of a header"""
    try:
        address = Address(addr_spec=text.strip())
    except (ValueError, MessageError, IndexError) as error:
        raise SettingInvalid("an e-mail address", field=field) from error
    if not address.username or "." not in address.domain or not text.isascii() or not text.isprintable():
        raise SettingInvalid("an e-mail address", field=field)
    return address


def _refused(status: int) -> Delivery:
    return Delivery(Outcome.NEVER if 500 <= status < 600 else Outcome.AGAIN, f"smtp_{status}")
