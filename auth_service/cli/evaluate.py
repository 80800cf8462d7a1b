"""`auth-service evaluate ...`: how often the matcher errs, measured on labelled photos."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.clock import legal_date
from auth_service.core.errors import (
    CalibrationMissing,
    EngineFault,
    EvaluationSetTooSmall,
    FieldInvalid,
    FileUnreadable,
    ImageRefused,
)
from auth_service.engines.bulk import BulkReader
from auth_service.engines.catalogue import DEFAULT_ENGINE, engine_metric
from auth_service.faces.template import Template
from auth_service.matching.calibration import Calibration, Metric, cell_key, load_shipped, render
from auth_service.matching.evaluation import (
    Acquisition,
    Evaluation,
    evaluate_pairs,
    evaluate_templates,
    evaluation_document,
)
from auth_service.matching.manifests import (
    ImageRow,
    assign_roles,
    images_by_subject,
    read_images,
    read_pairs,
    read_suspects,
)
from auth_service.matching.resampling import REPLICATES
from auth_service.matching.score_sets import ScoreSet
from auth_service.matching.split import SPLIT_CELLS, Description, calibrate, cell_scores, split_halves
from auth_service.settings import Profile, load_settings
from auth_service.wiring import Wiring

evaluate_app = typer.Typer(name="evaluate", help="Measure error rates on labelled photos.", no_args_is_help=True)

Root = Annotated[Path, typer.Option("--root", help="Folder that the paths in the CSV start from.")]
Manifest = Annotated[Path, typer.Option("--manifest", help="CSV that names the images.")]
Engine = Annotated[str, typer.Option("--engine", help="Engine id of models/manifest.toml.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for det.png, scores.png and result.json.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Reading processes.")]

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class OpenedReader:
    """A reader for many photos, and how its templates are compared."""

    bulk: BulkReader
    metric: Metric
    mirrored: bool


def open_bulk_reader(engine: str, mirrored: bool, jobs: int = CORES) -> OpenedReader:
    """The engine as the service builds it, with its limits. raises EngineUnknown, SettingInvalid; others when reading

    The profile does not matter: measuring decides nothing, and comes before there is a record for production.
    """
    settings = load_settings(engine=engine, profile=Profile.DEVELOPMENT)
    spec = replace(Wiring(settings).spec, mirrored=mirrored)
    return OpenedReader(BulkReader(spec, processes=jobs), Metric(engine_metric(engine, settings.models)), mirrored)


@evaluate_app.command("pairs")
def pairs_command(
    root: Root,
    pairs: Annotated[Path, typer.Option("--pairs", help="CSV path_a,path_b,mated[,...].")],
    engine: Engine = DEFAULT_ENGINE,
    stratum: Annotated[str | None, typer.Option("--stratum", help="Column whose values are reported apart.")] = None,
    suspects: Annotated[Path | None, typer.Option("--suspects", help="CSV of pairs whose label is doubted.")] = None,
    mirrored: Annotated[bool, typer.Option(help="Average each photo with its mirror image.")] = True,
    out: Out = None,
    jobs: Jobs = CORES,
    as_json: JsonFlag = False,
) -> None:
    """Error rates over listed pairs of photos."""
    with speaking(as_json=as_json) as voice:
        rows = read_pairs(_bytes(pairs), stratum)
        doubted = read_suspects(_bytes(suspects)) if suspects else frozenset()
        reader = open_bulk_reader(engine, mirrored=mirrored, jobs=jobs)
        acquired = _acquire(voice, reader, root, sorted({path for row in rows for path in row.key}))
        with voice.progress("Measuring", None):
            found = evaluate_pairs(rows, acquired, reader.metric, doubted, _shipped(acquired))
        _report(voice, found, "pairs", out)


@evaluate_app.command("templates")
def templates_command(
    root: Root,
    manifest: Manifest,
    engine: Engine = DEFAULT_ENGINE,
    out: Out = None,
    jobs: Jobs = CORES,
    as_json: JsonFlag = False,
) -> None:
    """Error rates of averaged templates, all references against all probes; CSV path,subject,role."""
    with speaking(as_json=as_json) as voice:
        rows = read_images(_bytes(manifest), with_roles=True)
        reader = open_bulk_reader(engine, mirrored=True, jobs=jobs)
        acquired = _acquire(voice, reader, root, sorted(row.path for row in rows))
        with voice.progress("Measuring", None):
            found = evaluate_templates(rows, acquired, reader.metric)
        _report(voice, found, "templates", out)


@evaluate_app.command("split")
def split_command(
    root: Root,
    manifest: Manifest,
    engine: Engine = DEFAULT_ENGINE,
    seed: Annotated[int, typer.Option("--seed", help="Draws the halves.")] = 1,
    bootstrap: Annotated[int, typer.Option("--bootstrap", min=100, help="Draws of people per interval.")] = REPLICATES,
    write_calibration: Annotated[
        Path | None, typer.Option("--write-calibration", help="Write a record measured on all people.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the record.")] = None,
    version: Annotated[int, typer.Option("--version", min=1, help="Version of the record.")] = 1,
    data_is: Annotated[str | None, typer.Option("--data-is", help="What was measured.")] = None,
    data_is_not: Annotated[list[str] | None, typer.Option("--data-is-not", help="What it does not speak for.")] = None,
    out: Out = None,
    jobs: Jobs = CORES,
    as_json: JsonFlag = False,
) -> None:
    """Thresholds read on one half of the people, rates on the other; CSV path,subject."""
    with speaking(as_json=as_json) as voice:
        images = read_images(_bytes(manifest), with_roles=False)
        reader = open_bulk_reader(engine, mirrored=True, jobs=jobs)
        acquired = _acquire(voice, reader, root, sorted(row.path for row in images))
        gallery = _gallery(images, acquired)
        with voice.progress("Measuring halves", None):
            cells = split_halves(gallery, reader.metric, seed, bootstrap)
        document = _split_document(acquired, reader.metric, cells, seed, bootstrap)
        if write_calibration:
            described = Description(
                name=name or f"{engine}-{manifest.stem}",
                version=version,
                measured_on=legal_date(datetime.now(UTC)),
                data_is=data_is or f"{len(gallery)} people, {acquired.images} images of {manifest.name}",
                data_is_not=tuple(data_is_not or ()),
            )
            with voice.progress("Measuring all people", None):
                record = calibrate(gallery, reader.metric, described, bootstrap)
            write_calibration.write_text(render(record), encoding="utf-8")
            document["calibration"] = str(write_calibration)
        if out:
            with voice.progress("Drawing", None):
                sets = {key: cell_scores(gallery, *sizes, reader.metric) for key, sizes in SPLIT_CELLS.items()}
                _keep(document, sets, out)
        _report_split(voice, document)


@evaluate_app.command("manifest")
def manifest_command(
    root: Root,
    out: Annotated[Path, typer.Option("--out", help="The CSV to write.")],
    under: Annotated[str, typer.Option("--under", help="Folder below the root that holds a folder per subject.")] = ".",
    references: Annotated[int, typer.Option("--references", min=0, help="First images by name.")] = 0,
    probes: Annotated[int, typer.Option("--probes", min=0, help="Images after them.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Write path,subject[,role] for folders `<subject>/<image>`: first images are references, the next are probes."""
    with speaking(as_json=as_json) as voice:
        rows = _images_below(root, under)
        chosen = assign_roles(rows, references, probes) if references or probes else rows
        lines = ["path,subject,role" if references or probes else "path,subject"]
        lines += [",".join(_quoted(cell) for cell in (row.path, row.subject, row.role) if cell) for row in chosen]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        voice.plain(f"{len(chosen)} images -> {out}")
        voice.result({"images": len(chosen), "subjects": len({row.subject for row in chosen}), "manifest": str(out)})


