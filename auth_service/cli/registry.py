"""`auth-service registry`: files of other offices, checked by row, weighed as a whole, released by a second person."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, minute, speaking
from auth_service.connectors.policy_file import read_policy_file
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.document import Problem, told
from auth_service.core.errors import ProfileRefused
from auth_service.crosscheck.batches import ODDITY_WORDS, BatchFinding
from auth_service.crosscheck.profiles import PLAIN, Profile, read_profile
from auth_service.crosscheck.sources import KIND_WORDS, REGISTRY_REQUIRED, RegistryKind
from auth_service.flows.import_registry import RegistryOrder, RegistryReport
from auth_service.settings import load_settings
from auth_service.storage.unit import BatchState, StoredBatch, StoredRow
from auth_service.wiring import Wiring

registry = typer.Typer(no_args_is_help=True, help="Files of registries: deaths, prison, poverty lists and others.")

_STATES: dict[BatchState, tuple[str, str]] = {
    BatchState.READING: ("未导入完", "not read to its end"),
    BatchState.QUARANTINED: ("已隔离，须另一人放行", "in quarantine, waits for a second person"),
    BatchState.CLEARED: ("无异常，已生效", "nothing odd, it counts"),
    BatchState.RELEASED: ("已放行，已生效", "released, it counts"),
    BatchState.DISCARDED: ("已作废", "discarded"),
    BatchState.TAMPERED: ("记录被改动，不予采用", "its record was tampered with, it counts for nothing"),
}
Batch = Annotated[str, typer.Argument(help="batch, as `registry batches` names it")]
By = Annotated[str, typer.Option("--by", help="staff account that does it")]


@registry.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese, English or as the profile says")],
    kind: Annotated[RegistryKind | None, typer.Option("--kind", help="what it tells; the profile may say it")] = None,
    by: Annotated[str, typer.Option("--by", help="staff account that stands for it; without one, two release it")] = "",
    profile: Annotated[Path | None, typer.Option("--profile", help="YAML or JSON, how its source writes")] = None,
    source: Annotated[str, typer.Option("--source", help="whose file, where neither rows nor profile say it")] = "",
    rejects: RejectsOption = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Check every row, keep the good ones, write the others with their reason, and weigh the whole. It may be stopped
    at any moment and run again; the same file again changes nothing. No payment is ever touched."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        mapping = PLAIN if profile is None else _profile(profile)
        chosen = kind or mapping.kind
        if chosen is None:
            raise typer.BadParameter("--kind, or a profile that says it")
        table = open_table(file, mapping.headers(), required=REGISTRY_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with signed_in(wiring, by, stdin=password_stdin) if by else nullcontext() as member:
            order = RegistryOrder(chosen, source, mapping, member)
            with RejectWriter(path, table.columns) as sink, voice.progress("registry", None) as advance:
                report = wiring.import_registry.run(table, sink, order, advance)
        _tell(voice, report, path)
        refused = report.counts.get("refused", 0)
        voice.result({**_report(report), "kind": chosen.value, "rejects": str(path) if refused else None})


@registry.command("batches")
def batches_command(
    kind: Annotated[RegistryKind | None, typer.Option("--kind")] = None, as_json: JsonFlag = False
) -> None:
    """Every file that came in, newest first, and how it stands."""
    with speaking(as_json=as_json) as voice:
        found = Wiring(load_settings()).keep_registry.batches(kind)
        columns = ("batch", "kind", "source", "begun", "rows", "refused", "hits", "state", "odd")
        rows = [
            (
                one.id,
                one.kind.value,
                one.source,
                minute(one.begun_at),
                *(str(one.counts.get(name, 0)) for name in ("rows", "refused", "hits")),
                one.state.value,
                " ".join(finding.oddity.value for finding in one.findings),
            )
            for one in found
        ]
        voice.table("Registry batches", columns, rows)
        voice.result({"batches": [_batch(one) for one in found]})


@registry.command("show")
def show_command(
    batch: Batch,
    rows: Annotated[int, typer.Option("--rows", help="first rows, ID numbers masked", min=0, max=200)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """One batch: what was counted, what is odd, and on request how its first rows were understood."""
    with speaking(as_json=as_json) as voice:
        page = Wiring(load_settings()).keep_registry.show(batch, rows)
        one = page.batch
        zh, en = KIND_WORDS[one.kind]
        voice.both(f"{zh} · {one.source}：{_STATES[one.state][0]}", f"{en}, {one.source}: {_STATES[one.state][1]}")
        voice.say(", ".join(f"{count} {name}" for name, count in one.counts.items()))
        _tell_findings(voice, one.findings)
        for code, count in sorted(page.refused_by_code.items(), key=lambda item: -item[1]):
            voice.say(f"  {count:>6}  {code}")
        if page.rows:
            voice.table("First rows", _COLUMNS, [tuple(_row(row).values()) for row in page.rows])
        document = {**_batch(one), "refused_by_code": page.refused_by_code}
        voice.result({**document, "first_rows": [_row(row) for row in page.rows]})


@registry.command("release")
def release_command(batch: Batch, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """Let an odd batch count, as a second person: never who imported it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.keep_registry.release(batch, member)
        voice.both("[bold green]已放行，这批数据生效。[/]", "[bold green]Released: the batch counts.[/]")
        voice.result(_batch(found))


