"""How this agency tells people: the plan that flows write notices by, the connectors, and who sends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

from auth_service.connectors.letter_folder import LetterFolder
from auth_service.connectors.mail_server import MailServer, checked_address
from auth_service.connectors.secret_files import read_private
from auth_service.connectors.sms_gateway import SmsGateway
from auth_service.core.errors import KeyMissing, SettingInvalid
from auth_service.core.jobs import Job
from auth_service.flows.keep_notices import KeepNotices
from auth_service.flows.send_notices import SendNotices
from auth_service.notices.notice import Reach
from auth_service.notices.plan import NoticePlan
from auth_service.notices.ports import NoticeSender
from auth_service.settings import Profile
from auth_service.wiring.adapters import Adapters

_EVERY_SECONDS = 5.0


class NoticeParts(Adapters):
    """Part of `Flows`."""

    @cached_property
    def notice_plan(self) -> NoticePlan:
        """raises SettingInvalid: something is sent, and whose name or telephone the texts say is not set"""
        settings, policy = self.settings, self.settings.notices
        if policy.sends and not (policy.hotline.strip() and settings.agency_name.strip()):
            raise SettingInvalid("notices say whose they are and where to call", field="notices__hotline, agency_name")
        site = f"{settings.public_url.rstrip('/')}/verify" if settings.has_phone_page else ""
        strict = settings.profile is Profile.PRODUCTION
        return NoticePlan(
            policy,
            settings.agency_name,
            settings.agency_contact,
            site,
            frozenset(self.notice_senders),
            tells_first=policy.two_ways and (policy.sends or strict),
        )

    @cached_property
    def notice_senders(self) -> dict[Reach, Callable[[], NoticeSender]]:
        """What hands over a message of each way; two ways through one gateway have one maker."""
        policy = self.settings.notices
        found: dict[Reach, Callable[[], NoticeSender]] = {}
        if policy.sms_url:
            found[Reach.SMS] = found[Reach.HELPER] = cache(self._sms)
        if policy.smtp_host:
            found[Reach.EMAIL] = cache(self._mail)
        if policy.letter_folder:
            found[Reach.LETTER] = cache(lambda: LetterFolder(Path(policy.letter_folder)))
        return found

    def _sms(self) -> NoticeSender:
        policy = self.settings.notices
        return SmsGateway(policy.sms_url, _secret(policy.sms_secret_file, "notices__sms_secret_file"))

    def _mail(self) -> NoticeSender:
        policy = self.settings.notices
        login = None
        if policy.smtp_user:
            password = _secret(policy.smtp_password_file, "notices__smtp_password_file").decode()
            login = (policy.smtp_user, password)
        return MailServer((policy.smtp_host, policy.smtp_port), policy.smtp_tls, policy.smtp_from, login)

    def check_notices(self) -> None:
        """Whether everything that sends can be made. raises SettingInvalid"""
        if self.notice_plan.reaches:
            for make in self.notice_senders.values():
                make()

    @cached_property
    def send_notices(self) -> SendNotices:
        return SendNotices(self.store, self.clock, self.settings.notices, self.notice_senders)

    @cached_property
    def keep_notices(self) -> KeepNotices:
        def checked(email: str) -> str:
            return checked_address(email, "email").addr_spec

        return KeepNotices(self.store, self.clock, checked)

    def notice_jobs(self) -> list[Job]:
        """Empty where the agency sends nothing. raises as `notice_plan`"""
        if not self.notice_plan.reaches:
            return []
        return [Job("notices", _EVERY_SECONDS, lambda: self.send_notices.run())]  # noqa: PLW0108 - built when first due


def _secret(path: str, field: str) -> bytes:
    """raises SettingInvalid"""
    try:
        return read_private(Path(path)).strip() if path else b""
    except (KeyMissing, SettingInvalid) as error:
        raise SettingInvalid(error.detail, field=field) from error
