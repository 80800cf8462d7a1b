"""What doctor finds: one line each, with the way to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from auth_service.accounts.roles import Scope
from auth_service.core.audit_restores import RESTORED
from auth_service.core.errors import FlashTampered, ServiceError, TombstoneRefused
from auth_service.core.jobs import JobState
from auth_service.enrollment.filing import DUTY_TEXTS, FilingDuty, duty
from auth_service.flows.current_flash import FlashState
from auth_service.settings import Profile
from auth_service.storage.queries import Operations
from auth_service.storage.unit import DatabaseRole, Difference, Store
from auth_service.web.facts import FACES_JOB
from auth_service.wiring import Wiring

_RIGHTS_MEND = "deploy/postgres/roles.sql as administrator, then auth-service migrate as the owner"
_RIGHTS_MEND_ZH = "先以管理员运行 deploy/postgres/roles.sql，再以表的所有者运行 auth-service migrate"
_AUDIT_PAGE = "docs/operations/audit.md"
_INCIDENT = "docs/operations/incident.md"
_COLOURS = "docs/operations/pilot.md"
_LATE_SECONDS = 900.0
"""A job that is so late has no worker. source: deploy/prometheus/alerts.yaml, JobIsOverdue"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doctor looked at. Fine with something to mend is a hint, not a fault.

    mend     in English, or a command; "" where nothing is to be mended
    mend_zh  the same in Chinese; "" where `mend` is a command and needs no words
    """

    name: str
    fine: bool
    detail: str
    mend: str = ""
    mend_zh: str = ""


def looked(name: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What one look finds. Whatever somebody wrote into the database, it hides nothing that the others find."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - told as a fault, and the other looks go on
        mend = "if it stays so, the service did not write what lies there: auth-service audit verify, " + _INCIDENT
        mend_zh = "若一直如此，所存内容并非本服务写入：auth-service audit verify，见 " + _INCIDENT
        yield Finding(name, fine=False, detail=f"cannot be read: {type(error).__name__}", mend=mend, mend_zh=mend_zh)


def working(wiring: Wiring) -> Iterator[Finding]:
    """Whether the recurring jobs are done, and what the last count of faces asks for."""
    try:
        found = wiring.store.queries.operations()
    except ServiceError as error:
        yield Finding("jobs", fine=False, detail=error.code, mend="auth-service migrate")
        return
    yield _jobs(found, [job.name for job in wiring.jobs()])
    yield _faces(found)


def erasures(wiring: Wiring) -> Finding:
    """Whether every tombstone is ours, and is carried out."""
    try:
        state = wiring.erase.status()
    except ServiceError as error:
        return Finding("erasures", fine=False, detail=error.code, mend="auth-service privacy status")
    if state.refused:
        detail = f"{TombstoneRefused.code}: {state.refused} people"
        mend = "somebody put records of erasures in, or an earlier release wrote them: docs/operations/keys.md"
        mend_zh = "抹除记录来源不明，或由旧版本写下：见 docs/operations/keys.md"
        return Finding("erasures", fine=False, detail=detail, mend=mend, mend_zh=mend_zh)
    told = f"{state.outside} on record"
    return Finding("erasures", True, told, "" if state.sound else "auth-service privacy reapply")


def colours(wiring: Wiring) -> Finding:
    """Whether the screen's colours count towards a pass, and by which measurement. Without them nothing is broken: a
    one-time code or a person stands in."""
    pad = wiring.settings.liveness.pad
    try:
        standing = wiring.current_flash.standing()
    except ServiceError as error:
        return Finding("colours", fine=False, detail=error.code, mend="auth-service migrate")
    if standing.state is FlashState.TAMPERED:
        return Finding("colours", False, f"{FlashTampered.code}: they do not count",
                       f"auth-service flash list, auth-service audit verify, {_COLOURS}",
                       f"auth-service flash list、auth-service audit verify，见 {_COLOURS}")  # fmt: skip
    if standing.measurement is not None and standing.differs:
        told = f"{standing.measurement.name} was measured with another {', '.join(standing.differs)}: they do not count"
        return Finding(
            "colours", not pad.flash_needs_measuring, told, f"measure anew: {_COLOURS}", f"请重新测量：{_COLOURS}"
        )
    if standing.measurement is not None:
        return Finding("colours", fine=True, detail=f"they count by {standing.measurement.name}")
    if not pad.flash_needs_measuring:
        return Finding("colours", fine=True, detail="they count without a measurement: not production")
    return Finding("colours", True, "they do not count: no measurement is in force",
                   f"evaluate pad --record on a pilot of your own, then auth-service flash activate: {_COLOURS}",
                   f"先在本单位试采人员上 evaluate pad --record，再由另一人启用：{_COLOURS}")  # fmt: skip


def audit_trail(wiring: Wiring) -> Finding:
    """Whether the trail is signed in time and witnesses have it."""
    try:
        status, problems = wiring.audit_status(ask=True), wiring.audit_problems(ask=True)
        conflict = _witness_conflict(wiring) if "witness_conflict" in problems else None
    except ServiceError as error:
        return Finding("audit", fine=False, detail=error.code, mend="auth-service audit verify")
    if conflict is not None:
        return replace(conflict, detail=f"{', '.join(problems)}{conflict.detail}")
    if problems:
        forged = "checkpoint_forged" in problems
        serious = forged or wiring.settings.profile is Profile.PRODUCTION
        mend, mend_zh = (
            "auth-service audit witness; is the worker running?",
            "auth-service audit witness；worker 是否在运行？",
        )
        if forged:
            mend = "somebody wrote into the database: auth-service audit verify, docs/operations/audit.md"
            mend_zh = "有人绕过本服务写入了数据库：auth-service audit verify，见 docs/operations/audit.md"
        return Finding("audit", not serious, ", ".join(problems), mend, mend_zh)
    told = f"{status.rows} rows, {status.uncovered} not signed yet"
    if status.witnesses:
        return Finding("audit", fine=True, detail=f"{told}, {len(status.witnesses)} witnesses up to date")
    return Finding(
        "audit",
        fine=True,
        detail=f"{told}, no witness",
        mend="set AUTH_SERVICE_AUDIT__WITNESS_FOLDER or _URL",
        mend_zh="设置 AUTH_SERVICE_AUDIT__WITNESS_FOLDER 或 _URL",
    )


def _witness_conflict(wiring: Wiring) -> Finding:
    """Never fine. A restore explains it by the trail's own word only, so that a person has to look in either case."""
    with wiring.store.reading() as unit:
        restored = unit.backups.newest(RESTORED)
    if restored is None:
        return Finding("audit", False, "", f"auth-service audit verify, then {_AUDIT_PAGE}, When verify fails",
                       f"auth-service audit verify，再看 {_AUDIT_PAGE}，When verify fails")  # fmt: skip
    told = (
        f"; row {restored.number} says: backup {restored.details.get('backup')} was restored at {restored.at:%F %H:%M}"
    )
    return Finding("audit", False, f"{told} UTC",
                   f"auth-service audit verify must find `restored` alone; compare it with the backup's manifest, "
                   f"then give the witness a new place: {_AUDIT_PAGE}, After a restore",
                   f"auth-service audit verify 应只报 restored；核对备份的签名清单，再为见证换新位置：{_AUDIT_PAGE}，"
                   f"After a restore")  # fmt: skip


