"""`auth-service poverty`: lists of the poor against the insured, month by month, and each village's own list."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, minute, speaking
from auth_service.connectors.export_file import csv_file, write_private, xlsx_file
from auth_service.core.errors import FieldInvalid
from auth_service.crosscheck.poverty import OUTCOME_WORDS
from auth_service.flows.build_poverty_month import MonthReport
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

poverty = typer.Typer(no_args_is_help=True, help="The poverty ledger (扶贫台账), month by month.")
_WRITERS = {".csv": csv_file, ".xlsx": xlsx_file}


@poverty.command("month")
def month_command(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM, whose lists are imported and count")],
    by: Annotated[str, typer.Option("--by", help="staff account that does it")] = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Compare a month's lists with the ledger. It may be stopped and run again; other facts make a further version,
    and every earlier one stays. No payment and no tag is touched."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        standing = signed_in(wiring, by, stdin=password_stdin) if by else nullcontext()
        with standing as member, voice.progress("poverty", None) as advance:
            report = wiring.build_poverty_month.run(month, member, advance)
        _tell(voice, report)
        voice.result(asdict(report))


@poverty.command("months")
def months_command(as_json: JsonFlag = False) -> None:
    """Months that were made, newest first, each in the version that counts."""
    with speaking(as_json=as_json) as voice:
        found = Wiring(load_settings()).store.queries.poverty_months()
        rows = [(one.month, str(one.version), minute(one.finished_at)) for one in found]
        voice.table("Poverty ledger", ("month", "version", "made"), rows)
        told: list[dict[str, Any]] = [
            {"month": one.month, "version": one.version, "finished_at": one.finished_at.isoformat()} for one in found
        ]
        voice.result({"months": told})


@poverty.command("export")
def export_command(
    village: Annotated[str, typer.Option("--village", help="region code of a village (12 digits) or town (9)")],
    month: Annotated[str, typer.Option("--month", help="YYYY-MM")],
    out: Annotated[Path, typer.Option("--out", help="a .csv or .xlsx file; it is readable by its owner only")],
    by: Annotated[str, typer.Option("--by", help="staff account that takes it")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """One village's own list, and nobody of another. It names people: who takes it stands in the audit trail."""
    from auth_service.web.poverty_sheet import poverty_sheet  # noqa: PLC0415 - loads the web framework

    with speaking(as_json=as_json) as voice:
        write = _WRITERS.get(out.suffix.lower())
        if write is None:
            raise FieldInvalid(".csv, .xlsx", field="out")
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.see_poverty.village(month, village, member)
        write_private(out, write(poverty_sheet(found, "zh" if voice.zh else "en")))
        count = len(found.people)
        voice.both(f"{found.month.month} 第 {found.month.version} 版：{count} 行，已写入 {out}",
                   f"{found.month.month}, version {found.month.version}: {count} rows in {out}")  # fmt: skip
        voice.result({"month": found.month.month, "version": found.month.version, "rows": count, "file": str(out)})


def _tell(voice: Voice, report: MonthReport) -> None:
    if report.repeated:
        voice.both("名单和台账都没有变化，没有新版本。", "Nothing has changed since: no new version.")
    voice.both(
        f"{report.month} 第 {report.version} 版，{report.lists} 份名单",
        f"{report.month}, version {report.version}, from {report.lists} lists",
    )
    for outcome, (zh, en) in OUTCOME_WORDS.items():
        count = report.counts.get(outcome.value, 0)
        voice.both(f"{zh}：{count}", f"{en}: {count}", indent="  ")
    carried = report.counts.get("carried", 0)
    if carried:
        voice.both(
            f"[yellow]{carried} 人所在县区本月没有（完整的）名单，沿用上月。[/]",
            f"[yellow]{carried} people whose county sent no list, or less than half of one, stay as last month.[/]",
        )
