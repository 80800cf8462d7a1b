"""What the beneficiary's page says to whom a payment is held, in Chinese and English: key -> (zh, en)."""

from __future__ import annotations

HELD: dict[str, tuple[str, str]] = {
    "verify.contest": ("待遇没发？说一声“我在”", "Payment on hold? Say “I am here”"),
    "verify.contest.title": ("我在，请恢复我的待遇", "I am here, please pay me again"),
    "verify.contest.lead": (
        "本人或家人都可以说明，不用拍照。处理期间不会作出新的不利决定。",
        "You or your family may say so; no picture is needed. Nothing new is decided against you meanwhile.",
    ),
    "verify.contest.words": ("想说的话（可不填）", "What you would like to say (if you like)"),
    "verify.contest.send": ("告诉工作人员", "Tell the staff"),
    "verify.contested.title": ("谢谢，已经转给工作人员", "Thank you, the staff have it now"),
    "verify.contested.lead": (
        "工作人员会尽快核对；带身份证到窗口，当场就能恢复。不用再提交一次。",
        "Staff look at it soon; with your ID card at a counter it ends at once. Once is enough.",
    ),
    "verify.contested.faster": (
        "方便的话，现在用手机认证一次，会排在最前面处理。",
        "If it suits you, verify by phone now: it then comes first in the queue.",
    ),
    "verify.contested.camera": ("现在用手机认证", "Verify by phone now"),
}