def notices(wiring: Wiring) -> Finding:
    """Whether people are told, and what could not be sent."""
    page = "docs/notices.md"
    try:
        wiring.check_notices()
        with wiring.store.reading() as unit:
            counts = unit.notices.counts()
    except ServiceError as error:
        return Finding(
            "notices", False, f"{error.code}: {error.field or ''} {error.detail}", f"see {page}", f"见 {page}"
        )
    if not wiring.notice_plan.reaches:
        return Finding(
            "notices", True, "none are sent", f"people are told of nothing: {page}", f"没有通知任何人：{page}"
        )
    told = ", ".join(f"{count} {state}" for state, count in counts.items()) or "none yet"
    if not counts.get("dead"):
        return Finding("notices", fine=True, detail=told)
    return Finding("notices", fine=True, detail=told, mend="auth-service notices list")


def push_keys(wiring: Wiring) -> Finding:
    """Keys from before bindings: their offices' files are refused until they have keys of today."""
    now = wiring.clock.now()
    keys = [one for one in wiring.keep_api_keys.all() if Scope.REGISTRY in one.scopes and one.alive(now)]
    unbound = ", ".join(sorted(one.name for one in keys if one.binding is None and not one.tampered))
    if not unbound:
        return Finding("registry keys", fine=True, detail=f"{len(keys)} bound to their kinds and source")
    mend = "auth-service api-keys create NAME --scopes registry --kinds KINDS --source SOURCE, then disable the old one"
    mend_zh = "为其单位新建接口密钥（api-keys create --scopes registry --kinds 类别 --source 来源），再停用旧密钥"
    return Finding("registry keys", False, f"may send nothing: {unbound}", mend, mend_zh)


