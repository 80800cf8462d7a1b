"""What only the operator can provide: room on the disks, backups, a right clock, closed folders, a witness."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auth_service.cli.findings import Finding, looked
from auth_service.core.archive import Part
from auth_service.core.errors import BackupNeedsNewerRelease, ServiceError
from auth_service.flows.back_up import MADE
from auth_service.settings import Profile
from auth_service.storage.unit import Unit
from auth_service.wiring import Wiring

_FREE_BYTES = 1 << 30
"""Below this much free disk `doctor` objects: about 10,000 enrolled photos of 100 KB."""
_BACKUP_HOURS = 26
"""A daily backup that is two hours late. source: trust.md 4, RPO; own decision"""
_CLOCK_SECONDS = 5.0
"""Between this machine and the database. source: trust.md F20; certificates and sessions bear times"""
_INCIDENT = "docs/operations/incident.md"
_BACKUP = "docs/operations/backup.md"
_CLOCK_MENDS = (
    "set the clock and keep it right (chrony or systemd-timesyncd)",
    "校准时钟并保持同步（chrony 或 systemd-timesyncd）",
)
_EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""This release did not exist before."""


def precautions(wiring: Wiring) -> Iterator[Finding]:
    """Each with the way to mend it."""
    yield from looked("disk of", lambda: _disks(wiring))
    yield from looked("permissions", lambda: [_permissions(wiring)])
    yield from looked("clock", lambda: [_clock(wiring)])
    yield from looked("backup", lambda: _backups(wiring))
    yield from looked("retention", lambda: [_retention(wiring)])
    yield _recovery(wiring)
    if wiring.settings.pilot_folder is not None:
        yield from looked("pilot", lambda: [_pilot(wiring)])


def _disks(wiring: Wiring) -> Iterator[Finding]:
    """Each volume once: HOME, the SQLite database, the backups."""
    settings = wiring.settings
    places = {"home": settings.home}
    if settings.url.startswith("sqlite:///"):
        places["database"] = Path(settings.url.removeprefix("sqlite:///"))
    if settings.backup.folder:
        places["backups"] = Path(settings.backup.folder)
    seen: dict[int, list[str]] = {}
    for name, place in places.items():
        seen.setdefault(_existing(place).stat().st_dev, []).append(name)
    for names in seen.values():
        free = shutil.disk_usage(_existing(places[names[0]])).free
        enough = free > _FREE_BYTES
        mends = () if enough else (f"free some space, or move to a larger volume: {_INCIDENT}",
                                   f"腾出空间，或换到更大的卷：{_INCIDENT}")  # fmt: skip
        yield Finding(f"disk of {', '.join(names)}", enough, f"{free / 1e9:.1f} GB free", *mends)
    if settings.backup.folder and _existing(places["backups"]).stat().st_dev == _existing(settings.home).stat().st_dev:
        yield Finding("backups apart", fine=True, detail="on the same volume as the data",
                      mend="copy them to another machine: one broken disk must not take both",
                      mend_zh="请再复制到另一台机器：一块磁盘损坏不应同时失去两者")  # fmt: skip


