"""What a calibration found, in words and tables for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auth_service.cli.speak import Voice
from auth_service.matching.calibration import Basis, Calibration
from auth_service.matching.metrics import Rate


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
        voice.say(
            f"[yellow]Too few people for FMR {report['targets']['accept']:g}: that takes {report['least_people']}. "
            "The thresholds are the strictest of what is known; production does not take this record.[/]"
        )
    _tell_strata(voice, report)
    _tell_tries(voice, report["tries"])
    _tell_normalisation(voice, report["normalisation"])
    for line in calibration.data_is_not:
        voice.plain(f"It is not: {line}")


def tell_effect(voice: Voice, effect: Mapping[str, Any]) -> None:
    """How earlier comparisons would have fallen."""
    voice.say(
        f"Of {effect['comparisons']:,} earlier comparisons {effect['changed']:,} would fall into another zone"
        + (f"; {effect['unknown']:,} cannot be judged anew" if effect["unknown"] else "")
        + "."
    )
    for change, count in effect["changes"].items():
        voice.plain(f"  {change}: {count:,}")
    for name, part in effect["strata"].items():
        if part["changes"]:
            told = ", ".join(f"{change} {count:,}" for change, count in part["changes"].items())
            voice.plain(f"  {name} ({part['comparisons']:,}): {told}")


def tell_look(voice: Voice, look: Mapping[str, Any]) -> None:
    """Whom somebody should look at before the record is believed."""
    if look["most_alike"]:
        voice.say("Most alike pairs of different people (one person under two numbers?):")
        for pair in look["most_alike"]:
            voice.plain(f"  {pair['similarity']:.4f}  {pair['one']}  {pair['other']}")
    if look["unlike_themselves"]:
        count = len(look["unlike_themselves"])
        voice.say(f"{count} people have photos that lie below the grey zone of each other (two people under one?)")


def rate(found: Rate) -> str:
    """`0.010 % (0.005 to 0.018)`, or that it could not be measured."""
    if not found.trials:
        return "not measured"
    return f"{100 * found.value:.3f} % ({100 * found.low:.3f} to {100 * found.high:.3f})"


def _tell_strata(voice: Voice, report: Mapping[str, Any]) -> None:
    strata = report["cells"]["1x1"]["strata"][1:]
    if not strata:
        voice.say(f"No stratum (sex, age band) has {report['worst']['from_people']} people: none is shown.")
        return
    rows = [
        (one["name"], f"{one['people']:,}", "yes" if one["enough"] else "no", _share(one["fmr"]), _share(one["fnmr"]))
        for one in strata
    ]
    voice.table("Strata, one image a side", ("stratum", "people", "had a say", "FMR", "FNMR"), rows)
    for kind in ("fmr", "fnmr"):
        worst = report["worst"][kind]
        if worst is not None:
            voice.say(f"Worst {kind.upper()}: {worst['name']} {_share(worst)}")


def _tell_tries(voice: Voice, tries: Mapping[str, Any]) -> None:
    if tries["fnmr_at_least"] is None:
        voice.say("No earlier attempt of the drawn people can be judged anew: the FNMR of use is not known.")
        return
    voice.say(
        f"Attempts of the drawn people: {tries['passed']:,} passed, {tries['refused_then_passed']:,} refused and then "
        f"passed, {tries['refused_and_left']:,} refused and left. Their FNMR would be between "
        f"{tries['fnmr_at_least']:.2%} and {tries['fnmr_at_most']:.2%}."
    )


def _tell_normalisation(voice: Voice, found: Mapping[str, Any]) -> None:
    if not found["measured"]:
        voice.say(f"Score normalisation was not measured: {found['why']}.")
        return
    for key, cell in found["cells"].items():
        voice.plain(
            f"Score normalisation, {key}, FMR {cell['fmr']:g}: FNMR {cell['fnmr_without']:.2%} without, "
            f"{cell['fnmr_with']:.2%} with; difference {100 * cell['difference']:+.2f} points "
            f"({100 * cell['low']:+.2f} to {100 * cell['high']:+.2f})"
        )
    voice.say(
        "It would help here in every cell; this release does not apply it (docs/decisions/0019-score-normalisation.md)."
        if found["helps"]
        else "It does not help here; it is not applied."
    )


def _share(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "not measured"
    return f"{100 * one['value']:.3f} % ({100 * one['low']:.3f} to {100 * one['high']:.3f})"