def database_rights(wiring: Wiring) -> Iterator[Finding]:
    """Whether the database roles in use can do what they need, and no more."""
    settings = wiring.settings
    used: list[tuple[str, DatabaseRole, Store]] = [("front", DatabaseRole.FRONT, wiring.store)]
    if settings.ledger_url != settings.url:
        used.append(("ledger", DatabaseRole.LEDGER, wiring.ledger_store))
    for name, role, store in used:
        try:
            found = store.rights(role)
        except ServiceError as error:
            yield Finding(f"database role ({name})", False, error.code, _RIGHTS_MEND, _RIGHTS_MEND_ZH)
            continue
        if found is not None:
            yield _rights(f"database role ({name})", found, strict=settings.profile is Profile.PRODUCTION)


def _rights(name: str, found: Difference, *, strict: bool) -> Finding:
    """What is lacking is a fault; what is too much is one in production."""
    told = [f"{what} {_first(rights)}" for what, rights in (("can also", found.more), ("lacks", found.less)) if rights]
    fine = not found.less and not (strict and found.more)
    mends = (_RIGHTS_MEND, _RIGHTS_MEND_ZH) if told else ()
    return Finding(name, fine, "; ".join(told) or "exactly its rights", *mends)


def _first(rights: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(rights) - most} more" if len(rights) > most else ""
    return ", ".join(rights[:most]) + more


def _jobs(found: Operations, names: list[str]) -> Finding:
    known = {state.job: state for state in found.jobs}
    never = [name for name in names if name not in known]
    failing = [f"{name} ({_code(known[name])})" for name in names if name in known and known[name].failures]
    late = [name for name in names if name in known and _is_late(known[name], found)]
    told = "; ".join(
        f"{what}: {', '.join(which)}"
        for what, which in (("failing", failing), ("overdue", late), ("never ran", never))
        if which
    )
    mend, mend_zh = "", ""
    if late or never:
        mend = "auth-service worker (or serve, in development) must be running"
        mend_zh = "auth-service worker 须在运行（开发环境由 serve 代做）"
    elif failing:
        mend, mend_zh = "auth-service worker --once tells the error", "auth-service worker --once 会说明错误"
    return Finding("jobs", not failing, told or f"{len(names)} in time", mend, mend_zh)


def _is_late(state: JobState, found: Operations) -> bool:
    held = state.lease_until is not None and state.lease_until > found.now
    return not held and (found.now - state.next_due_at).total_seconds() > _LATE_SECONDS


def _code(state: JobState) -> str:
    return state.last.code or "running again" if state.last else "never"


def _faces(found: Operations) -> Finding:
    counts = next((state.counts for state in found.jobs if state.job == FACES_JOB), {})
    if not counts:
        return Finding("stored faces", fine=True, detail="not counted yet", mend="auth-service worker --once")
    asked = duty(counts["people"])
    command = "auth-service compliance filing-pack OUT"
    mend_zh, mend = ("", "") if asked is FilingDuty.NONE else (f"{command}: {text}" for text in DUTY_TEXTS[asked])
    return Finding("stored faces", True, f"{counts['people']:,} people at the last count", mend, mend_zh)
