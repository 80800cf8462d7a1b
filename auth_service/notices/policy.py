"""How people are told, as the agency has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """Through what notices go, at which hours, how often they are tried, and what must be told before an act.

    hotline            telephone that every text names; needed as soon as anything is sent
    sms_url            address of the agency's SMS gateway: https, or http on this machine; no SMS when empty
    sms_secret_file    file with the secret that signs what the gateway gets, readable by its owner only
    smtp_host          mail server; no mail when empty
    smtp_port          its port; 465 for `tls`, 587 for `starttls` as a rule
    smtp_tls           `tls`, `starttls`, or `none` on this machine alone
    smtp_from          sender of mails
    smtp_user          name at the mail server; none when empty
    smtp_password_file  file with its password, readable by its owner only
    letter_folder      folder that gets letters to be printed; none when empty
    quiet_from         hour of the evening, in the agency's zone, from which nobody's telephone rings
    quiet_until        hour of the morning until which it does not
    tries              until a message is given up and staff look at it
    two_ways           whether money is taken away only after the person was told over two ways; not for production
        without
    wait_hours         how long a person who was told has time to answer before an act may be approved
    letter_days        and besides, how long a letter is on its way

    source  docs/design/trust.md section 3 (two notices by two channels) and 2.3 (gateways as webhooks); hours, tries
            and waits: own decision, docs/decisions/0037-notices.md
    """

    hotline: str = ""
    sms_url: str = ""
    sms_secret_file: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    smtp_from: str = ""
    smtp_user: str = ""
    smtp_password_file: str = ""
    letter_folder: str = ""
    quiet_from: int = 20
    quiet_until: int = 8
    tries: int = 12
    two_ways: bool = True
    wait_hours: int = 24
    letter_days: int = 3

    def __post_init__(self) -> None:
        if not 12 <= self.quiet_from <= 24 or not 0 <= self.quiet_until <= 12:
            raise ValueError("quiet_from is an hour from 12 to 24, quiet_until one from 0 to 12")
        if self.quiet_from - self.quiet_until < 4:
            raise ValueError("at least four hours a day must be left")
        if self.tries < 1 or self.wait_hours < 1 or self.letter_days < 0:
            raise ValueError("tries and wait_hours are at least one")
        if self.smtp_tls not in {"tls", "starttls", "none"}:
            raise ValueError("smtp_tls is tls, starttls or none")
        if not 1 <= self.smtp_port <= 65_535:
            raise ValueError("smtp_port is a port")
        if len(self.hotline) > MOST_HOTLINE:
            raise ValueError(f"hotline is a telephone number of at most {MOST_HOTLINE} characters")

    @property
    def sends(self) -> bool:
        """Whether notices go out at all."""
        return bool(self.sms_url or self.smtp_host or self.letter_folder)


MOST_HOTLINE = 20
