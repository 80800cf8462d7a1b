"""The permission table (contract.md section 6), as data. What is not listed is refused."""

from __future__ import annotations

from enum import StrEnum

from auth_service.core.errors import FieldInvalid


class Role(StrEnum):
    """Staff roles. Beneficiaries, proxies and devices do not sign in to the console."""

    VILLAGE_WORKER = "village_worker"
    OFFICER = "officer"
    CHECKER = "checker"
    MONITOR = "monitor"
    DATA_STEWARD = "data_steward"
    POLICY_ADMIN = "policy_admin"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"
    SECURITY_ADMIN = "security_admin"


class Permission(StrEnum):
    """What this release lets a signed-in person do."""

    SEE_FLAGS = "see_flags"
    SEE_FLAG_PHOTOS = "see_flag_photos"
    JUDGE_FLAGS = "judge_flags"
    SEE_CASES = "see_cases"
    """Cases with both sides of each, masked; their evidence packs."""
    WORK_CASES = "work_cases"
    """Gathers, assigns, notes steps, and says how a case ends."""
    DECIDE_CASES = "decide_cases"
    """Agrees or returns: never what one proposed oneself."""
    SEE_REVIEWS = "see_reviews"
    """Captures that a person must look at, without their pictures."""
    SEE_REVIEW_PHOTOS = "see_review_photos"
    DECIDE_REVIEWS = "decide_reviews"
    """Never of a capture that one attested oneself."""
    SEE_REQUESTS = "see_requests"
    """Who asks for another way than the camera."""
    ANSWER_REQUESTS = "answer_requests"
    """Sees whom to call, with a reason, and says what was done."""
    SEE_PEOPLE = "see_people"
    """How somebody stands and why, and who is due; masked, and without a face."""
    SEE_MONEY = "see_money"
    """Payments, acts on money and contests."""
    PROPOSE_MONEY = "propose_money"
    """First entry of an act on money."""
    APPROVE_MONEY = "approve_money"
    """Never one's own proposal."""
    GIVE_BACK = "give_back"
    """Resumes and pays arrears alone, and answers who says that a hold is wrong."""
    DECLARE_KIN = "declare_kin"
    """Says, or takes back, that two people are twins or siblings, so that a scan of faces passes the pair over."""
    CONFIRM_KIN = "confirm_kin"
    """Never one's own declaration."""
    ATTEST_PRESENCE = "attest_presence"
    ENROLL = "enroll"
    READ_AUDIT = "read_audit"
    MANAGE_STAFF = "manage_staff"
    MANAGE_API_KEYS = "manage_api_keys"
    MANAGE_DEVICES = "manage_devices"
    """Never approves the device that one entered oneself, nor lets one in again alone."""
    IMPORT_LEDGER = "import_ledger"
    IMPORT_REGISTRY = "import_registry"
    """Stands for a file of a registry, and takes a wrong one back."""
    RELEASE_REGISTRY = "release_registry"
    """Lets an odd file count: never one's own import."""
    SEE_REGISTRY = "see_registry"
    """Files of registries: what was counted of them and what is odd; nobody by name."""
    PROPOSE_CALIBRATION = "propose_calibration"
    ACTIVATE_CALIBRATION = "activate_calibration"
    """Never one's own proposal."""
    RECORD_FLASH = "record_flash"
    """Keeps a measurement of the colours."""
    ACTIVATE_FLASH = "activate_flash"
    """Never what one recorded oneself."""
    WITHDRAW_FLASH = "withdraw_flash"
    """Alone: without colours a pass takes more."""
    COLLECT_PILOT = "collect_pilot"
    """Opens sessions that only measure, says what they show, and removes them."""
    SEE_POLICIES = "see_policies"
    """Documents, and what one would do to how many people where; nobody by name."""
    PROPOSE_POLICY = "propose_policy"
    ACTIVATE_POLICY = "activate_policy"
    """Never one's own proposal."""
    PROPOSE_RULE = "propose_rule"
    """A setting of a monitoring rule: its parameters, its severity, whether it raises flags."""
    ACTIVATE_RULE = "activate_rule"
    """Never one's own proposal."""
    ERASE_PERSON = "erase_person"
    """Also carries out what a person asks about their own data, once they confirmed it in person."""
    OVERRIDE_FLAGS = "override_flags"
    """Second signature under an erasure that does not wait for open flags."""


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VILLAGE_WORKER: frozenset(),
    Role.OFFICER: frozenset(
        {
            Permission.ATTEST_PRESENCE,
            Permission.ENROLL,
            Permission.SEE_REVIEWS,
            Permission.SEE_REVIEW_PHOTOS,
            Permission.DECIDE_REVIEWS,
            Permission.SEE_REQUESTS,
            Permission.ANSWER_REQUESTS,
            Permission.COLLECT_PILOT,
            Permission.SEE_PEOPLE,
            Permission.SEE_MONEY,
            Permission.PROPOSE_MONEY,
            Permission.GIVE_BACK,
            Permission.DECLARE_KIN,
            Permission.SEE_CASES,
        }
    ),
    Role.CHECKER: frozenset(
        {
            Permission.SEE_PEOPLE,
            Permission.SEE_MONEY,
            Permission.APPROVE_MONEY,
            Permission.GIVE_BACK,
            Permission.CONFIRM_KIN,
            Permission.SEE_CASES,
            Permission.DECIDE_CASES,
        }
    ),
    Role.MONITOR: frozenset(
        {
            Permission.SEE_FLAGS,
            Permission.SEE_FLAG_PHOTOS,
            Permission.JUDGE_FLAGS,
            Permission.SEE_CASES,
            Permission.WORK_CASES,
            Permission.OVERRIDE_FLAGS,
            Permission.WITHDRAW_FLASH,
            Permission.RELEASE_REGISTRY,
            Permission.SEE_REGISTRY,
            Permission.CONFIRM_KIN,
        }
    ),
    Role.DATA_STEWARD: frozenset(
        {
            Permission.IMPORT_LEDGER,
            Permission.IMPORT_REGISTRY,
            Permission.RELEASE_REGISTRY,
            Permission.SEE_REGISTRY,
        }
    ),
    Role.POLICY_ADMIN: frozenset(
        {
            Permission.PROPOSE_CALIBRATION,
            Permission.ACTIVATE_CALIBRATION,
            Permission.RECORD_FLASH,
            Permission.ACTIVATE_FLASH,
            Permission.WITHDRAW_FLASH,
            Permission.COLLECT_PILOT,
            Permission.SEE_POLICIES,
            Permission.PROPOSE_POLICY,
            Permission.ACTIVATE_POLICY,
            Permission.PROPOSE_RULE,
            Permission.ACTIVATE_RULE,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.SEE_FLAGS,
            Permission.SEE_CASES,
            Permission.SEE_REVIEWS,
            Permission.SEE_REQUESTS,
            Permission.SEE_PEOPLE,
            Permission.SEE_MONEY,
            Permission.SEE_POLICIES,
            Permission.SEE_REGISTRY,
            Permission.READ_AUDIT,
        }
    ),
    Role.PRIVACY_OFFICER: frozenset({Permission.ERASE_PERSON, Permission.OVERRIDE_FLAGS}),
    Role.SECURITY_ADMIN: frozenset({Permission.MANAGE_STAFF, Permission.MANAGE_API_KEYS, Permission.MANAGE_DEVICES}),
}

