"""Files in, and what is on record: ledger import, bulk enrolment, references."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.cli.verify import read_file
from auth_service.connectors.photo_folder import find_photos
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.clock import legal_date
from auth_service.core.errors import ReasonMissing
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.enroll import EnrollRequest
from auth_service.flows.enroll_many import EnrollReport, ReadPhoto
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

ledger = typer.Typer(no_args_is_help=True, help="The ledger of beneficiaries (台账).")
references = typer.Typer(no_args_is_help=True, help="Enrolled photos of one person.")
enrolment = typer.Typer()

RejectsOption = Annotated[Path | None, typer.Option("--rejects", help="where refused rows go (default: beside home)")]


@ledger.command("import")
def import_ledger(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese or English")],
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every row, store the good ones, write the others with their reason. Running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, LEDGER_COLUMNS, required=LEDGER_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(LEDGER_COLUMNS)) as sink, voice.progress("ledger", None) as advance:
            report = wiring.import_ledger.run(table, sink, "cli", advance)
        voice.say(
            f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
        )
        if report.keys_made:
            voice.say(f"{report.keys_made} people came without a person_key; one was made for each.")
        if report.unknown_columns:
            voice.say("Columns kept aside, not understood: " + ", ".join(report.unknown_columns))
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})


@enrolment.command("enroll")
def enroll(
    folder: Annotated[Path, typer.Argument(help="folder of photos, or with a manifest.csv")] = Path(
        "enrollment_photos"
    ),
    jobs: Annotated[int, typer.Option(help="reading processes (default: one per core)", min=1)] = os.cpu_count() or 1,
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Enrol a folder of photos. It may be stopped at any moment and run again: nothing is enrolled twice."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        path = rejects or reject_path(wiring, "enroll")
        with RejectWriter(path, ("path", "id_number", "photo_source")) as sink:
            files = find_photos(folder, sink.reject_row)
            unusable = sink.count
            with voice.progress("enrolling", len(files)) as advance:
                reading = _Reading(wiring, jobs)
                report = wiring.enroll_many.run(files, reading, _bulk_consent(wiring), sink, advance)
        _count_unusable(report, unusable)
        _say_enrolled(voice, report, path)
        document = {**asdict(report), "rejects": str(path) if report.refused else None}
        voice.result({**document, "jobs": jobs, "photos_per_second": reading.per_second})


def _count_unusable(report: EnrollReport, rows: int) -> None:
    """Rows of a manifest that name no usable file are refused photos like any other."""
    if rows:
        report.photos += rows
        report.refused += rows
        report.refused_by_code["manifest_row"] = rows


class _Reading:
    """Reads files in processes, and how fast: photos per second from the first result on, so without the start."""

    def __init__(self, wiring: Wiring, jobs: int) -> None:
        self._reader = wiring.bulk_reader(jobs)
        self._started = self._ended = 0.0
        self._count = 0

    def __call__(self, items: Iterable[tuple[int, Path]]) -> Iterator[tuple[int, ReadPhoto]]:
        for result in self._reader.map(items, keep_jpeg=True):
            self._ended = time.perf_counter()
            self._started = self._started or self._ended
            self._count += 1
            yield result.key, result
        self._ended = time.perf_counter()

    @property
    def per_second(self) -> float | None:
        """None for fewer than two photos."""
        seconds = self._ended - self._started
        return (self._count - 1) / seconds if self._count > 1 and seconds > 0 else None


def _bulk_consent(wiring: Wiring) -> Consent:
    policy = wiring.settings.enrollment
    return Consent(policy.bulk_basis, policy.bulk_text, "zh", "bulk", wiring.clock.now(), policy.bulk_reference)


def _say_enrolled(voice: Voice, report: EnrollReport, path: Path) -> None:
    voice.say(
        f"{report.photos} photos: {report.enrolled} enrolled for {report.people} people, "
        f"{report.known_already} known already, "
        f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
    )
    say_refused(voice, report.refused_by_code, path)


def say_refused(voice: Voice, by_code: dict[str, int], path: Path) -> None:
    """How many rows were refused by which code, and where they are."""
    if not by_code:
        return
    for code, count in sorted(by_code.items(), key=lambda item: -item[1]):
        voice.say(f"  {count:>6}  {code}")
    voice.say(f"Refused rows with their reasons: {path}")


def reject_path(wiring: Wiring, stem: str) -> Path:
    """Where refused rows go when nobody says otherwise."""
    stamp = wiring.clock.now().strftime("%Y%m%dT%H%M%S")
    return wiring.settings.home / "rejects" / f"{stem}-{stamp}.csv"


@references.command("replace")
def replace_references(
    photos: Annotated[list[Path], typer.Argument(help="one to four photos taken of the person now")],
    id_number: Annotated[str, typer.Option("--id-number", help="ID number of the person")],
    attested_by: Annotated[str, typer.Option(help="officer who saw the person and compared the papers")],
    reason: Annotated[str, typer.Option(help="why the photos in force no longer serve")],
    as_json: JsonFlag = False,
) -> None:
    """Put new photos in the place of those in force, for a face that has changed or a photo misfiled. The old ones stay
    as history, and the act is in the audit trail with the officer's account and reason."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        if not reason.strip():
            raise ReasonMissing(field="reason")
        officer = wiring.attester.run(attested_by)
        request = EnrollRequest(
            id_number=id_number,
            photos=tuple(read_file(photo) for photo in photos),
            source=PhotoSource.OFFICER,
            taken_on=legal_date(wiring.clock.now()),
            consent=_bulk_consent(wiring),
            actor="cli",
            channel="counter",
            reveal_unknown=True,
            confirmed_by=officer.id,
            reason=reason.strip()[:200],
        )
        enrolled = wiring.enroll.one(request)
        voice.say(f"{enrolled.photos} photos are in force now.")
        voice.result({"reference_set": enrolled.reference_set_id, "photos": enrolled.photos, "usable": enrolled.usable})
