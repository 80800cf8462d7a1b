"""What `evaluate pad` tells a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auth_service.cli.speak import Voice

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]

_NOT_SESSIONS = (
    "单张照片和没有提示的录像不是完整的采集：它们只经过能用上的几项检测，不能说明整个流程的拒绝率。",
    "Pictures, and films of whom nothing was asked, are no sessions: their rates are not those of the whole.",
)


def tell(voice: Voice, document: Mapping[str, Any]) -> None:
    """The rates of each kind, what each layer said, and every file that could not be used."""
    people = (document["bona_fide"], document["subjects"])
    voice.both(
        f"真人呈现 {people[0]} 次（{people[1]} 人），BPCER {_percent(document['bpcer'])}",
        f"{people[0]} presentations of {people[1]} living people, BPCER {_percent(document['bpcer'])}",
    )
    for kind, part in document["by_kind"].items():
        voice.table(*_fused_table(kind, part))
        voice.table(*_layer_table(kind, part))
    if set(document["by_kind"]) - {"session"}:
        voice.both(*_NOT_SESSIONS)
    if document["matcher"]:
        voice.table(*_matcher_table(document["matcher"]))
    silent, unusable = document["no_response"], document["unusable"]
    if silent["count"]:
        voice.both(
            f"{silent['count']} 次呈现中没有找到人脸，不计入任何比率。",
            f"No face was found in {silent['count']} presentations; they are in no rate.",
        )
        for path in silent["paths"]:
            voice.plain(f"    {path}")
    if unusable:
        rows = [
            (one["path"], one["code"], one["titles"]["zh"], one["titles"]["en"], one.get("detail", ""))
            for one in unusable
        ]
        voice.table(f"无法使用 unusable: {len(rows)}", ("path", "code", "zh", "en", "detail"), rows)


def _fused_table(kind: str, part: Mapping[str, Any]) -> Table:
    """With the model, where it is installed, beside without."""
    ways = [(name, part[key]) for name, key in (("model", "with_model"), ("no model", "without_model")) if part[key]]
    rows: list[tuple[str, ...]] = []
    for name, rates in ways:
        if rates["bpcer"] is not None:
            interval = _interval(rates["bpcer_low"], rates["bpcer_high"])
            rows.append((name, "BPCER", "bona fide", str(rates["bpcer_n"]), _percent(rates["bpcer"]), interval))
        rows += [
            (name, "APCER", species, str(one["n"]), _percent(one["apcer"]), _interval(one["low"], one["high"]))
            for species, one in rates["species"].items()
        ]
    return f"{kind}: all layers together", ("with", "rate", "of", "n", "value", "95 % interval"), rows


def _layer_table(kind: str, part: Mapping[str, Any]) -> Table:
    rows = [
        (layer, told["mode"], label, *(str(signs.get(sign, 0)) for sign in ("live", "absent", "attack", "unknown")))
        for layer, told in part["layers"].items()
        for label, signs in told["said"].items()
    ]
    return f"{kind}: what each layer said", ("layer", "mode", "of", "live", "absent", "attack", "unknown"), rows


def _matcher_table(matcher: Mapping[str, Any]) -> Table:
    living = matcher["bona_fide"]
    rows: list[tuple[str, ...]] = [("bona fide", str(living["n"]), str(living["matched"]), str(living["accepted"]), "")]
    rows += [
        (name, *(str(one[key][part]) for key, part in (("iapmr", "n"), ("iapmr", "errors"), ("iapar", "errors"))),
         _interval(one["iapar"]["low"], one["iapar"]["high"]))
        for name, one in matcher["species"].items()
    ]  # fmt: skip
    return "with the matcher", ("of", "n", "matched", "accepted", "95 % interval"), rows


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _interval(low: float, high: float) -> str:
    return f"{low:.2%} to {high:.2%}"
