"""A new wrapping key takes over, online: every data key is wrapped anew, then the old version may be destroyed.

It may be killed at any moment and is then run again: what is left to do is read from the rows themselves. A row is
always readable under exactly one version, so the service goes on meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import DatabaseUnavailable, KeyInUse, KeyMissing, NotFound, SealBroken
from auth_service.core.keys import KeyStore, PublicKeys, RotatingSigner, WrappedKey, data_key_context
from auth_service.storage.unit import OwnedKey, Store, VersionState

BATCH = 1000
"""Keys per transaction: some tens of milliseconds, so that nobody waits long for SQLite's one writer."""
_HELD_ROUNDS, _HELD_PAUSE = 50, 0.2
"""How long rows are waited for that other transactions hold: ten seconds, as long as any lock is waited for."""
BACKUP_DAYS = 30
"""A version is kept so long after the next one came, for the key parts of backups. source: trust.md 2.7"""

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What one run did.

    version     the active one now
    resumed     an earlier rotation was finished, no new version was made
    people      keys wrapped anew by this run
    unreadable  person ids whose key no version opens; they are left as they are
    """

    version: str
    resumed: bool
    people: int
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version as an operator sees it.

    state    `active`, `readable`, `retired`, or `missing`: the key store does not have it
    """

    id: str
    state: str
    wraps: int
    first_used_at: datetime | None
    superseded_at: datetime | None
    retired_at: datetime | None


@dataclass(slots=True)
class _Run:
    """How far one run has come."""

    active: str
    people: int = 0
    service: bool = False
    unreadable: set[str] = field(default_factory=set)

    @property
    def moved(self) -> bool:
        return self.service or self.people > 0


