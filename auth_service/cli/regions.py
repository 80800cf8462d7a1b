"""`auth-service regions`: the tree of regions, to the village, with what became of codes that ended."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.beneficiaries.region import check_region_code
from auth_service.beneficiaries.region_file import REGION_COLUMNS, REGION_REQUIRED
from auth_service.beneficiaries.region_tree import Region, ancestors_of, shortest
from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.errors import NotFound
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

regions = typer.Typer(no_args_is_help=True, help="Regions from province to village (行政区划).")

_CHANGES = {"recoded": "变更代码", "merged": "并入", "split": "拆分为", "abolished": "撤销"}


@regions.command("import")
def import_regions(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese or English")],
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in places, and what became of codes that ended. Old codes stay valid; running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, REGION_COLUMNS, required=REGION_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(REGION_COLUMNS)) as sink, voice.progress("regions", None) as advance:
            report = wiring.import_regions.run(table, sink, "cli", advance)
        voice.say(
            f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
        )
        if report.unknown_columns:
            voice.say("Columns kept aside, not understood: " + ", ".join(report.unknown_columns))
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})


@regions.command("list")
def list_regions(
    under: Annotated[str, typer.Option(help="a code, or the beginning of one")] = "",
    ended: Annotated[bool | None, typer.Option("--ended/--in-force", help="only those; both when left out")] = None,
    after: Annotated[str, typer.Option(help="go on behind this code")] = "",
    limit: Annotated[int, typer.Option(help="so many lines", min=1, max=10_000)] = 200,
    as_json: JsonFlag = False,
) -> None:
    """List places by code, those that ended with what they became."""
    with speaking(as_json=as_json) as voice:
        with Wiring(load_settings()).store.reading() as unit:
            found = unit.regions.beneath(shortest(under), ended=ended, after=after, limit=limit)
        told = [_document(one) for one in found]
        columns = ("code", "name", "valid_from", "valid_to", "change", "successors")
        voice.table("Regions", columns, [tuple(_text(one[name]) for name in columns) for one in told])
        voice.result({"regions": told, "next_after": found[-1].code if len(found) == limit else None})


@regions.command("show")
def show_region(
    code: Annotated[str, typer.Argument(help="2, 4, 6, 9 or 12 digits, old or in force")],
    as_json: JsonFlag = False,
) -> None:
    """Say what a code means: its place, what became of it, where it lies today, and how many people live there."""
    with speaking(as_json=as_json) as voice:
        short = shortest(check_region_code(code))
        with Wiring(load_settings()).store.reading() as unit:
            tree, told = unit.regions.tree(), unit.regions.history(short)
            today = tree.today(short)
            names = unit.regions.known([one for place in today for one in ancestors_of(place)])
            people = {
                "in_it_today": unit.regions.people_in(short),
                "written_with_it": unit.regions.people_written(short),
            }
        if not told and today == (short,):
            raise NotFound
        voice.both(
            f"{short}：现为 {'、'.join(_path(one, names) for one in today)}；今属该地 {people['in_it_today']} 人，"
            f"按此代码登记 {people['written_with_it']} 人",
            f"{short}: today {', '.join(_path(one, names) for one in today)}; {people['in_it_today']} people live "
            f"there, {people['written_with_it']} were written down with this code",
        )
        history = [{"known_at": at.isoformat(), **_document(one)} for at, one in told]
        rows = [(one["known_at"][:10], one["name"], _text(one["valid_to"]), _text(one["change"])) for one in history]
        voice.table("What was told", ("known", "name", "until", "change"), rows)
        voice.result({"code": short, "today": list(today), "people": people, "told": history})


def _document(one: Region) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "valid_from": str(one.valid_from) if one.valid_from else None,
        "valid_to": str(one.valid_to) if one.valid_to else None,
        "change": one.change.value if one.change else None,
        "successors": list(one.successors),
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return f"{_CHANGES[value]} {value}" if value in _CHANGES else str(value or "")


def _path(code: str, names: dict[str, Region]) -> str:
    """From the province down, as far as the names are known."""
    return " ".join(names[one].name for one in reversed(ancestors_of(code)) if one in names) + f" ({code})"
