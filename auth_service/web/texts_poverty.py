"""Texts of the poverty ledger's page and files: key -> (zh, en). A list is a reason to help somebody, and no more."""

from __future__ import annotations

from auth_service.crosscheck.poverty import LISTS, OUTCOME_WORDS
from auth_service.crosscheck.sources import KIND_WORDS

POVERTY_TEXTS: dict[str, tuple[str, str]] = {
    "poverty.title": ("扶贫台账", "Poverty ledger"),
    "poverty.lead": (
        "每月把参保名单与扶贫、民政、残联名单比对一次。这里只有人数；名单不改变任何人的待遇。",
        (
            "Each month the insured are compared with the lists of the poverty office, civil affairs and the disabled"
            " federation. Numbers only; no list moves anybody’s benefit."
        ),
    ),
    "poverty.month": ("月份", "Month"),
    "poverty.version": ("{month}（第 {version} 版，{when}）", "{month} (version {version}, {when})"),
    "poverty.kind": ("名单", "List"),
    "poverty.kind.any": ("全部名单", "All lists"),
    **{f"poverty.kind.{kind.value}": KIND_WORDS[kind] for kind in LISTS},
    **{f"poverty.{outcome.value}": words for outcome, words in OUTCOME_WORDS.items()},
    "poverty.insured": ("参保人数", "insured"),
    "poverty.joined": ("本月新参保", "insured since last month"),
    "poverty.reached_60": ("在名单且满 60 周岁", "on a list and 60"),
    "poverty.not_drawing": ("满 60 周岁未领待遇", "60 and drawing nothing"),
    "poverty.carried": ("名单未到，沿用上月", "no list came: as last month"),
    "poverty.premium": ("{year} 年政府代缴", "premium of {year} paid by the government"),
    "poverty.place": ("地区", "Place"),
    "poverty.places": ("各地区", "By place"),
    "poverty.elsewhere": ("未注明地区", "no place given"),
    "poverty.back": ("返回上一级", "Back to the level above"),
    "poverty.chart": ("各月变化", "Month by month"),
    "poverty.chart.words": (
        "{first} 至 {last}，{place}：每条线旁写明名称，数字见下表。",
        "{first} to {last}, {place}: each line bears its name, the numbers stand in the table below.",
    ),
    "poverty.everywhere": ("全部地区", "all places"),
    "poverty.export": ("导出本村（镇）名单 CSV", "Export this village’s (town’s) list as CSV"),
    "poverty.export.next": (
        "导出会记入审计。名单只供该村（镇）使用；未参保人员的姓名保存 30 天。",
        (
            "The export stands in the audit trail. The list is for this village or town alone; names of people who are"
            " not insured are kept for 30 days."
        ),
    ),
    "poverty.empty": ("还没有比对过的月份。", "No month has been compared yet."),
    "poverty.empty.next": (
        "数据管理员导入名单后运行 auth-service poverty month。",
        "A data steward imports the lists and runs auth-service poverty month.",
    ),
    "poverty.csv.outcome": ("结果", "outcome"),
    "poverty.csv.list": ("名单", "list"),
    "poverty.csv.key": ("人员编号", "person_key"),
    "poverty.csv.name": ("姓名", "name"),
    "poverty.csv.number": ("证件号码（遮盖）", "id_number (masked)"),
    "poverty.csv.region": ("行政区划", "region_code"),
    "poverty.csv.village": ("村（社区）", "village"),
    "poverty.csv.sixty": ("满 60 周岁", "reached 60"),
    "poverty.csv.drawing": ("已领待遇", "drawing a benefit"),
    "poverty.csv.premium": ("政府代缴年度", "premium paid for"),
    "poverty.csv.carried": ("沿用上月", "as last month"),
    "poverty.csv.candidates": ("可能是（人员编号）", "may be (person_key)"),
    "poverty.csv.gone": ("已到保存期限", "kept no longer"),
}
