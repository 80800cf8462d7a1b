"""Lines of statements and refusals in plain words, for whoever is paid, whoever pays and whoever decides."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """Why a line counts as it does."""

    BEFORE_END = "before_end"
    AFTER_END = "after_end"
    PERHAPS_AFTER_END = "perhaps_after_end"
    CAME_BACK = "came_back"
    DUE_AGAIN = "due_again"
    ALREADY_ASKED = "already_asked"
    WITHHELD = "withheld"
    NOT_ARRIVED = "not_arrived"
    NO_ROW = "no_row"
    NOT_KNOWN = "not_known"
    PAID = "paid"
    PROMISED = "promised"
    EXCLUDED = "excluded"


WHY_WORDS: dict[Why, tuple[str, str]] = {
    Why.BEFORE_END: ("当月仍应发放，不计入。", "The month was still due in full; not counted."),
    Why.AFTER_END: ("当月不再应发，计入。", "Nothing was due for this month any more; counted."),
    Why.PERHAPS_AFTER_END: (
        "日期尚未确定，当月是否应发待核实；核实前不要求退还。",
        "The date is not sure yet, so this month may have been due. Nothing is asked back before it is.",
    ),
    Why.CAME_BACK: ("款项已退回或冲销，不计入。", "This payment came back or was reversed; not counted."),
    Why.DUE_AGAIN: ("当月已恢复应发，不计入。", "The month was due again; not counted."),
    Why.ALREADY_ASKED: ("此前已列入追缴，不重复计入。", "This payment was asked back before; not counted again."),
    Why.WITHHELD: ("当月曾缓发，应予补发。", "The month was withheld; it is paid in arrears."),
    Why.NOT_ARRIVED: ("款项被银行退回、未到账，应予补发。", "The bank gave this payment back; it is paid in arrears."),
    Why.NO_ROW: (
        "当月没有发放记录，暂按台账月待遇计算，须由发放机构核对。",
        "There is no payment row for this month: the ledger's monthly amount, until the paying agency confirms it.",
    ),
    Why.NOT_KNOWN: (
        "当月没有发放记录，台账也没有月待遇，金额待核实。",
        "There is neither a payment row nor a monthly amount for this month; the sum is still to be found.",
    ),
    Why.PAID: ("当月已发放。", "The month has been paid."),
    Why.PROMISED: ("此前已批准补发，不重复计入。", "Arrears for this were approved before; not counted again."),
    Why.EXCLUDED: ("服刑期间，按规定不补发。", "A prison sentence was served; by law nothing is paid for it."),
}
"""zh, en. source: domain.md section 7; kind wording of section 13"""


def why(reason: Why, language: str) -> str:
    zh, en = WHY_WORDS[reason]
    return zh if language == "zh" else en
