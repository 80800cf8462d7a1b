"""A status in words, for the person it is about and for those who help them: what it is, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

from auth_service.qualification.grades import WORTH
from auth_service.qualification.status import LifeState, Reason, Why

STATE_TEXTS: dict[LifeState, tuple[str, str]] = {
    LifeState.NORMAL: ("正常", "Normal"),
    LifeState.DUE_SOON: ("即将到期", "Due soon"),
    LifeState.OVERDUE: ("逾期未认证", "Overdue"),
    LifeState.HELD: ("待核实，暂缓发放", "Being checked, payment on hold"),
    LifeState.SUSPENDED: ("暂停发放", "Suspended"),
    LifeState.TERMINATED: ("停发", "Ended"),
}
"""State -> (zh, en). source: glossary of domain.md section 13"""

_ASK_ZH = "请完成认证：可自助、到窗口或预约上门"
_ASK_EN = "please verify: by yourself, at a counter or at a visit at home"
_HELP_ZH, _HELP_EN = "如有疑问或情况有误，请随时联系我们", "please tell us at any time if something is not right"

WHY_TEXTS: dict[Why, tuple[str, str]] = {
    Why.PASSED: ("{on}已认证（{kind_zh}）", "Verified on {on} ({kind_en})"),
    Why.PASSED_BY_DATA: (
        "{on}的记录（{kind_zh}）已确认资格，您不必为此办理",
        "A record of {on} ({kind_en}) confirmed you without your doing anything",
    ),
    Why.FIRST_CYCLE: (
        "首个认证周期自{on}起计算，期满前不受影响",
        "The first period is counted from {on}; nothing changes before it ends",
    ),
    Why.TAKEN_BACK: (
        f"数据来源更正了{{on}}的记录（{{kind_zh}}）；已另留时间，{_ASK_ZH}",
        f"The record of {{on}} ({{kind_en}}) was corrected by its source; you have time: {_ASK_EN}",
    ),
    Why.EXTENDED: (
        "认证服务有{days}天不能使用，到期日已自动顺延到{on}",
        "The service could not be used on {days} days; your due date has moved to {on} by itself",
    ),
    Why.DUE_SOON: (
        f"还有{{days}}天到期（{{on}}），{_ASK_ZH}",
        f"{{days}} days to the due date ({{on}}); {_ASK_EN}",
    ),
    Why.OVERDUE: (
        f"到期日{{on}}已过{{days}}天；待遇不会自动停发，{_ASK_ZH}",
        f"The due date {{on}} was {{days}} days ago; no payment stops by itself, {_ASK_EN}",
    ),
    Why.IN_GRACE: (
        "宽限期到{on}，此前不会有任何变化",
        "There is time until {on}; nothing changes before",
    ),
    Why.GUARDED: (
        "属于重点照顾对象：工作人员上门联系之前不会提出暂缓发放",
        "Specially cared for: nobody proposes a hold before a member of staff has come to see you",
    ),
    Why.CONTESTED: (
        "您的异议正在处理，在此期间不会作出不利的决定",
        "Your objection is being looked at; nothing is decided against you meanwhile",
    ),
    Why.SEEN_SELDOM: (
        "近几个周期都由数据确认；方便时请自助认证一次，或由我们上门看望，待遇不受影响",
        "Data alone has confirmed you for long; when it suits, verify once or let us visit. Nothing changes meanwhile",
    ),
    Why.WANTS_NO_DATA: (
        f"按您的意愿不做数据比对，可随时改回；{_ASK_ZH}",
        f"By your wish no data is compared; you can change this at any time. Meanwhile {_ASK_EN}",
    ),
    Why.HELD: (
        f"自{{on}}起信息待核实，发放暂缓；核实后一次补发。{_HELP_ZH}",
        f"On hold from {{on}} while something is checked; what is due is paid afterwards. {_HELP_EN}",
    ),
    Why.SUSPENDED: (f"自{{on}}起暂停发放。{_HELP_ZH}", f"Suspended from {{on}}. {_HELP_EN}"),
    Why.TERMINATED: (f"自{{on}}起停发。{_HELP_ZH}", f"Ended from {{on}}. {_HELP_EN}"),
    Why.RESUMED: ("自{on}起恢复发放", "Paid again from {on}"),
    Why.RESTORE_FIRST: (
        "{on}已认证，恢复发放优先办理，不需再跑一趟",
        "Verified on {on}; giving the payment back comes first, and you need not come again",
    ),
}
"""Why -> (zh, en), with what the reason is about put in."""

_BY_DATA = ("数据核对", "a comparison of data")
_NOBODY_ELSES = frozenset({Why.GUARDED})
"""That somebody is poor, disabled or bedridden."""


def said(reason: Reason, *, in_full: bool = True) -> tuple[str, str]:
    """One reason in words, (zh, en). in_full False: a record by which data confirmed is not named"""
    zh, en = WHY_TEXTS[reason.why]
    worth = WORTH[reason.kind] if reason.kind is not None else None
    kind_zh, kind_en = (worth.zh, worth.en) if worth else ("", "")
    if worth is not None and worth.silent and not in_full:
        kind_zh, kind_en = _BY_DATA
    words = {
        "on": str(reason.on or ""),
        "days": str(reason.days if reason.days is not None else ""),
        "kind_zh": kind_zh,
        "kind_en": kind_en,
    }
    return zh.format(**words), en.format(**words)


def said_over_a_telephone(reasons: Iterable[Reason]) -> tuple[tuple[str, str], ...]:
    """What whoever holds the telephone may read: a telephone is shared, and says nothing of hospitals, hotels and
    marriages, nor of whom a policy guards."""
    return tuple(said(one, in_full=False) for one in reasons if one.why not in _NOBODY_ELSES)