# --- reading photos -------------------------------------------------------------------------------


def _acquire(voice: Voice, reader: OpenedReader, root: Path, paths: Sequence[str]) -> Acquisition:
    """One template per image that gives one. raises FieldInvalid (a named image is not there), EngineFault"""
    missing = [path for path in paths if not (root / path).is_file()]
    if missing:
        raise FieldInvalid(f"{len(missing)} images are not below the root, the first is {missing[0]}", field="path")
    templates: dict[str, Template] = {}
    failed: dict[str, str] = {}
    with voice.progress("Reading photos", len(paths)) as done:
        for result in reader.bulk.map(((path, root / path) for path in paths), keep_jpeg=False):
            if result.sample is not None:
                templates[result.key] = result.sample.template
            elif isinstance(result.error, (ImageRefused, EngineFault)):
                failed[result.key] = result.error.code
            elif result.error is not None:
                raise result.error
            done(1)
    if not templates:
        raise EvaluationSetTooSmall("no image gave a template")
    identity = next(iter(templates.values())).identity
    return Acquisition(identity, reader.mirrored, dict(sorted(templates.items())), dict(sorted(failed.items())))


def _gallery(images: Sequence[ImageRow], acquired: Acquisition) -> list[list[Template]]:
    """Templates per subject, by name; subjects of whom nothing could be acquired are left out."""
    people = (
        [acquired.templates[path] for path in paths if path in acquired.templates]
        for paths in images_by_subject(images).values()
    )
    return [person for person in people if person]