def _permissions(wiring: Wiring) -> Finding:
    """Nobody else on the machine may look into keys, photos, rejects or the database."""
    home = wiring.settings.home
    watched = [home, *(home / name for name in ("keys", "photos", "rejects")), home / "auth_service.sqlite3"]
    watched += list((home / "keys").glob("*")) if (home / "keys").is_dir() else []
    open_to_others = [path for path in watched if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    foreign = [path for path in watched if path.exists() and path.stat().st_uid != os.getuid()]
    if open_to_others:
        names = ", ".join(str(path) for path in open_to_others[:3])
        return Finding("permissions", fine=False, detail=f"others may look into {names}", mend=f"chmod -R go= {home}")
    if foreign:
        names = ", ".join(str(path) for path in foreign[:3])
        return Finding("permissions", fine=False, detail=f"{names} belongs to somebody else",
                       mend=f"chown -R $(id -un) {home}, or run doctor as the service's user",
                       mend_zh=f"chown -R $(id -un) {home}，或以服务的用户运行 doctor")  # fmt: skip
    return Finding("permissions", fine=True, detail="only this user may look into home")


def _clock(wiring: Wiring) -> Finding:
    here, mends = wiring.clock.now(), _CLOCK_MENDS
    if here < _EARLIEST:
        return Finding("clock", False, f"it says {here:%Y-%m-%d}, before this release", *mends)
    try:
        there = wiring.store.queries.operations().now
        with wiring.store.reading() as unit:
            newest = unit.backups.last_event()
    except ServiceError as error:
        return Finding("clock", fine=False, detail=error.code, mend="auth-service migrate")
    apart = abs((wiring.clock.now() - there).total_seconds())
    if apart > _CLOCK_SECONDS:
        return Finding("clock", False, f"{apart:.0f} s apart from the database's", *mends)
    if newest is not None and newest > here + timedelta(seconds=_CLOCK_SECONDS):
        return Finding("clock", False, f"the audit trail has an event of {newest:%Y-%m-%d %H:%M} UTC", *mends)
    return Finding("clock", fine=True, detail=f"{here:%Y-%m-%d %H:%M:%S} UTC, as the database's")


def _backups(wiring: Wiring) -> Iterator[Finding]:
    """What the audit trail remembers, and what lies in the folder."""
    settings = wiring.settings
    mend, mend_zh = _backup_mends(settings.backup.folder)
    must = settings.profile is Profile.PRODUCTION
    try:
        with wiring.store.reading() as unit:
            refused = _refused(unit)
            made = unit.backups.newest(MADE)
    except ServiceError as error:
        yield Finding("backup", fine=False, detail=error.code, mend="auth-service migrate")
        return
    if refused is not None:
        yield refused
    if made is None:
        yield Finding("backup", fine=not must, detail="none was ever made", mend=mend, mend_zh=mend_zh)
        return
    hours = (wiring.clock.now() - made.at).total_seconds() / 3600
    late = hours > _BACKUP_HOURS
    missing = made.count("missing")
    detail = f"{hours:.0f} h ago" + (f"; {missing} photo files were missing" if missing else "")
    if missing:
        mend, mend_zh = f"{_INCIDENT}, photo files are missing", f"{_INCIDENT}，照片文件缺失"
    fine = not missing and not (late and must)
    yield Finding("backup", fine, detail, *((mend, mend_zh) if late or missing else ()))
    if settings.backup.folder:
        yield from _parts(wiring, Path(settings.backup.folder), must=must)


def _backup_mends(folder: str) -> tuple[str, str]:
    """In English and in Chinese, for where backups go by the settings."""
    if folder:
        now = f"auth-service backup {folder}"
        return f"{now} makes one now; a running worker makes one every day", f"{now} 立即备份；worker 运行时每天备份"
    setting = "AUTH_SERVICE_BACKUP__FOLDER"
    return (
        f"auth-service backup FOLDER, or {setting} for the worker",
        f"auth-service backup FOLDER，或为 worker 设置 {setting}",
    )


def _refused(unit: Unit) -> Finding | None:
    """Said before the next backup fails at night. The schema alone: on PostgreSQL doctor runs as the front role, which
    may not read what the backup's own role does."""
    try:
        unit.backups.require_own_schema()
    except BackupNeedsNewerRelease as error:
        page = "docs/operations/upgrade.md"
        return Finding("next backup", False, f"{error.code}: {error.zh} / {error.en} {error.detail}",
                       f"auth-service backup FOLDER with the newest release installed: {page}",
                       f"用已安装的最新版本运行 auth-service backup FOLDER：{page}")  # fmt: skip
    return None


def _parts(wiring: Wiring, folder: Path, *, must: bool) -> Iterator[Finding]:
    now = wiring.clock.now()
    for part in Part:
        ages = wiring.archives().ages(folder, part)
        if not ages:
            yield Finding(f"{part.value} parts", not must, f"none in {folder}",
                          "auth-service worker makes one every day", "auth-service worker 每天备份")  # fmt: skip
            continue
        hours = (now - ages[-1]).total_seconds() / 3600
        late = hours > _BACKUP_HOURS
        mends = ("auth-service worker must be running", "auth-service worker 须在运行") if late else ()
        told = f"{len(ages)}, the newest {hours:.0f} h old"
        yield Finding(f"{part.value} parts", not (late and must), told, *mends)


def _retention(wiring: Wiring) -> Finding:
    try:
        overdue = {kind: count for kind, count in wiring.retain.overdue().items() if count}
    except ServiceError as error:
        return Finding("retention", fine=False, detail=error.code, mend="auth-service migrate")
    if not overdue:
        return Finding("retention", fine=True, detail="nothing is overdue")
    told = ", ".join(f"{count:,} {kind}" for kind, count in overdue.items())
    return Finding("retention", fine=True, detail=f"due: {told}",
                   mend="auth-service retention run (the worker does it daily)",
                   mend_zh="auth-service retention run（worker 每天执行）")  # fmt: skip


def _recovery(wiring: Wiring) -> Finding:
    """Without it a lost key store is lost data; with a token it replaces nothing, for index keys lie there alone."""
    if not wiring.key_choice.in_files:
        told = "set, but the keys lie in a token: it" if wiring.settings.backup.recovery_key else "none: it"
        return Finding("recovery key", True, f"{told} alone would bring nothing back",
                       f"copy the token, keep the copy in a safe and restore with it: {_BACKUP}",
                       f"恢复密钥单独不能恢复任何数据：请复制令牌存入保险柜，并用它演练恢复：{_BACKUP}")  # fmt: skip
    if wiring.settings.backup.recovery_key:
        return Finding("recovery key", fine=True, detail="set: backups open with the offline key too")
    return Finding("recovery key", fine=True, detail="none: losing HOME/keys would lose everything",
                   mend="auth-service backup recovery-key FILE (docs/operations/backup.md)")  # fmt: skip


def _pilot(wiring: Wiring) -> Finding:
    """Faces in clear: nobody else may look, and the switch goes off again when it is over."""
    folder, page = wiring.pilot_folder.folder, "docs/operations/pilot.md"
    if folder.exists() and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("pilot", fine=False, detail=f"others may look into {folder}", mend=f"chmod -R go= {folder}")
    count = len(wiring.pilot_folder.sessions())
    return Finding("pilot", True, f"on: {count} sessions lie in clear in {folder}",
                   f"when it is over: unset AUTH_SERVICE_PILOT_FOLDER and remove the folder, {page}",
                   f"试采结束后：取消 AUTH_SERVICE_PILOT_FOLDER 并删除该文件夹，见 {page}")  # fmt: skip


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.absolute().parent
    return path
