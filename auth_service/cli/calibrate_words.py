"""What a calibration found, in words and tables for a person."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperOption

from auth_service.cli.speak import Voice
from auth_service.core.intervals import Rate
from auth_service.matching.calibration import Basis, Calibration

NO_DET = {
    "zh": "没有 det.png：没有人有两张可互相比对的照片，因此不知道本人通不过的比例（FNMR）。有了通过记录后再标定。",
    "en": "No det.png: nobody has two photos that could be compared with each other, so nothing is known of the FNMR. "
    "Calibrate again once passes have come in.",
}
"""Said where a picture is missing, and why."""

_SHOWN = 10
"""Keys of one kind that are printed; all of them stand in --json."""


def tell_proposal(voice: Voice, calibration: Calibration, report: Mapping[str, Any], now: Calibration | None) -> None:
    """Thresholds beside the present ones, what they rest on, the worst stratum, and what the data is not."""
    voice.say(f"[bold]{calibration.label}[/]  {calibration.identity.engine}")
    voice.plain(calibration.data_is)
    rows, raised = [], []
    for key, cell in calibration.cells.items():
        present = now.cells.get(key) if now else None
        was = f"{present.accept_at:.6f}" if present else "-"
        rows.append(
            (key, f"{cell.people:,}", f"{cell.accept_at:.6f}", was, rate(cell.accept.fmr), rate(cell.accept.fnmr))
        )
        if cell.basis is Basis.RAISED:
            raised.append(f"{key} ({report['cells'][key]['decided_by']})")
    voice.table(
        f"Thresholds (cells: images of reference x probe; present: {now.label if now else 'none'})",
        ("cell", "people", "match from", "present", "FMR", "FNMR"),
        rows,
    )
    if raised:
        voice.plain(f"Raised, for want of people, to the strictest of what is known: {', '.join(raised)}")
    if not calibration.is_measured:
        target, least, there = report["targets"]["accept"], report["least_people"], calibration.cells["1x1"].people
        voice.both(
            f"[yellow]人数不足：FMR {target:g} 需要 {least} 人，参与比对的有 {there} 人。"
            "阈值取已知最严的；生产环境不采用这份标定。[/]",
            f"[yellow]Too few people for FMR {target:g}: that takes {least}, and {there} were compared. "
            "The thresholds are the strictest of what is known; production does not take this record.[/]",
        )
    _tell_strata(voice, report)
    _tell_tries(voice, report["tries"])
    _tell_normalisation(voice, report["normalisation"])
    for line in calibration.data_is_not:
        voice.plain(f"It is not: {line}")


def tell_effect(voice: Voice, effect: Mapping[str, Any]) -> None:
    """How earlier comparisons would have fallen."""
    changed, total, unknown = effect["changed"], effect["comparisons"], effect["unknown"]
    voice.both(
        f"以往 {total:,} 次比对中，{changed:,} 次的结果会改变"
        + (f"；{unknown:,} 次无法重新判断" if unknown else "")
        + "。",
        f"Of {total:,} earlier comparisons {changed:,} would fall into another zone"
        + (f"; {unknown:,} cannot be judged anew" if unknown else "")
        + ".",
    )
    for change, count in effect["changes"].items():
        voice.plain(f"  {change}: {count:,}")
    for name, part in effect["strata"].items():
        if part["changes"]:
            told = ", ".join(f"{change} {count:,}" for change, count in part["changes"].items())
            voice.plain(f"  {name} ({part['comparisons']:,}): {told}")


def tell_look(voice: Voice, look: Mapping[str, Any]) -> None:
    """Whom somebody should look at before the record is believed, by their person keys in the ledger."""
    if look["most_alike"]:
        voice.both(
            "最相像的不同人员（是否一人两号？），以台账的人员编号列出：",
            "Most alike pairs of different people (one person under two numbers?), by person_key of the ledger:",
        )
        for pair in look["most_alike"]:
            voice.plain(f"  {pair['similarity']:.4f}  {pair['one']}  {pair['other']}")
    unlike: Sequence[str] = look["unlike_themselves"]
    if unlike:
        voice.both(
            f"{len(unlike)} 人的照片彼此低于灰区（是否两人一号？），以台账的人员编号列出：",
            f"{len(unlike)} people have photos that lie below the grey zone of each other (two people under one?):",
        )
        for key in unlike[:_SHOWN]:
            voice.plain(f"  {key}")
        if len(unlike) > _SHOWN:
            voice.both(f"…其余 {len(unlike) - _SHOWN} 人见 --json", f"... and {len(unlike) - _SHOWN} more: --json")


def tell_pictures(voice: Voice, folder: Path, pictures: Sequence[str]) -> None:
    """Where the record and its pictures are, and why one is missing."""
    names = escape(", ".join(["record.json", *(Path(picture).name for picture in pictures)]))
    voice.both(f"已写入 {escape(str(folder))}：{names}", f"Written to {escape(str(folder))}: {names}")
    if len(pictures) == 1:
        voice.both(f"[yellow]{NO_DET['zh']}[/]", f"[yellow]{NO_DET['en']}[/]")


def options_given(context: typer.Context) -> str:
    """The options of this run as they were typed, each followed by a space, for a hint that repeats the measurement."""
    told = ""
    for option in context.command.params:
        if not isinstance(option, TyperOption) or option.name in {None, "by", "password_stdin", "as_json"}:
            continue
        source, value = context.get_parameter_source(str(option.name)), context.params[str(option.name)]
        if source is None or source.name != "COMMANDLINE":
            continue
        if option.is_flag:
            told += f"{(option.opts if value else option.secondary_opts)[0]} "
        else:
            told += f"{option.opts[0]} {shlex.quote(f'{value:g}' if isinstance(value, float) else str(value))} "
    return told


def rate(found: Rate) -> str:
    """`0.010 % (0.005 to 0.018)`, or that it could not be measured."""
    if not found.trials:
        return "not measured"
    return f"{100 * found.value:.3f} % ({100 * found.low:.3f} to {100 * found.high:.3f})"


def _tell_strata(voice: Voice, report: Mapping[str, Any]) -> None:
    strata = report["cells"]["1x1"]["strata"][1:]
    if not strata:
        least = report["worst"]["from_people"]
        voice.both(
            f"没有哪个分组（性别、年龄段）达到 {least} 人，不列出。",
            f"No stratum (sex, age band) has {least} people: none is shown.",
        )
        return
    rows = [
        (one["name"], f"{one['people']:,}", "yes" if one["enough"] else "no", _share(one["fmr"]), _share(one["fnmr"]))
        for one in strata
    ]
    voice.table("Strata, one image a side", ("stratum", "people", "had a say", "FMR", "FNMR"), rows)
    for kind in ("fmr", "fnmr"):
        worst = report["worst"][kind]
        if worst is not None:
            voice.both(
                f"最差的 {kind.upper()}：{worst['name']} {_share(worst)}",
                f"Worst {kind.upper()}: {worst['name']} {_share(worst)}",
            )


def _tell_tries(voice: Voice, tries: Mapping[str, Any]) -> None:
    if tries["fnmr_at_least"] is None:
        voice.both(
            "抽取人员的以往认证都无法重新判断：使用中的 FNMR 未知。",
            "No earlier attempt of the drawn people can be judged anew: the FNMR of use is not known.",
        )
        return
    passed, then, left = (tries[name] for name in ("passed", "refused_then_passed", "refused_and_left"))
    low, high = f"{tries['fnmr_at_least']:.2%}", f"{tries['fnmr_at_most']:.2%}"
    voice.both(
        f"抽取人员的认证：通过 {passed:,} 次，先未通过后通过 {then:,} 次，未通过且没有再通过 {left:,} 次。"
        f"FNMR 在 {low} 与 {high} 之间。",
        f"Attempts of the drawn people: {passed:,} passed, {then:,} refused and then passed, {left:,} refused and "
        f"left. Their FNMR would be between {low} and {high}.",
    )


def _tell_normalisation(voice: Voice, found: Mapping[str, Any]) -> None:
    if not found["measured"]:
        why = escape(str(found["why"]))
        voice.both(f"未测量分数归一化：{why}。", f"Score normalisation was not measured: {why}.")
        return
    for key, cell in found["cells"].items():
        voice.plain(
            f"Score normalisation, {key}, FMR {cell['fmr']:g}: FNMR {cell['fnmr_without']:.2%} without, "
            f"{cell['fnmr_with']:.2%} with; difference {100 * cell['difference']:+.2f} points "
            f"({100 * cell['low']:+.2f} to {100 * cell['high']:+.2f})"
        )
    if found["helps"]:
        where = "docs/decisions/0019-score-normalisation.md"
        voice.both(
            f"归一化在此处各档都有帮助；本版本不采用（{where}）。",
            f"It would help here in every cell; this release does not apply it ({where}).",
        )
    else:
        voice.both("归一化在此处没有帮助，未采用。", "It does not help here; it is not applied.")


def _share(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "not measured"
    return f"{100 * one['value']:.3f} % ({100 * one['low']:.3f} to {100 * one['high']:.3f})"