class RotateKeys:
    """See the module."""

    def __init__(self, store: Store, keys: KeyStore, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def run(self, actor: str, advance: Advance = lambda _: None, batch: int = BATCH) -> RotationReport:
        """Finishes the rotation that was begun, or makes a new version and moves everything to it.

        raises   KeyStoreUnavailable, DatabaseUnavailable: run it again
        """
        if self._is_begun():
            run = self._take_over(actor, advance, batch)
            if run.moved:
                return _report(run, resumed=True)
        self._keys.add_version()  # nothing but what no version opens was left of an earlier rotation
        run = self._take_over(actor, advance, batch)
        return _report(run, resumed=False)

    def total(self) -> int:
        """How many people's keys a run would wrap now, for a progress bar."""
        with self._store.reading() as unit:
            left = unit.wrapping_keys.left(self._keys.active)
            return left or sum(state.wraps for state in unit.wrapping_keys.states())

    def status(self) -> list[Version]:
        """Every version that the store or the database knows, oldest first, the active one last."""
        held = self._keys.versions()
        active = held[-1]
        with self._store.reading() as unit:
            known = {state.id: state for state in unit.wrapping_keys.states()}
        names = [*(name for name in known if name not in held), *held]
        states = [known.get(name, VersionState(name, None, None, 0)) for name in names]
        return [
            Version(
                state.id, _word(state, held, active), state.wraps, state.first_used_at,
                _superseded_at(states[place + 1 :]), state.retired_at,
            )
            for place, state in enumerate(states)
        ]  # fmt: skip

    def retire(self, version: str, actor: str, *, force: bool = False) -> None:
        """Destroys a version that wraps nothing any more.

        force    although keys parts of backups of the last thirty days still need it
        raises   NotFound, KeyInUse (active, something is wrapped by it, or backups need it)
        """
        if version == self._keys.active:
            raise KeyInUse(f"{version} is the active wrapping key")
        now = self._clock.now()
        found = next((one for one in self.status() if one.id == version), None)
        if found is None:
            raise NotFound(version, field="version")
        if found.retired_at is None and not force:
            _refuse_if_backups_need(found, now)
        with self._store.unit() as unit:  # from its commit on nobody can wrap with it; only then it is destroyed
            if unit.wrapping_keys.retire(version, now):
                unit.audit.append(*self._event(actor, "keys.retired", {"version": version, "forced": force}))
        self._keys.retire(version)

    def _is_begun(self) -> bool:
        """A rotation moves the service's own key last; a process that had not noticed may have added people since."""
        active = self._keys.active
        with self._store.reading() as unit:
            return bool(unit.wrapping_keys.of_service(active) or unit.wrapping_keys.left(active))

    def _take_over(self, actor: str, advance: Advance, batch: int) -> _Run:
        """The active version wraps everything that can be opened."""
        run = _Run(self._keys.active)
        with self._store.unit() as unit:
            if unit.wrapping_keys.begin(run.active, self._clock.now()):
                unit.audit.append(*self._event(actor, "keys.rotation_started", {"version": run.active}))
        self._people(run, advance, batch)
        self._finish(run, actor)
        return run

    def _people(self, run: _Run, advance: Advance, batch: int) -> None:
        """Pass after pass over what is left, until nothing is but what no version opens."""
        waited = 0
        while True:
            run.active = self._keys.active  # another rotation may have begun beside this one
            moved = self._pass(run, advance, batch)
            with self._store.reading() as unit:
                left = unit.wrapping_keys.left(run.active) - len(run.unreadable)
            if left <= 0:
                return
            waited = 0 if moved else waited + 1
            if waited > _HELD_ROUNDS:
                raise DatabaseUnavailable(f"{left} keys are held by other transactions")
            if not moved:
                time.sleep(_HELD_PAUSE)

    def _pass(self, run: _Run, advance: Advance, batch: int) -> int:
        after, moved = "", 0
        while True:
            with self._store.reading() as unit:
                page = unit.wrapping_keys.of_people(run.active, after, batch)
            if not page:
                return moved
            after = page[-1].owner
            changes = self._rewrapped(page, run)  # between two transactions: the key store may be slow
            with self._store.unit() as unit:
                done = unit.wrapping_keys.swap_people(changes)
            run.people += done
            moved += done
            advance(done)

    def _rewrapped(self, page: Sequence[OwnedKey], run: _Run) -> list[tuple[OwnedKey, WrappedKey]]:
        changes = []
        for key in page:
            context = data_key_context(key.owner)
            try:
                changes.append((key, self._keys.wrap(self._keys.unwrap(key.wrapped, context), context)))
            except (KeyMissing, SealBroken):
                run.unreadable.add(key.owner)
        return changes

    def _finish(self, run: _Run, actor: str) -> None:
        """The service's own key and the word that it is finished go together."""
        with self._store.reading() as unit:
            own = unit.wrapping_keys.of_service(run.active)
        changes = [
            (key, self._keys.wrap(self._keys.unwrap(key.wrapped, context), context))
            for key in own
            for context in (data_key_context(key.owner),)
        ]
        if not changes:
            return
        run.service = True
        with self._store.unit() as unit:
            unit.wrapping_keys.swap_service(changes)
            details: Details = {"version": run.active, "rewrapped": run.people, "unreadable": len(run.unreadable)}
            unit.audit.append(*self._event(actor, "keys.rotation_finished", details))

    def _event(self, actor: str, action: str, details: Details) -> tuple[AuditEvent, datetime]:
        return AuditEvent(actor, action, "", details), self._clock.now()


class RotateSigningKey:
    """A new key signs from now on; certificates of the old one stay verifiable."""

    def __init__(self, store: Store, signer: RotatingSigner, public_keys: PublicKeys, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._public_keys = public_keys
        self._clock = clock

    def run(self, actor: str) -> tuple[str, str]:
        """Old and new key id. The public keys are on record before and after, so a crash in between loses neither."""
        before = self._signer.key_id
        self._public_keys.remember(self._signer)
        after = self._signer.rotate()
        self._public_keys.remember(self._signer)
        with self._store.unit() as unit:
            event = AuditEvent(actor, "keys.signing_rotated", "", {"before": before, "after": after})
            unit.audit.append(event, self._clock.now())
        return before, after


def _report(run: _Run, *, resumed: bool) -> RotationReport:
    return RotationReport(run.active, resumed, run.people, tuple(sorted(run.unreadable)))


def _word(state: VersionState, held: tuple[str, ...], active: str) -> str:
    if state.id == active:
        return "active"
    if state.retired_at is not None:
        return "retired"
    return "readable" if state.id in held else "missing"


def _superseded_at(later: Sequence[VersionState]) -> datetime | None:
    """When the next version came into use."""
    return next((one.first_used_at for one in later if one.first_used_at is not None), None)


def _refuse_if_backups_need(version: Version, now: datetime) -> None:
    """raises KeyInUse"""
    until = (version.superseded_at or now) + timedelta(days=BACKUP_DAYS)
    if now < until:
        day = until.date().isoformat()
        raise KeyInUse(f"keys parts of backups may need {version.id} until {day}; --force makes them unreadable")
