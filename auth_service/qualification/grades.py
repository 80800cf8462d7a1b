"""What an event in a life is worth as evidence that its person is there: grade, points and words of every kind.

A source is believed no further than it looked at the person: a gate that compared a document is strong, a card that
anybody can carry is weak, a bill that the family can pay is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """source: domain.md section 5"""

    STRONG = "strong"
    """One is enough."""
    WEAK = "weak"
    """Only together with another kind, and only where the policy says so."""
    NONE = "none"
    """Says nothing about the person."""


class EventKind(StrEnum):
    """What happened. source: domain.md section 5; the last four are no evidence but facts about the person's way."""

    FACE_IN_PERSON = "face_in_person"
    FACE_REMOTE = "face_remote"
    ASSISTED = "assisted"
    HOME_VISIT = "home_visit"
    CONSULATE = "consulate"
    OTHER_REGION = "other_region"
    TRAVEL_GATE = "travel_gate"
    HOTEL = "hotel"
    BORDER = "border"
    INPATIENT = "inpatient"
    VACCINATION = "vaccination"
    EXAMINATION = "examination"
    BANK_IN_PERSON = "bank_in_person"
    ID_REISSUE = "id_reissue"
    NOTARY = "notary"
    MARRIAGE = "marriage"
    OUTPATIENT_CARD = "outpatient_card"
    PHARMACY = "pharmacy"
    PHONE_ACTIVE = "phone_active"
    APP_PAYMENT = "app_payment"
    CARD_ATM = "card_atm"
    PREMIUM_PAID = "premium_paid"
    UTILITY_BILL = "utility_bill"
    VISIT_ATTEMPT = "visit_attempt"
    """Somebody went to see the person and did not find them."""
    DATA_OPT_OUT = "data_opt_out"
    """The person wants no data comparison from this day on."""
    DATA_OPT_IN = "data_opt_in"


@dataclass(frozen=True, slots=True)
class Worth:
    """grade and points of a kind; `silent` where the person did nothing for it; words (zh, en) for a reader."""

    grade: Grade
    points: int
    silent: bool
    zh: str
    en: str


def _seen(points: int, zh: str, en: str) -> Worth:
    return Worth(Grade.STRONG, points, silent=False, zh=zh, en=en)


def _strong(zh: str, en: str) -> Worth:
    return Worth(Grade.STRONG, 80, silent=True, zh=zh, en=en)


def _weak(points: int, zh: str, en: str) -> Worth:
    return Worth(Grade.WEAK, points, silent=True, zh=zh, en=en)


def _nothing(zh: str, en: str, *, silent: bool = True) -> Worth:
    return Worth(Grade.NONE, 0, silent=silent, zh=zh, en=en)


WORTH: dict[EventKind, Worth] = {
    EventKind.FACE_IN_PERSON: _seen(100, "现场人脸认证", "a face pass in person"),
    EventKind.FACE_REMOTE: _seen(90, "自助人脸认证", "a face pass by oneself"),
    EventKind.ASSISTED: _seen(100, "工作人员协助认证", "a pass with a member of staff"),
    EventKind.HOME_VISIT: _seen(90, "上门认证", "a visit at home"),
    EventKind.CONSULATE: _seen(100, "驻外使领馆证明", "a consulate's certificate"),
    EventKind.OTHER_REGION: _seen(100, "其他地区经办机构证明", "another region's certificate"),
    EventKind.TRAVEL_GATE: _strong("乘机或乘火车实名核验", "a check of papers at a railway or airport gate"),
    EventKind.HOTEL: _strong("住宿实名登记", "a registration at a hotel"),
    EventKind.BORDER: _strong("出入境", "a border crossing"),
    EventKind.INPATIENT: _strong("住院出院", "a discharge from hospital"),
    EventKind.VACCINATION: _strong("疫苗接种", "a vaccination"),
    EventKind.EXAMINATION: _strong("健康体检", "a health examination"),
    EventKind.BANK_IN_PERSON: _strong("银行网点凭证件办理业务", "business at a bank with papers"),
    EventKind.ID_REISSUE: _strong("办理居民身份证", "a new identity card"),
    EventKind.NOTARY: _strong("公证", "an act before a notary"),
    EventKind.MARRIAGE: _strong("婚姻登记", "a marriage registration"),
    EventKind.OUTPATIENT_CARD: _weak(30, "门诊刷卡", "an outpatient claim by card"),
    EventKind.PHARMACY: _weak(30, "药店刷卡", "a purchase at a pharmacy by card"),
    EventKind.PHONE_ACTIVE: _weak(20, "手机使用", "a telephone in use"),
    EventKind.APP_PAYMENT: _weak(20, "手机支付", "a payment by telephone"),
    EventKind.CARD_ATM: _weak(20, "自动柜员机取款", "a withdrawal at a machine"),
    EventKind.PREMIUM_PAID: _nothing("缴纳医疗保险费", "a premium paid"),
    EventKind.UTILITY_BILL: _nothing("缴纳水电费", "a bill paid"),
    EventKind.VISIT_ATTEMPT: _nothing("上门未遇", "a visit that found nobody in", silent=False),
    EventKind.DATA_OPT_OUT: _nothing("本人选择不做数据比对", "a wish for no data comparison", silent=False),
    EventKind.DATA_OPT_IN: _nothing("本人同意数据比对", "a wish for data comparison", silent=False),
}
"""source: grades and points of domain.md section 5; a certificate of a consulate or of another region stands as its
first row does: person, document and officer."""

EVENT_WORDS: dict[str, EventKind] = {
    **{kind.value: kind for kind in EventKind},
    **{worth.zh: kind for kind, worth in WORTH.items()},
    **dict.fromkeys(("乘机", "乘火车", "民航", "铁路"), EventKind.TRAVEL_GATE),
    **dict.fromkeys(("住宿", "酒店"), EventKind.HOTEL),
    **dict.fromkeys(("住院", "出院"), EventKind.INPATIENT),
    **dict.fromkeys(("接种疫苗", "接种"), EventKind.VACCINATION),
    **dict.fromkeys(("体检",), EventKind.EXAMINATION),
    **dict.fromkeys(("银行网点", "柜面业务"), EventKind.BANK_IN_PERSON),
    **dict.fromkeys(("换领身份证", "身份证换领"), EventKind.ID_REISSUE),
    **dict.fromkeys(("结婚登记",), EventKind.MARRIAGE),
    **dict.fromkeys(("门诊",), EventKind.OUTPATIENT_CARD),
    **dict.fromkeys(("药店", "购药"), EventKind.PHARMACY),
    **dict.fromkeys(("使领馆", "领事馆", "驻外使领馆"), EventKind.CONSULATE),
    **dict.fromkeys(("异地认证", "外地证明"), EventKind.OTHER_REGION),
    **dict.fromkeys(("上门",), EventKind.HOME_VISIT),
}
"""Words of a file -> kind."""

IMPORTED = frozenset(
    kind
    for kind, worth in WORTH.items()
    if worth.silent
    or kind in {EventKind.CONSULATE, EventKind.OTHER_REGION, EventKind.HOME_VISIT, EventKind.VISIT_ATTEMPT}
)
"""What a file may bring. Face passes are made here and nowhere else, and what a person wishes they say themselves."""
