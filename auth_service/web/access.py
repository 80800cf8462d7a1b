"""Who may call a route, as data. Each route names exactly one rule; the rule object itself refuses everybody else.

    Public            anybody
    NeedsScope        an agency system whose key has the scope
    MetricsReader     this machine itself, or a key with the scope `metrics`
    SignedIn          any member of staff
    NeedsPermission   staff whose role the table of accounts/roles.py grants it

The tests read these objects from the route table, so that a route without a rule, and a rule that differs from the
role table, are found.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from auth_service.accounts.credentials import ApiKey, StaffMember, StaffSession
from auth_service.accounts.roles import Permission, Scope, may
from auth_service.core.errors import AccessRefused, CredentialsInvalid, SignInRequired
from auth_service.web.cookies import session_cookie_name
from auth_service.web.services import services_of

_FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may call it, without showing who they are."""

    def __call__(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class NeedsScope:
    """An agency system's key. raises CredentialsInvalid, ScopeMissing, RateLimited"""

    scope: Scope

    def __call__(self, request: Request) -> ApiKey:
        header = request.headers.get("authorization")
        if header is None:
            raise CredentialsInvalid
        services = services_of(request)
        key = services.authorise.run(header, self.scope)
        request.state.actor = f"api_key:{key.id}"
        services.limit.key(key.id)
        return key


@dataclass(frozen=True, slots=True)
class MetricsReader:
    """Local and direct, or with a key; what a proxy passed on is not local. raises CredentialsInvalid, ScopeMissing"""

    scope: Scope = Scope.METRICS

    def __call__(self, request: Request) -> None:
        if not _direct_from_here(request):
            NeedsScope(self.scope)(request)


def _direct_from_here(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member of staff, with the session that says so."""

    staff: StaffMember
    session: StaffSession

    def may(self, permission: Permission) -> bool:
        return may(self.staff.role, permission)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Any member of staff. raises SignInRequired"""

    def __call__(self, request: Request) -> Visitor:
        services = services_of(request)
        token = request.cookies.get(session_cookie_name(secure=services.cookie_secure))
        if not token:
            raise SignInRequired
        visitor = Visitor(*services.sign_in.session(token))
        request.state.visitor = visitor
        request.state.actor = f"staff:{visitor.staff.id}"
        return visitor


@dataclass(frozen=True, slots=True)
class NeedsPermission:
    """Staff whose role has the permission. raises SignInRequired, AccessRefused"""

    permission: Permission

    def __call__(self, request: Request) -> Visitor:
        visitor = SignedIn()(request)
        if not visitor.may(self.permission):
            raise AccessRefused
        return visitor


def client_of(request: Request) -> str:
    """Whom a limit for strangers counts: the network address, of IPv6 the half that a household or a firm has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.IPv6Network((address.packed, 64), strict=False).network_address)
    return str(address)


Rule = Public | NeedsScope | MetricsReader | SignedIn | NeedsPermission

PUBLIC = Public()
SIGNED_IN = SignedIn()
SEE_FLAGS = NeedsPermission(Permission.SEE_FLAGS)
SEE_FLAG_PHOTOS = NeedsPermission(Permission.SEE_FLAG_PHOTOS)
JUDGE_FLAGS = NeedsPermission(Permission.JUDGE_FLAGS)
SEE_CASES = NeedsPermission(Permission.SEE_CASES)
WORK_CASES = NeedsPermission(Permission.WORK_CASES)
DECIDE_CASES = NeedsPermission(Permission.DECIDE_CASES)
SEE_REVIEWS = NeedsPermission(Permission.SEE_REVIEWS)
SEE_REVIEW_PHOTOS = NeedsPermission(Permission.SEE_REVIEW_PHOTOS)
DECIDE_REVIEWS = NeedsPermission(Permission.DECIDE_REVIEWS)
SEE_REQUESTS = NeedsPermission(Permission.SEE_REQUESTS)
ANSWER_REQUESTS = NeedsPermission(Permission.ANSWER_REQUESTS)
MANAGE_DEVICES = NeedsPermission(Permission.MANAGE_DEVICES)
SEE_MONEY = NeedsPermission(Permission.SEE_MONEY)
PROPOSE_MONEY = NeedsPermission(Permission.PROPOSE_MONEY)
APPROVE_MONEY = NeedsPermission(Permission.APPROVE_MONEY)
GIVE_BACK = NeedsPermission(Permission.GIVE_BACK)
SEE_PEOPLE = NeedsPermission(Permission.SEE_PEOPLE)
SEE_POLICIES = NeedsPermission(Permission.SEE_POLICIES)
PROPOSE_POLICY = NeedsPermission(Permission.PROPOSE_POLICY)
ACTIVATE_POLICY = NeedsPermission(Permission.ACTIVATE_POLICY)
SEE_REGISTRY = NeedsPermission(Permission.SEE_REGISTRY)
RELEASE_REGISTRY = NeedsPermission(Permission.RELEASE_REGISTRY)
IMPORT_REGISTRY = NeedsPermission(Permission.IMPORT_REGISTRY)
ERASE_PERSON = NeedsPermission(Permission.ERASE_PERSON)
MAY_ENROLL = NeedsScope(Scope.ENROLL)
MAY_VERIFY = NeedsScope(Scope.VERIFY)
PAYS = NeedsScope(Scope.PAYMENTS)
PUSHES = NeedsScope(Scope.REGISTRY)
READS_FLAGS = NeedsScope(Scope.FLAGS)
READS_METRICS = MetricsReader()

StaffVisitor = Annotated[Visitor, Depends(SIGNED_IN)]
FlagReader = Annotated[Visitor, Depends(SEE_FLAGS)]
FlagPhotoReader = Annotated[Visitor, Depends(SEE_FLAG_PHOTOS)]
FlagJudge = Annotated[Visitor, Depends(JUDGE_FLAGS)]
CaseReader = Annotated[Visitor, Depends(SEE_CASES)]
CaseWorker = Annotated[Visitor, Depends(WORK_CASES)]
CaseDecider = Annotated[Visitor, Depends(DECIDE_CASES)]
ReviewReader = Annotated[Visitor, Depends(SEE_REVIEWS)]
ReviewPhotoReader = Annotated[Visitor, Depends(SEE_REVIEW_PHOTOS)]
Reviewer = Annotated[Visitor, Depends(DECIDE_REVIEWS)]
RequestReader = Annotated[Visitor, Depends(SEE_REQUESTS)]
RequestAnswerer = Annotated[Visitor, Depends(ANSWER_REQUESTS)]
DeviceKeeper = Annotated[Visitor, Depends(MANAGE_DEVICES)]
MoneyReader = Annotated[Visitor, Depends(SEE_MONEY)]
MoneyMaker = Annotated[Visitor, Depends(PROPOSE_MONEY)]
MoneyChecker = Annotated[Visitor, Depends(APPROVE_MONEY)]
GivingBack = Annotated[Visitor, Depends(GIVE_BACK)]
PeopleReader = Annotated[Visitor, Depends(SEE_PEOPLE)]
PolicyReader = Annotated[Visitor, Depends(SEE_POLICIES)]
PolicyMaker = Annotated[Visitor, Depends(PROPOSE_POLICY)]
PolicyActivator = Annotated[Visitor, Depends(ACTIVATE_POLICY)]
RegistryReader = Annotated[Visitor, Depends(SEE_REGISTRY)]
RegistryReleaser = Annotated[Visitor, Depends(RELEASE_REGISTRY)]
RegistrySteward = Annotated[Visitor, Depends(IMPORT_REGISTRY)]
PrivacyOfficer = Annotated[Visitor, Depends(ERASE_PERSON)]
EnrollingKey = Annotated[ApiKey, Depends(MAY_ENROLL)]
VerifyingKey = Annotated[ApiKey, Depends(MAY_VERIFY)]
PayingKey = Annotated[ApiKey, Depends(PAYS)]
PushingKey = Annotated[ApiKey, Depends(PUSHES)]
FlagReadingKey = Annotated[ApiKey, Depends(READS_FLAGS)]
