"""`auth-service ledger tags import`: who is on an office's list, and who no longer is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.tag_file import TAG_COLUMNS, TAG_REQUIRED
from auth_service.beneficiaries.tags import TAG_TEXTS, TAG_WORDS
from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.clock import legal_date
from auth_service.core.errors import FieldInvalid
from auth_service.flows.import_tags import TagList
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

tags = typer.Typer(no_args_is_help=True, help="Lists of people who hold a tag (人员标识).")


@tags.command("import")
def import_tags(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, one person a row")],
    tag: Annotated[str, typer.Option(help="what the list is about, as `subsistence` or 低保")],
    source: Annotated[str, typer.Option(help="the office that keeps it, as `civil_affairs`; always the same word")],
    as_of: Annotated[str, typer.Option("--as-of", help="the day of the list, YYYY-MM-DD; today when left out")] = "",
    whole: Annotated[bool, typer.Option("--whole", help="everybody is on it; for others the tag ends")] = False,
    many: Annotated[bool, typer.Option("--many-end", help="somebody has looked: it ends for many")] = False,
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in one office's list. With --whole the tag ends for people it leaves out; again changes nothing."""
    with speaking(as_json=as_json) as voice:
        meant = TAG_WORDS.get(tag.strip().lower())
        if meant is None:
            raise FieldInvalid(", ".join(sorted(TAG_WORDS)), field="tag")
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        day = parse_date(as_of, "as_of") if as_of else legal_date(wiring.clock.now())
        table = open_table(file, TAG_COLUMNS, required=TAG_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(TAG_COLUMNS)) as sink, voice.progress("tags", None) as advance:
            told = TagList(meant, source, day, whole, many)
            report = wiring.import_tags.run(told, table, sink, "cli", advance)
        zh, en = TAG_TEXTS[meant]
        voice.both(
            f"{zh}：{report.rows} 行，新增 {report.added}，不变 {report.unchanged}，不在台账 {report.unknown}，"
            f"退回 {report.refused}；终止 {report.ended}",
            f"{en}: {report.rows} rows, {report.added} added, {report.unchanged} unchanged, {report.unknown} of people "
            f"who are not here, {report.refused} refused; ended for {report.ended}",
        )
        if report.kept_on:
            voice.both(
                f"有 {report.kept_on} 人不在名单上，标识暂未终止：请先更正退回的行，或核对后加 --many-end。",
                f"{report.kept_on} people are not on the list and keep the tag for now: correct refused rows first, "
                "or look and add --many-end.",
            )
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})
