"""`auth-service duplicates`: one face under several identities, and twins who are two people after all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from auth_service.beneficiaries.kin import KinAct, Relation
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, minute, speaking
from auth_service.flows.find_duplicates import DuplicateReport
from auth_service.settings import load_settings
from auth_service.storage.unit import StoredKin
from auth_service.wiring import Wiring

duplicates = typer.Typer(no_args_is_help=True, help="One face under several identities: for fund supervision alone.")
twins = typer.Typer(no_args_is_help=True, help="People who are alike by birth; a scan passes them over.")
duplicates.add_typer(twins, name="twins")

_ACTS = {
    KinAct.DECLARED: ("已声明，待第二人确认", "declared, waits for a second person"),
    KinAct.CONFIRMED: ("已确认，核对时跳过", "confirmed, passed over"),
    KinAct.WITHDRAWN: ("已撤回", "withdrawn"),
}
One = Annotated[str, typer.Argument(help="ID number, or the ledger's key of the person")]
Other = Annotated[str, typer.Argument(help="the other one, likewise")]
Reason = Annotated[str, typer.Option("--reason", help="which papers were seen; no ID numbers")]
By = Annotated[str, typer.Option("--by", help="staff account that does it; their password is asked for")]


@duplicates.command("sweep")
def sweep_command(as_json: JsonFlag = False) -> None:
    """Hold every enrolled face against every other and raise flags (I03) about the pairs least likely by chance. It may
    be stopped at any moment and run again; nobody's benefit changes. There is no way to ask about a face at hand."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with wiring.store.reading() as unit:
            people = unit.face_scans.count(wiring.identity, wiring.clock.now())
        with voice.progress("faces", people) as advance:
            report = wiring.find_duplicates.run("cli", advance)
        _tell(voice, report)
        voice.result(asdict(report))


@twins.command("declare")
def declare_command(
    one: One,
    other: Other,
    reason: Reason,
    by: By,
    relation: Annotated[Relation, typer.Option("--relation", help="what they are to each other")] = Relation.TWIN,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Say that two people are twins or siblings. It exempts them from nothing before a second person confirms it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.declare_kin.declare((one, other), relation, reason, member)
        _tell_kin(wiring, voice, found)


@twins.command("confirm")
def confirm_command(
    one: One, other: Other, reason: Reason, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False
) -> None:
    """Confirm a declaration as the second person. From here on a scan passes the pair over; flags that stand stay."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.declare_kin.confirm((one, other), reason, member)
        _tell_kin(wiring, voice, found)


@twins.command("withdraw")
def withdraw_command(
    one: One, other: Other, reason: Reason, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False
) -> None:
    """Take a declaration back, confirmed or not; one person is enough. The next scan looks at the pair again."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            found = wiring.declare_kin.withdraw((one, other), reason, member)
        _tell_kin(wiring, voice, found)


@twins.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """Every pair that was declared, the newest act first, by the ledger's keys."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        found = wiring.declare_kin.all()
        told = [{**one, "reason": reason} for one, (_, reason) in zip(
            _documents(wiring, [stored for stored, _ in found]), found, strict=True)]  # fmt: skip
        columns = ("first", "second", "relation", "act", "exempt", "declared_by", "done_by", "done_at", "reason")
        voice.table("Declared", columns, [tuple(str(one[name]) for name in columns) for one in told])
        voice.result({"declared": told})


def _tell(voice: Voice, report: DuplicateReport) -> None:
    voice.both(
        f"{report.people:,} 人两两核对，共 {report.pairs:,} 对；达到匹配线 {report.reached:,} 对"
        f"（按所用阈值，纯属巧合的最多可达约 {report.by_chance:,.0f} 对）；"
        f"新增疑点 {report.raised}，待查看 {report.waiting}（上限 {report.queue}）；"
        f"跳过已声明的双胞胎或兄弟姐妹 {report.passed_over} 对。",
        f"{report.people:,} people against each other, {report.pairs:,} pairs: {report.reached:,} reach the threshold "
        f"of a match (by chance alone it may be up to {report.by_chance:,.0f}); {report.raised} flags raised, "
        f"{report.waiting} wait for a look (at most {report.queue}); {report.passed_over} declared pairs passed over.",
    )
    if not report.own:
        voice.both(
            "[yellow]所用阈值是随软件提供的，不是在本地人群上测得：误报可能多出许多倍（见 docs/accuracy.md）。[/]",
            "[yellow]The threshold came with the service and was not measured on your people[/]: many times more pairs "
            "may be chance (docs/accuracy.md).",
        )


def _tell_kin(wiring: Wiring, voice: Voice, found: StoredKin) -> None:
    zh, en = _ACTS[found.act]
    (told,) = _documents(wiring, [found])
    voice.both(f"{told['first']} 与 {told['second']}：{zh}", f"{told['first']} and {told['second']}: {en}")
    voice.result(told)


def _documents(wiring: Wiring, found: list[StoredKin]) -> list[dict[str, Any]]:
    """By the ledger's keys; a declaration that was written by hand exempts nobody and says so."""
    names = {member.id: member.username for member in wiring.keep_staff.all()}
    with wiring.store.reading() as unit:
        keys = unit.own_people.ledger_keys(sorted({one for kin in found for one in (kin.first, kin.second)}))
    return [
        {
            "first": keys.get(one.first, one.first),
            "second": keys.get(one.second, one.second),
            "relation": one.relation.value,
            "act": one.act.value,
            "exempt": one.exempt,
            "genuine": one.genuine,
            "declared_by": names.get(one.declared_by, one.declared_by),
            "done_by": names.get(one.done_by, one.done_by),
            "done_at": minute(one.done_at),
        }
        for one in found
    ]
