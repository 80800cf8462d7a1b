"""`auth-service rules`: rules that look through what is stored: run, rehearsed, set by two people, and measured."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from auth_service.beneficiaries.dates import parse_date
from auth_service.cli.rule_words import ADVICE_WORDS, STATE_WORDS, card_of, setting_of, standing_of
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.clock import legal_date
from auth_service.core.errors import NotFound, RuleParameterInvalid
from auth_service.flows.keep_rules import RuleWish
from auth_service.flows.run_rules import RunReport
from auth_service.flows.see_scorecards import WINDOW_DAYS, RuleCard
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.monitoring.parameters import RuleState, parameters_of
from auth_service.monitoring.rules import RULES, SWEPT
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

rules = typer.Typer(no_args_is_help=True, help="Rules of fund supervision: run, rehearsed, set by two, measured.")

RuleId = Annotated[str, typer.Argument(help="rule, such as P04; `rules list` names them")]
By = Annotated[str, typer.Option("--by", help="staff account that does it")]
Parameters = Annotated[list[str] | None, typer.Option("--parameter", help="name=value; may be given several times")]
_SHOWN = 20
"""Regions that are printed; all of them stand in --json."""


@rules.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """Every rule that looks through what is stored: its state, and when it last ran. The others are always in force."""
    with speaking(as_json=as_json) as voice:
        found = [standing_of(one) for one in Wiring(load_settings()).keep_rules.standings()]
        columns = ("rule", "title", "state", "facts", "raised", "ran_at")
        rows = [
            (
                one["rule"], one["title_en"], one["state"], *(str(one["run"].get(name, "")) for name in columns[3:5]),
                one["run"].get("began_at", ""),
            )
            for one in found
        ]  # fmt: skip
        voice.table("Rules", columns, rows)
        others = sorted(set(RULES) - {rule.rule_id for rule in SWEPT})
        voice.both(f"办理当场触发、始终有效：{' '.join(others)}", f"Raised where facts arise: {' '.join(others)}")
        voice.result({"rules": found, "always_in_force": others})


@rules.command("show")
def show_command(rule: RuleId, as_json: JsonFlag = False) -> None:
    """What one rule means, its parameters, and every setting that was proposed for it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        settings = [setting_of(one) for one in wiring.keep_rules.of(rule)]
        one = next(found for found in wiring.keep_rules.standings() if found.rule_id == rule)
        words = RULES[rule].words
        voice.both(f"{rule} {words.title_zh}：{words.meaning_zh}", f"{rule} {words.title_en}. {words.meaning_en}")
        own = parameters_of(next(swept for swept in SWEPT if swept.rule_id == rule))
        here = own if one.terms is None else parameters_of(one.terms.rule)
        voice.table("Parameters", ("name", "own", "now"), [(n, str(v), str(here[n])) for n, v in own.items()])
        columns = ("setting", "state", "severity", "parameters", "starts_on", "reason")
        voice.table("Settings", columns, [tuple(str(setting[name]) for name in columns) for setting in settings])
        voice.result({**standing_of(one), "parameters": here, "own_parameters": own, "settings": settings})


