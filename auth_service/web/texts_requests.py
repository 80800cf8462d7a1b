"""Texts of the list of requests for another way: key -> (zh, en)."""

from __future__ import annotations

REQUEST_TEXTS: dict[str, tuple[str, str]] = {
    "requests.title": ("其他办理方式", "Other ways"),
    "requests.lead": (
        "这些人请求不用手机摄像头办理，等待最久的排在最前。",
        "These people ask for another way than the phone’s camera; who waits longest comes first.",
    ),
    "requests.state.waiting": ("待联系", "Waiting"),
    "requests.state.done": ("已办", "Done"),
    "requests.way": ("希望的方式", "Wished way"),
    "requests.way.any": ("所有方式", "Any way"),
    "requests.phone": ("联系电话", "Telephone"),
    "requests.phone.given": ("留有电话", "a number was left"),
    "requests.phone.none": ("没有留电话", "no number was left"),
    "requests.asked": ("请求时间", "Asked"),
    "requests.nobody": (
        "另有 {n} 个请求的证件号码不在台账中，无法联系，不列出；保存一年。",
        "{n} more requests name a number in no ledger. Nobody can be called, so they are not listed; kept a year.",
    ),
    "requests.empty": ("没有待联系的请求。", "No request waits."),
    "requests.empty.next": (
        "有人在手机页面选择其他方式，或复核看不清时，会出现在这里。",
        "They appear when somebody chooses another way on the phone’s page, or when a reviewer cannot tell.",
    ),
    "requests.back": ("返回列表", "Back to the list"),
    "requests.one": ("请求：{way}", "Asked for: {way}"),
    "requests.reveal": ("查看联系人", "See whom to call"),
    "requests.reveal.help": (
        "姓名和电话会完整显示一次，查看人和理由记入审计，本人可以查询。",
        "Name and telephone are shown in full, once. The audit trail keeps who looked and why.",
    ),
    "requests.reveal.reason": ("为什么需要看", "Why you need it"),
    "requests.reveal.call_back": ("给本人回电话", "To call the person back"),
    "requests.reveal.arrange_visit": ("约定上门时间", "To arrange a visit"),
    "requests.reveal.check_identity": ("核对是否同一人", "To check that it is the same person"),
    "requests.contact": ("联系人", "Whom to call"),
    "requests.contact.name": ("姓名", "Name"),
    "requests.contact.given": ("随请求留下的电话", "Left with the request"),
    "requests.contact.on_file": ("台账中的电话", "On file"),
    "requests.contact.helper": ("台账中的联系人", "Contact on file"),
    "requests.contact.none": ("没有", "none"),
    "requests.done": ("标为已办", "Mark as done"),
    "requests.done.note": ("怎么办的", "What was done"),
    "requests.done.help": (
        "例如：已电话约定周三上门。会留在记录中，请不要写证件号码。",
        "Such as: called, a visit is arranged for Wednesday. It stays on record; please write no ID numbers.",
    ),
    "requests.settled": ("已办：{who}，{when}", "Done: {who}, {when}"),
    "requests.recorded": ("已标为已办。", "Marked as done."),
    "requests.readonly": ("您的角色可以查看，不能办理。", "Your role may read this, not answer it."),
}
