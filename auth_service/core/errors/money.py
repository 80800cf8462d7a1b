"""Acts on money that may not be done now, and why."""

from __future__ import annotations

from auth_service.core.errors.requests import RequestRefused


class ActRefused(RequestRefused):
    code = "act_refused"
    zh = "目前不能办理这项操作。"
    en = "This cannot be done now."


class ActDoesNotFollow(ActRefused):
    code = "act_does_not_follow"
    zh = "待遇当前状态下不能办理这项操作；终止前须先暂缓或暂停并核实。"
    en = "This act does not follow from how the benefit stands. Nothing is stopped for good before a hold and a check."


class ContestIsOpen(ActRefused):
    code = "contest_open"
    zh = "本人或家属已提出异议，异议办结前不能再办理减少待遇的事项。"
    en = "Somebody says that this is wrong. Until that is settled, nothing more can be taken away."


class PersonJustSeen(ActRefused):
    code = "person_just_seen"
    zh = "工作人员近期刚见过本人，不能以死亡信息为由办理；请向信息来源核对。"
    en = "A member of staff has just seen this person. Ask the record's source; no act on a death is possible now."


class LateIsNoGround(ActRefused):
    code = "late_is_no_ground"
    zh = "仅因逾期不能暂缓：本地政策没有规定、还在宽限期内、本人已认证、应先上门看望，或本人的认证、申请还在等待处理。"
    en = (
        "Being late is no ground: no policy says so, grace runs, the person passed, is to be visited first, or waits"
        " for staff to see to a capture or a request."
    )


class NotToldYet(ActRefused):
    code = "not_told_yet"
    zh = "本人还没有通过两种方式得到通知，或通知后还没有留够答复的时间；可当面、上门或寄信告知并登记。"
    en = "The person was not told over two ways in time to answer. Staff may tell them by hand and write it down."


class ProposalTooOld(ActRefused):
    code = "proposal_too_old"
    zh = "提出已久，或其后情况有变，请按现在的情况重新提出。"
    en = "Too much time has passed, or the facts have changed since. Please propose it anew."


class OneIsWaiting(ActRefused):
    code = "one_is_waiting"
    zh = "同一事项已有人提出，正在等待复核。"
    en = "The same has been proposed already and waits for a second look."


class MonthNotPossible(ActRefused):
    code = "month_not_possible"
    zh = "所填月份不能办理，请核对。"
    en = "The act cannot begin with this month. Please check it."


class SumNotSure(ActRefused):
    code = "sum_not_sure"
    zh = "日期或金额尚未核实，不能要求退还。"
    en = "The date or a sum is not sure yet, so nothing can be asked back."


class NothingOwed(ActRefused):
    code = "nothing_owed"
    zh = "按发放明细核算，没有需要补发或退还的金额。"
    en = "By the payment rows there is nothing to pay or to ask back."


class NothingHeld(ActRefused):
    code = "nothing_held"
    zh = "待遇正常发放，无需恢复。"
    en = "The benefit is being paid; there is nothing to restore."


class MakerGone(ActRefused):
    code = "maker_gone"
    zh = "提出人的账号已停用，请退回后由他人重新提出。"
    en = "The account of whoever proposed it is disabled. Please return it, and let somebody else propose."


class EvidenceMissing(ActRefused):
    code = "evidence_missing"
    zh = "没有查到本人在此之后的远程认证，请选择其他恢复理由。"
    en = "No remote pass after the act is on record. Please give another ground."