@rules.command("run")
def run_command(
    which: Annotated[list[str] | None, typer.Argument(help="rules; all of them when none is named")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Look through what is stored now. It may be stopped at any moment and run again; nobody's payment changes.
    Exit 1 when a rule could not run."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with voice.progress("rules", None) as advance:
            report = wiring.run_rules.run(which or (), "cli", advance)
        _tell_run(voice, report)
        ran = [
            {"rule": o.rule_id, "state": o.state.value, "facts": o.facts, "raised": o.raised, "cut": o.cut}
            for o in report.ran
        ]
        voice.result({"ran": ran, "failed": {code: list(of) for code, of in report.failed.items()}})
        if report.failed:
            raise typer.Exit(1)


@rules.command("rehearse")
def rehearse_command(rule: RuleId, parameter: Parameters = None, as_json: JsonFlag = False) -> None:
    """Say what a rule would find today with these parameters, by region and guarded tag; nothing is kept."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with voice.progress("rehearsal", None) as advance:
            found = wiring.rehearse_rule.run(rule, _parameters(parameter), advance)
        voice.both(
            f"{rule}：查看 {found.facts:,} 条，会发现 {found.found:,} 条疑点，涉及 {len(found.people):,} 人；"
            f"其中 {found.standing:,} 条以前已提出",
            f"{rule}: {found.facts:,} rows looked at, {found.found:,} would be found about {len(found.people):,}"
            f" people; {found.standing:,} of them stand already",
        )
        for title, counts in (("By region", found.by_region), ("By guarded tag, people", found.by_tag)):
            order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            voice.table(title, ("", "found"), [(name, f"{count:,}") for name, count in order[:_SHOWN]])
        voice.result(found.document())


@rules.command("propose")
def propose_command(
    rule: RuleId,
    state: Annotated[RuleState, typer.Option("--state", help="what becomes of what it finds")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="why, in a few words; no names")],
    severity: Annotated[Severity | None, typer.Option("--severity", help="in place of the rule's own")] = None,
    parameter: Parameters = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Propose how a rule runs, for a second person to put in force."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wish = RuleWish(rule, state, reason, severity, _parameters(parameter))
        with signed_in(wiring, by, stdin=password_stdin) as member:
            stored = wiring.keep_rules.propose(wish, member)
        told = f"auth-service rules activate {stored.id} --from YYYY-MM-DD --by WHO"
        voice.both(f"已提议。须由另一人启用：{told}", f"Proposed. Another person activates it: {told}")
        voice.result(setting_of(stored))


@rules.command("activate")
def activate_command(
    setting: Annotated[str, typer.Argument(help="setting, as `rules show` names it")],
    by: Annotated[str, typer.Option("--by", help="staff account that activates; not the one that proposed")],
    starts_on: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD; today when left out")] = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a proposed setting in force from a day on. The next run goes by it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        first: date = parse_date(starts_on, "from") if starts_on else legal_date(wiring.clock.now())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            stored = wiring.keep_rules.activate(setting, first, member)
        zh, en = STATE_WORDS[stored.setting.state]
        rule = stored.setting.rule_id
        voice.both(f"[bold green]{rule} 自 {first} 起：{zh}。[/]", f"[bold green]{rule} from {first} on: {en}.[/]")
        voice.result(setting_of(stored))


@rules.command("scorecard")
def scorecard_command(
    rule: Annotated[str, typer.Argument(help="one rule; all of them when left out")] = "",
    days: Annotated[int, typer.Option("--days", help="of what was raised within so many days")] = WINDOW_DAYS,
    as_json: JsonFlag = False,
) -> None:
    """How often each rule was right, and what that advises. Nothing changes by it: a person proposes a setting."""
    with speaking(as_json=as_json) as voice:
        if rule and rule not in RULES:
            raise NotFound(f"no rule {rule}", field="rule")
        found = Wiring(load_settings()).see_scorecards.run(days)
        cards = [one for one in found.cards if rule in {"", one.rule_id}]
        columns = ("rule", "state", "raised", "judged", "needs check", "false", "open", "precision", "days")
        voice.table(f"Scorecards, {days} days", columns, [_line(one) for one in cards])
        for one in cards:
            if one.advice is not None:
                zh, en = ADVICE_WORDS[one.advice]
                voice.both(f"[yellow]{one.rule_id}：{zh}[/]", f"[yellow]{one.rule_id}: {en}[/]")
        shown = {"since": found.since.isoformat(), "until": found.until.isoformat()}
        voice.result({**shown, "days": days, "rules": [card_of(one) for one in cards]})


@rules.command("sample")
def sample_command(
    rule: RuleId,
    by: By,
    count: Annotated[int, typer.Option("--count", help="how many by lot")] = 20,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Draw by lot what a rule in shadow found and nobody has judged, to measure the rule. Nothing follows from it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.judge_shadow.sample(rule, count, member)
        rows = [(one.id, " ".join(one.flag.person_ids), str(dict(one.flag.evidence))) for one in found]
        voice.table(f"{rule}, in shadow", ("flag", "people", "evidence"), rows)
        told = [
            {"flag": one.id, "people": list(one.flag.person_ids), "severity": one.flag.severity.value,
             "evidence": dict(one.flag.evidence), "raised_at": one.flag.raised_at.isoformat()}
            for one in found
        ]  # fmt: skip
        voice.result({"rule": rule, "sample": told})


@rules.command("judge")
def judge_command(
    flag: Annotated[str, typer.Argument(help="finding, as `rules sample` names it")],
    verdict: Annotated[Verdict, typer.Option("--verdict")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="what was found; kept sealed")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Say of a finding in shadow whether it was right. It counts for the rule alone, once."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            said = wiring.judge_shadow.judge(flag, verdict, reason, member)
        voice.both("已记录。", "Kept.")
        voice.result({"flag": flag, "verdict": said.verdict.value, "judged_at": said.judged_at.isoformat()})


def _parameters(given: list[str] | None) -> dict[str, str]:
    """raises RuleParameterInvalid: not `name=value`, or one name twice"""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise RuleParameterInvalid("name=value, each name once", field=name)
        found[name] = value
    return found


def _tell_run(voice: Voice, report: RunReport) -> None:
    for one in report.ran:
        zh, en = STATE_WORDS[one.state]
        voice.both(
            f"{one.rule_id}（{zh}）：查看 {one.facts:,} 条，新增 {one.raised:,} 条"
            + ("；设置已变，未完，请再运行一次" if one.cut else ""),
            f"{one.rule_id} ({en}): {one.facts:,} rows looked at, {one.raised:,} new"
            + ("; its setting changed meanwhile, run it again" if one.cut else ""),
        )
    for code, of in sorted(report.failed.items()):
        voice.both(f"[red]未能运行（{code}）：{' '.join(of)}[/]", f"[red]could not run ({code}): {' '.join(of)}[/]")


def _line(one: RuleCard) -> tuple[str, ...]:
    found: dict[str, Any] = card_of(one)
    share = found["precision"]
    told = "" if share is None else f"{share['value']:.0%} ({share['low']:.0%}-{share['high']:.0%})"
    counts = (str(found[name]) for name in ("raised", "judged", "confirmed", "false", "open"))
    days = found["median_days"]
    return (one.rule_id, one.state.value, *counts, told, "" if days is None else f"{days:.1f}")