@registry.command("discard")
def discard_command(
    batch: Batch,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="why it is wrong; kept in the audit trail")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Take a wrong file back, alone and at once: what it said is withdrawn."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.keep_registry.discard(batch, reason, member)
        voice.both("已作废，这批数据不再采用。", "Discarded: the batch counts for nothing.")
        voice.result(_batch(found))


@registry.command("profile")
def profile_command(file: Annotated[Path, typer.Argument(help="YAML or JSON")], as_json: JsonFlag = False) -> None:
    """Check a mapping profile and name every fault with its line. Nothing is kept. Exit 1 when there is one."""
    with speaking(as_json=as_json) as voice:
        found, problems = read_profile(read_policy_file(file))
        for one in problems:
            voice.plain(f"{one.line}: {one.where}: {one.zh}")
            voice.plain(f"{' ' * len(str(one.line))}  {one.en}")
        told_of = [{"line": one.line, "where": one.where, "zh": one.zh, "en": one.en} for one in problems]
        voice.result({"valid": found is not None, "problems": told_of})
        if found is None:
            raise typer.Exit(1)
        voice.both(f"{found.name}：没有错误。", f"{found.name}: no fault.")


def _profile(file: Path) -> Profile:
    """raises ProfileRefused, FileUnreadable"""
    problems: tuple[Problem, ...]
    found, problems = read_profile(read_policy_file(file))
    if found is None:
        raise ProfileRefused(told(problems), field="profile")
    return found


def _tell(voice: Voice, report: RegistryReport, rejects: Path) -> None:
    if report.repeated:
        voice.both("这个文件以前已导入，没有任何改动。", "This file was imported before: nothing was changed.")
    elif report.resumed:
        voice.both(f"从第 {report.resumed} 行之后继续。", f"Went on behind row {report.resumed}.")
    voice.say(", ".join(f"{count} {name}" for name, count in report.counts.items()))
    if report.unknown_columns:
        voice.say("Columns kept aside, not understood: " + ", ".join(report.unknown_columns))
    say_refused(voice, dict(report.refused_by_code), rejects)
    _tell_findings(voice, report.findings)
    zh, en = _STATES[report.state]
    voice.both(f"批次 {report.batch_id}：{zh}", f"batch {report.batch_id}: {en}")
    if report.state is BatchState.QUARANTINED:
        voice.say(f"  auth-service registry release {report.batch_id} --by WHO")


def _tell_findings(voice: Voice, findings: tuple[BatchFinding, ...]) -> None:
    for one in findings:
        zh, en = ODDITY_WORDS[one.oddity]
        numbers = f"{one.measured:g} / {one.limit:g}"
        voice.both(f"[yellow]{zh}[/]（{numbers}）", f"[yellow]{en}[/] ({numbers})", indent="  ")


def _report(report: RegistryReport) -> dict[str, Any]:
    return {
        "batch": report.batch_id,
        "state": report.state.value,
        "repeated": report.repeated,
        "resumed": report.resumed,
        **report.counts,
        "refused_by_code": dict(report.refused_by_code),
        "unknown_columns": list(report.unknown_columns),
        "findings": _findings(report.findings),
    }


def _findings(findings: tuple[BatchFinding, ...]) -> list[dict[str, Any]]:
    return [{"code": one.oddity.value, "measured": one.measured, "limit": one.limit} for one in findings]


def _batch(one: StoredBatch) -> dict[str, Any]:
    return {
        "batch": one.id,
        "kind": one.kind.value,
        "source": one.source,
        "file_digest": one.file_digest,
        "profile": one.profile.name,
        "state": one.state.value,
        "begun_at": one.begun_at.isoformat(),
        "finished_at": None if one.finished_at is None else one.finished_at.isoformat(),
        "newest_at": None if one.newest_at is None else one.newest_at.isoformat(),
        "imported_by": one.imported_by,
        "ended_by": one.ended_by,
        "counts": dict(one.counts),
        "findings": _findings(one.findings),
    }


_COLUMNS = ("row", "act", "id", "name", "birth", "event", "region")


def _row(one: StoredRow) -> dict[str, str]:
    """Enough to see shifted columns by, and no more of anybody than that takes."""
    said = one.record
    number = "" if said is None or not said.id_text else "****" if said.id_number is None else said.id_number.masked
    name = "" if said is None or not said.name else said.name[0] + "*" * (len(said.name) - 1)
    birth = "" if said is None or said.birth is None else str(said.birth.year)
    cells = (str(one.row), one.act.value, number, name, birth, str(one.event or ""), one.region)
    return dict(zip(_COLUMNS, cells, strict=True))
