"""What a measurement of the colours says to the person who answers for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auth_service.cli.speak import Voice
from auth_service.liveness.flash_measurement import FlashMeasurement

STATES_ZH = {
    "in force": "生效中",
    "recorded": "待启用",
    "withdrawn": "已撤回",
    "retired": "已被替代",
    "outdated": "已过时，不计入",
    "tampered": "被改动",
}


def tell_measurement(voice: Voice, measurement: FlashMeasurement) -> None:
    """On whom, how often people were refused and attacks passed, with what it was measured."""
    people, sessions, attacks = measurement.people, measurement.sessions, measurement.attacks
    voice.both(
        f"{measurement.name}（{measurement.measured_on}）：颜色路线，{people} 人的 {sessions} 次采集，{attacks} 次攻击",
        f"{measurement.name} ({measurement.measured_on}): route {measurement.route}, {sessions} sessions of {people} "
        f"living people, {attacks} attacks",
    )
    columns = ("of", "rate", "n", "value", "95 % interval")
    voice.table("各层合判 all layers together", columns, _rates(measurement.whole))
    voice.table("仅颜色 the colours alone", columns, _rates(measurement.layer))
    voice.both(
        "BPCER：真人未通过的比例；APCER：攻击通过的比例。次数少时区间很宽，请看区间上端。",
        "BPCER: living people who did not pass; APCER: attacks that did. Few presentations mean wide intervals: look "
        "at their upper ends.",
    )
    used = {"engine": measurement.terms.engine, **measurement.terms.versions, "policy": measurement.terms.policy}
    voice.table("所用程序与策略 measured with", ("name", "version"), [*used.items(), ("data", measurement.data)])


def tell_differing(voice: Voice, differs: Sequence[str]) -> None:
    """Nothing where all is as it was."""
    if differs:
        which = ", ".join(differs)
        voice.both(
            f"[yellow]与现在使用的不同：{which}。按它测得的颜色不计入通过，请重新测量。[/]",
            f"[yellow]Not what is in use: {which}. Colours do not count by it; measure anew.[/]",
        )


def _rates(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Of all layers, and of one: they name the interval of BPCER differently."""
    rows: list[tuple[str, ...]] = []
    bpcer = told.get("bpcer")
    if isinstance(bpcer, Mapping):
        rows.append(_row("bona fide", "BPCER", (bpcer["n"], bpcer["bpcer"], bpcer["low"], bpcer["high"])))
    elif bpcer is not None:
        rows.append(_row("bona fide", "BPCER", (told["bpcer_n"], bpcer, told["bpcer_low"], told["bpcer_high"])))
    for species, one in told.get("species", {}).items():
        rows.append(_row(species, "APCER", (one["n"], one["apcer"], one["low"], one["high"])))
    return rows


def _row(of: str, rate: str, numbers: tuple[int, float, float, float]) -> tuple[str, ...]:
    n, value, low, high = numbers
    return of, rate, str(n), f"{value:.2%}", f"{low:.2%} to {high:.2%}"