def _shipped(acquired: Acquisition) -> Calibration | None:
    """The shipped record of just these weights, if there is one for single images."""
    try:
        record = load_shipped(acquired.identity.engine)
        record.require(acquired.identity, mirrored=acquired.mirrored)
    except CalibrationMissing:
        return None
    return record if cell_key(1, 1) in record.cells else None


def _images_below(root: Path, under: str) -> list[ImageRow]:
    """raises FileUnreadable: no such folder, or no photo in it"""
    folder = root / under
    found = [path for path in folder.glob("*/*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}]
    if not found:
        raise FileUnreadable(f"no photos in folders below {under}")
    return [ImageRow(path.relative_to(root).as_posix(), path.parent.name, None) for path in sorted(found)]


def _bytes(path: Path) -> bytes:
    """raises FileUnreadable"""
    try:
        return path.read_bytes()
    except OSError as absent:
        raise FileUnreadable(f"{path.name}: {type(absent).__name__}") from absent


# --- saying what was found ------------------------------------------------------------------------


def _report(voice: Voice, found: Evaluation, label: str, out: Path | None) -> None:
    document = evaluation_document(found)
    if out:
        _keep(document, {label: found.scores}, out)
    voice.result(document)
    _say_head(voice, document)
    voice.plain(f"{document['people']} people, {document['mated']:,} mated and {document['non_mated']:,} non-mated")
    voice.plain(f"equal error rate {document['eer']:.2%}")
    _say_points(voice, "all comparisons", document["points"])
    if "without_suspects" in document:
        _say_points(voice, f"without {document['suspects']} suspect pairs", document["without_suspects"]["points"])
    for point in document.get("at_calibration", {}).get("points", ()):
        rates = f"FMR {_percent(point['fmr_measured'])}, FNMR {_percent(point['fnmr'])}"
        voice.plain(f"at the shipped threshold for {point['fmr']:g} ({point['threshold']:.6f}): {rates}")
    for name, part in document.get("strata", {}).items():
        voice.plain(f"stratum {name}: {part['mated']:,} mated, {part['non_mated']:,} non-mated")
        for point in part["points"]:
            rates = f"FMR {_percent(point['fmr_measured'])}, FNMR {_percent(point['fnmr'])}"
            voice.plain(f"  at the threshold of {point['fmr']:g}: {rates}")


def _report_split(voice: Voice, document: dict[str, Any]) -> None:
    voice.result(document)
    _say_head(voice, document)
    for key, halves in document["cells"].items():
        for half in halves:
            title = f"{key}, thresholds from the {half['thresholds_from']} half, {half['people']} other people"
            _say_points(voice, title, half["points"])
    if "calibration" in document:
        voice.plain(f"calibration record: {document['calibration']}")


def _split_document(
    acquired: Acquisition, metric: Metric, cells: dict[str, Any], seed: int, bootstrap: int
) -> dict[str, Any]:
    return {
        "engine": acquired.identity.engine,
        "weights_digest": acquired.identity.weights_digest,
        "metric": metric.value,
        "mirrored": acquired.mirrored,
        "images": acquired.images,
        "failures_to_acquire": acquired.failure_rate,
        "failed_images": dict(acquired.failed),
        "seed": seed,
        "bootstrap": bootstrap,
        "cells": cells,
    }


def _keep(document: dict[str, Any], sets: dict[str, ScoreSet], out: Path) -> None:
    from auth_service.cli.evaluate_pictures import draw  # noqa: PLC0415 - matplotlib takes as long as a short command

    document["pictures"] = [str(path) for path in draw(sets, out, f"{document['engine']}, {document['metric']}")]
    (out / "result.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _say_head(voice: Voice, document: dict[str, Any]) -> None:
    failed = len(document["failed_images"])
    voice.plain(
        f"engine {document['engine']} ({document['metric']}), {document['images']:,} images, "
        f"{failed} failed to acquire ({document['failures_to_acquire']:.2%})"
    )


def _say_points(voice: Voice, title: str, points: Sequence[dict[str, Any]]) -> None:
    rows: list[tuple[str, ...]] = [
        (
            f"{point['fmr']:g}",
            f"{point['threshold']:.6f}",
            f"{point['fmr_measured']:.2e}",
            f"{point['fnmr']:.2%}",
            f"{point['fnmr_low']:.2%} to {point['fnmr_high']:.2%}",
            f"{point['false_matches']:,}{'' if point['enough_false_matches'] else ' (few)'}",
        )
        for point in points
    ]
    voice.table(title, ("FMR aim", "threshold", "FMR", "FNMR", "95 % interval", "false matches"), rows)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.3%}"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\n\r') else cell
