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
    "requests.photo": ("留下的照片", "The photo that was left"),
    "requests.photo.waits": (
        "本人（或替本人操作的人）在手机页面留下这张照片，等待核对；最多保存 30 天。",
        "Left on the phone’s page by the person, or whoever held the phone. It waits for you, for 30 days at most.",
    ),
    "requests.photo.answered": ("照片已处理，不再保留。", "The photo was answered and is not kept."),
    "requests.photo.expired": (
        "照片已删除（满 30 天，或本人已撤回）。请联系本人，商量到窗口或上门办理。",
        "The photo is gone: 30 days are over, or it was taken back. Please call and agree on the counter or a visit.",
    ),
    "requests.photo.not_kept": (
        "此人已有登记照片，没有保存这张。请联系本人，了解遇到了什么困难。",
        "There is an enrolled photo already, so this one was not kept. Please call and ask what the difficulty is.",
    ),
    "requests.photo.must": (
        (
            "接受之前，请务必看过本人的身份证件，或本机构存档的照片：手机可能在别人手里。接受后它成为登记照片，"
            "但只凭自助上传的照片，任何人都不会通过认证，还需要窗口采集或存档照片。"
        ),
        (
            "Before you accept, you must have seen an identity document or the agency’s own file photo: somebody else"
            " may hold the phone. Accepted, it becomes an enrolled photo; nobody passes by self-uploads alone, so a"
            " photo from the counter or the files is still needed."
        ),
    ),
    "requests.photo.verdict": ("核对结果", "What you found"),
    "requests.photo.accepted": ("是同一人，接受", "The same person: accept"),
    "requests.photo.refused": ("不一致或不能用，不接受", "Not the same, or of no use: refuse"),
    "requests.photo.checked": ("核对依据（接受时必选）", "Compared with (needed to accept)"),
    "requests.photo.identity_document": ("看过身份证件", "an identity document that I have seen"),
    "requests.photo.file_photo": ("看过本机构存档照片", "the agency’s own file photo"),
    "requests.photo.why": ("理由", "Reason"),
    "requests.photo.why.help": (
        "会留在记录中，请不要写证件号码。不接受时，请同时联系本人换一种方式。",
        "It stays on record; please write no ID numbers. If you refuse, please call about another way too.",
    ),
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