ROLE_WORDS: dict[Role, tuple[str, str]] = {
    Role.VILLAGE_WORKER: ("协办员", "Village worker"),
    Role.OFFICER: ("经办", "Officer"),
    Role.CHECKER: ("复核", "Checker"),
    Role.MONITOR: ("基金监督", "Fund monitor"),
    Role.DATA_STEWARD: ("数据管理员", "Data steward"),
    Role.POLICY_ADMIN: ("政策管理员", "Policy administrator"),
    Role.AUDITOR: ("审计", "Auditor"),
    Role.PRIVACY_OFFICER: ("个人信息保护专员", "Privacy officer"),
    Role.SECURITY_ADMIN: ("安全管理员", "Security administrator"),
}


class Scope(StrEnum):
    """What an API key of an agency system may do."""

    ENROLL = "enroll"
    VERIFY = "verify"
    ASSISTED = "assisted"
    """May attest that a member of its staff saw the person."""
    BENEFICIARIES = "beneficiaries"
    """May learn whether an ID number is in the ledger."""
    METRICS = "metrics"
    PAYMENTS = "payments"
    """The paying agency: reads approved acts and says what it did. It proposes and approves nothing."""
    REGISTRY = "registry"
    """Another office's system: sends files of registries and sees what became of its own. It releases nothing."""
    FLAGS = "flags"
    """Reads what asks for attention, by person key."""


APART = frozenset({Scope.ENROLL, Scope.ASSISTED})
"""Never on one key: whoever has both can enrol a stranger and then swear that this stranger is the person."""


def may(role: Role, permission: Permission) -> bool:
    """Whether the table grants it."""
    return permission in PERMISSIONS[role]


def parse_role(text: str) -> Role:
    """raises FieldInvalid"""
    try:
        return Role(text.strip())
    except ValueError as error:
        raise FieldInvalid(f"roles: {', '.join(Role)}", field="role") from error


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Comma-separated scopes. raises FieldInvalid"""
    try:
        return tuple(sorted({Scope(part.strip()) for part in text.split(",") if part.strip()}))
    except ValueError as error:
        raise FieldInvalid(f"scopes: {', '.join(Scope)}", field="scopes") from error
