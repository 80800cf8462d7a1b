"""`auth-service simulate`: a made-up agency lives through a year, and what the service says is held against the truth.

Everything goes through the real imports, comparisons, rules, sweep and acts on money; only people, offices and the
clock are made up.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.simulated_clock import StandingClock
from auth_service.cli.simulated_people import made_up
from auth_service.cli.simulated_records import Records
from auth_service.cli.simulated_score import NOT_PLAYED, scores
from auth_service.cli.simulated_year import Play
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.secret_files import private_folder
from auth_service.engines.catalogue import DEFAULT_ENGINE
from auth_service.settings import Profile, Settings, load_settings
from auth_service.wiring import Wiring

simulation = typer.Typer()
_FIRST_DAY = date(2025, 1, 1)
_LEAST = 200


@simulation.command("simulate")
def simulate(
    people: Annotated[int, typer.Option(help="in the ledger", min=_LEAST, max=2_000_000)] = 2000,
    months: Annotated[int, typer.Option(help="of one year", min=1, max=12)] = 12,
    seed: Annotated[int, typer.Option(help="the same number gives the same year")] = 7,
    database_url: Annotated[str, typer.Option(help="an empty database; SQLite in a folder of its own if empty")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Play a year with known truth and print precision and recall of each rule. Exit 1 if a machine took money away."""
    with speaking(as_json=as_json) as voice, tempfile.TemporaryDirectory(prefix="auth-service-simulation-") as folder:
        begun = time.monotonic()
        clock = StandingClock(_FIRST_DAY)
        wiring = Wiring(_settings(Path(folder), database_url), clock)
        try:
            wiring.store.migrate()
            agency = made_up(people, _FIRST_DAY, seed)
            records = Records(agency, seed, months)
            with _telling(voice) as said:
                play = Play(wiring, clock, (agency, records), Path(folder), said)
                play.run(months)
            document = _document(play, records, people, months, seed)
        finally:
            wiring.store.close()
        document["seconds"] = round(time.monotonic() - begun, 1)
        _tell(voice, document)
        voice.result(document)
        if document["machine_acts"]:
            raise typer.Exit(1)


def _settings(folder: Path, database_url: str) -> Settings:
    private_folder(folder / "home")
    """A home of its own, whatever the environment says: an operator's database must not be told stories."""
    return load_settings(
        home=folder / "home",
        database_url=database_url,
        profile=Profile.DEVELOPMENT,
        engine=DEFAULT_ENGINE,
        readers=1,
        workers=1,
    )


@contextmanager
def _telling(voice: Voice) -> Iterator[Any]:
    with voice.progress("simulate", None) as advance:
        yield lambda _what, more: advance(more)


def _document(play: Play, records: Records, people: int, months: int, seed: int) -> dict[str, Any]:
    found = scores((one for one in play.flagged() if one[0] not in NOT_PLAYED), records.truth.of_rule)
    outcome = play.hands.outcome
    return {
        "people": people, "months": months, "seed": seed, "died": len(records.truth.dead),
        "rows": dict(play.year.rows), "refused": dict(play.year.refused), "quarantined": play.year.quarantined,
        "machine_acts": play.year.machine_acts,
        "held_by_two": outcome.held, "ended_by_two": outcome.ended, "acts_refused": outcome.refused,
        "wrongly_held_by_two": outcome.wrongly_held,
        "most_days_to_restore": max(outcome.days_to_restore, default=None),
        "median_days_from_death_to_hold": _median(outcome.days_to_hold),
        "rules": [one.document() for one in found], "not_played": NOT_PLAYED,
    }  # fmt: skip


def _median(days: list[int]) -> float | None:
    ordered = sorted(days)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _tell(voice: Voice, document: dict[str, Any]) -> None:
    columns = ("rule", "flagged", "true among them", "precision", "true in all", "recall")
    rows = [
        (
            one["rule"], str(one["precision"]["whole"]), str(one["precision"]["part"]), _share(one["precision"]),
            str(one["recall"]["whole"]), _share(one["recall"]),
        )
        for one in document["rules"]
    ]  # fmt: skip
    voice.table(f"{document['people']} people, {document['months']} months", columns, rows)
    voice.both(
        f"机器自行减少待遇：{document['machine_acts']}；两人批准暂缓 {document['held_by_two']}，其中误停在世者"
        f" {document['wrongly_held_by_two']}，一人即恢复",
        f"acts that a machine did: {document['machine_acts']}; holds by two people: {document['held_by_two']}, of"
        f" somebody living: {document['wrongly_held_by_two']}, each lifted by one",
    )


def _share(share: dict[str, Any]) -> str:
    return "-" if share["value"] is None else f"{share['value']:.3f} ({share['low']:.3f}-{share['high']:.3f})"
