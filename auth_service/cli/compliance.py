"""Duties towards people and authorities: stored faces, the filing pack, consent texts."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.filing_pack import write_filing_pack
from auth_service.core.clock import legal_date
from auth_service.core.retention import RetentionPolicy
from auth_service.enrollment.consent import ConsentBasis
from auth_service.enrollment.consent_texts import KINDS, LANGUAGES, NO_CONTACT, UNNAMED
from auth_service.enrollment.filing import DUTY_TEXTS, THRESHOLDS, FaceCount, Reached, duty, file_by
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

compliance = typer.Typer(no_args_is_help=True, help="Stored faces and the duty to file, consent texts.")

_BASIS = {
    ConsentBasis.SEPARATE_CONSENT: ("单独同意", "separate consent"),
    ConsentBasis.STATUTORY_DUTY: ("法定职责", "statutory duty"),
}
_KEPT = {
    "review_days": (
        "待人工查看的画面（最后一个疑点处理后）",
        "pictures kept for a look, after the last flag is judged",
    ),
    "replaced_days": ("已替换的登记照片", "enrolled photos that were replaced"),
    "capture_days": ("认证画面的特征和指纹", "features and fingerprints of pictures of checks"),
    "fact_days": ("分数、结论和凭证", "scores, verdicts and certificates"),
    "import_days": ("导入记录", "records of imports"),
}
"""Terms of RetentionPolicy that an authority asks about; the whole table is docs/compliance/retention.md."""


def _standing(wiring: Wiring) -> tuple[FaceCount, list[Reached], dict[str, int], int]:
    """A fresh count, what was reached, grounds by kind, and people without one."""
    count = wiring.count_faces.run()
    with wiring.store.reading() as unit:
        return count, unit.face_counts.reached(), unit.face_counts.grounds(), unit.face_counts.without_ground()


@compliance.command("status")
def show_status(as_json: JsonFlag = False) -> None:
    """Count the stored faces now, and say what that asks for."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        count, reached, grounds, without = _standing(wiring)
        zh, en = DUTY_TEXTS[duty(count.people)]
        voice.say(
            f"[bold]{count.people:,}[/] 人 people   {count.usable:,} 可比对 usable   {count.photos:,} 照片 photos"
        )
        voice.say(f"{zh}\n{en}")
        for one in reached:
            voice.say(f"  {one.threshold:,}: {legal_date(one.at)} ({one.people:,})")
        until = file_by(reached)
        if until:
            voice.say(
                f"  备案截止 file by: [bold]{until}[/] (周一至周五，请核对节假日 Mondays to Fridays; check holidays)"
            )
        if without:
            voice.say(f"[red]✗[/] {without:,} 人没有登记处理依据 people have no recorded ground")
        unset = [name for name in ("agency_name", "agency_contact") if not getattr(wiring.settings, name)]
        for name in unset:
            voice.say(
                f"[yellow]–[/] AUTH_SERVICE_{name.upper()} 未设置 is not set: the consent texts show a placeholder"
            )
        voice.result(
            {
                **_numbers(count, reached, grounds, without),
                "duty": duty(count.people).value,
                "texts": {"zh": zh, "en": en},
                "unset": unset,
            }
        )
        wiring.store.close()


def _numbers(count: FaceCount, reached: list[Reached], grounds: dict[str, int], without: int) -> dict[str, Any]:
    until = file_by(reached)
    return {
        "people": count.people,
        "usable": count.usable,
        "photos": count.photos,
        "thresholds": {
            str(threshold): next((one.at.isoformat() for one in reached if one.threshold == threshold), None)
            for threshold in THRESHOLDS
        },
        "file_by": until.isoformat() if until else None,
        "grounds": grounds,
        "without_ground": without,
    }


@compliance.command("filing-pack")
def filing_pack(
    out: Annotated[Path, typer.Argument(help="a new folder")],
    as_json: JsonFlag = False,
) -> None:
    """Write what the filing at 100,000 people needs: numbers, purposes, measures, terms, drafts. Nobody's data."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        count, reached, grounds, without = _standing(wiring)
        numbers = {**_numbers(count, reached, grounds, without), **_deployment(wiring)}
        words = {language: _words(wiring, numbers, place) for place, language in enumerate(LANGUAGES)}
        texts = [wiring.shown_text(kind, "current", language) for kind in KINDS for language in LANGUAGES]
        names = write_filing_pack(out, numbers, words, texts)
        voice.say(f"[green]✓[/] {out}: {', '.join(names)}")
        voice.say("请填写【】处，由负责人签署后提交。 Fill in the brackets; the person responsible signs.")
        voice.result({"folder": str(out), "files": names, **numbers})
        wiring.store.close()


def _deployment(wiring: Wiring) -> dict[str, Any]:
    calibration = wiring.calibration
    policy = wiring.settings.retention
    return {
        "made_on": legal_date(wiring.clock.now()).isoformat(),
        "engine": wiring.settings.engine,
        "calibration": calibration.label if calibration else None,
        "retention_days": {field.name: getattr(policy, field.name) for field in fields(RetentionPolicy)},
        "staff": sum(not member.disabled for member in wiring.keep_staff.all()),
        "api_keys": sum(not key.disabled for key in wiring.keep_api_keys.all()),
        "audit_rows": wiring.store.queries.operations().audit_rows,
    }


def _words(wiring: Wiring, numbers: dict[str, Any], place: int) -> dict[str, str]:
    """What the forms say in the language at this place of LANGUAGES."""
    language, settings = LANGUAGES[place], wiring.settings
    days, none = (" 天", "无") if place == 0 else (" days", "none")
    told = {name: f"{number:,}" for name, number in numbers.items() if isinstance(number, int)}
    grounds = [f"- {_BASIS[ConsentBasis(basis)][place]}: {people:,}" for basis, people in numbers["grounds"].items()]
    terms = [f"  - {_KEPT[name][place]}: {numbers['retention_days'][name]}{days}" for name in _KEPT]
    reached = numbers["thresholds"][str(THRESHOLDS[-1])]
    return {
        **told,
        "agency": settings.agency_name or UNNAMED[language],
        "contact": settings.agency_contact or NO_CONTACT[language],
        "made_on": numbers["made_on"],
        "engine": numbers["engine"],
        "calibration": numbers["calibration"] or none,
        "scan": settings.duplicates.ground.strip() or ("不进行", "not done")[place],
        "grounds": "\n".join(grounds) or f"- {none}",
        "retention": "\n".join(terms),
        "reached_on": reached[:10] if reached else none,
        "file_by": numbers["file_by"] or none,
        "keyring": ("密钥库", "the key store")[place],
    }


@compliance.command("consent-text")
def consent_text(
    version: Annotated[str, typer.Option(help="version of the text, or `current`")] = "current",
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    kind: Annotated[str, typer.Option(help="consent or notice")] = "consent",
    as_json: JsonFlag = False,
) -> None:
    """Print the consent text or the notice as people are shown it, with its digest."""
    with speaking(as_json=as_json) as voice:
        text = Wiring(load_settings()).shown_text(kind, version, lang)
        voice.plain(text.text)
        voice.plain(f"sha256 {text.sha256}  ({text.kind} {text.version} {text.language})")
        voice.result(
            {
                "kind": text.kind,
                "version": text.version,
                "language": text.language,
                "text": text.text,
                "sha256": text.sha256,
                "released_sha256": text.released_sha256,
            }
        )
