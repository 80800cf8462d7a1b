"""What commands say of rules, and the same as JSON."""

from __future__ import annotations

from typing import Any

from auth_service.flows.keep_rules import RuleStanding
from auth_service.flows.see_scorecards import RuleCard
from auth_service.monitoring.parameters import RuleState
from auth_service.monitoring.rules import RULES
from auth_service.monitoring.scorecard import Advice
from auth_service.storage.unit import RuleRun, StoredSetting

STATE_WORDS: dict[RuleState, tuple[str, str]] = {
    RuleState.SHADOW: ("试运行，只计数", "in shadow: only counted"),
    RuleState.IN_FORCE: ("生效", "in force"),
    RuleState.OFF: ("停用", "switched off"),
}
ADVICE_WORDS: dict[Advice, tuple[str, str]] = {
    Advice.LOWER: ("多数疑点无需核查，建议降低等级", "few of its flags needed a check: propose a milder severity"),
    Advice.SHADOW: ("几乎没有疑点需要核查，建议转为试运行", "hardly any flag needed a check: propose shadow"),
    Advice.IN_FORCE: ("抽样足够准确，可提议生效", "its sample was right often enough: it may be proposed for force"),
}
_TAMPERED = "tampered"


def standing_of(one: RuleStanding) -> dict[str, Any]:
    """A rule as it stands. run: empty where it never ran"""
    words, terms = RULES[one.rule_id].words, one.terms
    severity = RULES[one.rule_id].severity if terms is None or terms.severity is None else terms.severity
    return {
        "rule": one.rule_id,
        "version": RULES[one.rule_id].version,
        "title_zh": words.title_zh,
        "title_en": words.title_en,
        "state": _TAMPERED if terms is None else terms.state.value,
        "severity": severity.value,
        "setting": None if terms is None else terms.setting_id,
        "run": {} if one.newest_run is None else _run_of(one.newest_run),
    }


def setting_of(one: StoredSetting) -> dict[str, Any]:
    setting = one.setting
    return {
        "setting": one.id,
        "rule": setting.rule_id,
        "version": setting.rule_version,
        "state": setting.state.value,
        "severity": None if setting.severity is None else setting.severity.value,
        "parameters": dict(setting.parameters),
        "reason": setting.reason,
        "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at.isoformat(),
        "activated_by": one.activated_by,
        "starts_on": [str(day) for day in one.starts_on],
    }


def card_of(one: RuleCard) -> dict[str, Any]:
    card, share = one.card, one.card.precision
    return {
        "rule": one.rule_id,
        "state": one.state.value,
        "severity": one.severity.value,
        "raised": card.raised,
        "judged": card.judged,
        "confirmed": card.confirmed,
        "false": card.false,
        "open": card.open,
        "precision": None if share is None else {"value": share.value, "low": share.low, "high": share.high},
        "median_days": card.median_days,
        "advice": None if one.advice is None else one.advice.value,
        "fixed": one.fixed,
    }


def _run_of(run: RuleRun) -> dict[str, Any]:
    return {
        "state": run.state.value,
        "facts": run.facts,
        "raised": run.raised,
        "began_at": run.began_at.isoformat(),
        "finished_at": None if run.finished_at is None else run.finished_at.isoformat(),
    }
