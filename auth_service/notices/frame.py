"""What stands around the words of a notice: benefits by name, who passes it on, that it costs nothing, what to do."""

from __future__ import annotations

from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind


class Ways(StrEnum):
    """Which list of things to do stands in a letter."""

    CONFIRM = "confirm"
    SPEAK_UP = "speak_up"
    NOTHING = "nothing"


BENEFITS: dict[BenefitKind, tuple[str, str]] = {
    BenefitKind.RESIDENT_PENSION: ("居民养老金", "residents' pension"),
    BenefitKind.EMPLOYEE_PENSION: ("职工养老金", "employees' pension"),
    BenefitKind.PUBLIC_BODY_PENSION: ("机关事业养老金", "public-body pension"),
    BenefitKind.WORK_INJURY: ("工伤待遇", "work injury benefit"),
    BenefitKind.SURVIVOR: ("遗属待遇", "survivor's benefit"),
    BenefitKind.UNEMPLOYMENT: ("失业金", "unemployment benefit"),
}
ANY_BENEFIT = ("待遇", "benefit")
HELPER = (
    "{name}登记您为联系人，请转告：",
    "You are the contact of {name}. Please pass this on: ",
)
FREE = ("不收费，无链接。", "No fee, no links.")
"""At the end of every SMS: whoever gets another kind of message knows that it is not ours."""
FREE_LETTER = (
    "办理这些事都不收费，我们不会让您先交钱。",
    "All of this is free, and we never ask you to pay something first.",
)
WAYS: dict[Ways, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Ways.CONFIRM: (
        ("到任何一个经办窗口，或银行、村（社区）的自助机；", "打电话 {call}，请人上门；", "用手机办{site}。"),
        ("at any counter, or a terminal at a bank or in the village;", "call {call} and ask for a visit;",
         "with a telephone{site}."),
    ),
    Ways.SPEAK_UP: (
        ("打电话 {call}；", "到任何一个经办窗口，见到您本人，当场就办；", "请家人或村（社区）工作人员替您说一声。"),
        ("call {call};", "come to any counter: once we have seen you, it is done there and then;",
         "or let family, or whoever helps in the village, say it for you."),
    ),
    Ways.NOTHING: ((), ()),
}  # fmt: skip
