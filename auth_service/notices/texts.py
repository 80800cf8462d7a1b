"""The words of every notice, in Chinese and English.

rules    what happened, what happens next, whether the money continues, where to call; short enough to be read aloud
         over the telephone; no link in an SMS; nothing to pay, nothing to type in, nothing frightening before a fact
         is checked; a death is not spoken of to somebody who may be alive
source   docs/design/trust.md section 6 (letters that hide the consequence); docs/design/domain.md, Notices
fields   {benefit} {day} {passed} {month} {how} {call}; `more` stands in letters and mails only, {amount} with it
"""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.notices.frame import Ways
from auth_service.notices.notice import NoticeKind


@dataclass(frozen=True, slots=True)
class Words:
    """(zh, en) each. more: a further sentence of letters and mails"""

    title: tuple[str, str]
    say: tuple[str, str]
    ways: Ways
    more: tuple[str, str] = ("", "")


TEXTS: dict[NoticeKind, Words] = {
    NoticeKind.REMINDER: Words(
        (
            "请办一次资格认证",
            "Please confirm once that you are there",
        ),
        (
            "您的{benefit}资格认证，请在{day}前办一次。手机、窗口都行，走不动可约上门，请打{call}。钱照发。",
            (
                "Please confirm once by {day} that you draw your {benefit}: by phone, at a counter, or ask for "
                "a visit: {call}. You go on being paid."
            ),
        ),
        Ways.CONFIRM,
        (
            "过了这一天，钱也不会由机器停掉；我们会先来找您。",
            "No machine stops your money after that day either; we come to look for you first.",
        ),
    ),
    NoticeKind.OVERDUE: Words(
        (
            "认证的日子过了，不要着急",
            "The day has passed; please do not worry",
        ),
        (
            "您的{benefit}资格认证过了{day}还没办。别着急，钱照发，机器不会停。请打{call}，我们帮您办，也可上门。",
            (
                "Your {benefit} was to be confirmed by {day}. Please do not worry, you go on being paid. Call "
                "{call}: we help, and can come to you."
            ),
        ),
        Ways.CONFIRM,
    ),
    NoticeKind.EXTENDED: Words(
        (
            "认证的日子往后顺延了",
            "You have more time",
        ),
        (
            "因我们的系统停过，您的{benefit}资格认证顺延到{day}，不用您做什么。钱照发。有事请打{call}。",
            (
                "Our service was away, so you have until {day} to confirm your {benefit}. Nothing to do for "
                "that; you go on being paid. Questions: {call}."
            ),
        ),
        Ways.CONFIRM,
    ),
    NoticeKind.RECEIPT: Words(
        (
            "认证办好了",
            "Your benefit is confirmed",
        ),
        (
            "您的{benefit}资格认证办好了（{how}，{passed}）。下次在{day}前办就行。钱照发。不是您办的，请打{call}。",
            (
                "Your {benefit} is confirmed ({how}, {passed}), next by {day}. You go on being paid. Was it not"
                " you? Call {call}."
            ),
        ),
        Ways.NOTHING,
    ),
    NoticeKind.HOLD_PROPOSED: Words(
        (
            "有一件事要和您核实",
            "We have to ask you something",
        ),
        (
            "您的{benefit}有件事要核实：有人提出从{month}起先不发，还没定。现在钱照发。请打{call}或到窗口说明，不同意就说。",
            (
                "About your {benefit}: it was proposed not to pay it from {month} on until something is "
                "checked. Nothing is decided, you go on being paid. Call {call} or come to a counter; say so if"
                " it is wrong."
            ),
        ),
        Ways.SPEAK_UP,
        (
            "您说了不同意，办完之前谁也不能停您的钱。",
            "Once you have said that it is wrong, nobody can stop your money until that is settled.",
        ),
    ),
    NoticeKind.CHECK_PROPOSED: Words(
        (
            "有一件事要和您核实",
            "We have to ask you something",
        ),
        (
            "我们收到一条关于您的信息，可能有错。{benefit}拟从{month}起先不发，还没定，现在钱照发。您好好的，请打{call}或到窗口说一声。",
            (
                "We got a record about you that may be wrong. It was proposed not to pay your {benefit} from "
                "{month} on; nothing is decided, and you go on being paid. If you are well, call {call} or come"
                " to a counter."
            ),
        ),
        Ways.SPEAK_UP,
        (
            "若由家人看到这封信，也请来个电话，我们一起把事情办妥。",
            "If family read this letter: please call us too, and we settle things together.",
        ),
    ),
    NoticeKind.SUSPENSION_PROPOSED: Words(
        (
            "有一件事要和您核实",
            "We have to ask you something",
        ),
        (
            "您的{benefit}有件事要核实：有人提出从{month}起暂停，还没定。现在钱照发。请打{call}或到窗口说明，不同意就说。",
            (
                "It was proposed to suspend your {benefit} from {month} on. Nothing is decided, and nothing "
                "changes for now. Call {call} or come to a counter; say so if it is wrong."
            ),
        ),
        Ways.SPEAK_UP,
    ),
    NoticeKind.END_PROPOSED: Words(
        (
            "有一件事要和您及家人核实",
            "We have to ask you and your family something",
        ),
        (
            "{benefit}拟从{month}起停发，还没定。如有不对，请打{call}或到窗口，我们马上核实。家里有难处，也请来电。",
            (
                "It was proposed to end the {benefit} from {month} on. Nothing is decided. If it is wrong, call"
                " {call} or come to a counter, and we check at once. Call us too if the family needs help."
            ),
        ),
        Ways.SPEAK_UP,
    ),
    NoticeKind.RECOVERY_PROPOSED: Words(
        (
            "想和您核对一笔账",
            "We would like to go over an account with you",
        ),
        (
            "您的{benefit}可能多发过，我们正在核对，还没定，现在不用您退钱。请打{call}或到窗口，一起看明细。",
            (
                "Too much of your {benefit} may have been paid. We are checking; nothing is decided and there "
                "is nothing to give back now. Call {call} or come to a counter to look at the list together."
            ),
        ),
        Ways.SPEAK_UP,
        (
            "正在核对的数目：{amount}元。",
            "The sum that is being checked: CNY {amount}.",
        ),
    ),
    NoticeKind.PROPOSAL_ENDED: Words(
        (
            "那件事了结了",
            "The matter is closed",
        ),
        (
            "前些天和您核实{benefit}的那件事，没有通过，不办了，一切照旧，不用您做什么。给您添麻烦了。有事请打{call}。",
            (
                "What we asked you about your {benefit} was not approved. Everything stays as it is and there "
                "is nothing to do. Sorry for the trouble. Questions: {call}."
            ),
        ),
        Ways.NOTHING,
    ),
    NoticeKind.HELD: Words(
        (
            "钱先留着，等您说一声",
            "Your money is kept for you",
        ),
        (
            "您的{benefit}从{month}起先不发，等核实。钱留着，恢复后补发。您好好的，请打{call}或到窗口说“我还健在”，家人代说也行。",
            (
                "Your {benefit} is not paid from {month} on until something is checked. The money is kept and "
                'paid later. If you are well, call {call} or come to a counter and say "I am alive"; family may'
                " say it for you."
            ),
        ),
        Ways.SPEAK_UP,
        (
            "工作人员见到您本人，当场恢复；打电话或由家人说的，我们会尽快核实。",
            (
                "Once a member of staff has seen you, you are paid again at once; what is said by telephone we "
                "check soon."
            ),
        ),
    ),
    NoticeKind.SUSPENDED: Words(
        (
            "待遇暂停了",
            "Your benefit is suspended",
        ),
        (
            "您的{benefit}从{month}起暂停。情况变了或有不对，请打{call}或到窗口说，查实后恢复，没发的按规定补。",
            (
                "Your {benefit} is suspended from {month} on. If things have changed or it is wrong, call "
                "{call} or come to a counter: it is checked and paid again."
            ),
        ),
        Ways.SPEAK_UP,
    ),
    NoticeKind.ENDED: Words(
        (
            "待遇停发了",
            "The benefit has ended",
        ),
        (
            "{benefit}已从{month}起停发。如有不对，什么时候都可以打{call}或到窗口说，查实后恢复并补发。",
            (
                "The {benefit} has ended from {month} on. If that is wrong, call {call} or come to a counter at"
                " any time: it is paid again, with what was missed."
            ),
        ),
        Ways.SPEAK_UP,
    ),
    NoticeKind.RECOVERY: Words(
        (
            "那笔账核对好了",
            "The account has been gone over",
        ),
        (
            "您的{benefit}多发的部分核对好了。请打{call}或到窗口看明细，可以慢慢分期还，也可以说不同意。",
            (
                "What was paid too much of your {benefit} has been checked. Call {call} or come to a counter to"
                " see the list; it can be given back in small parts, and you may disagree."
            ),
        ),
        Ways.SPEAK_UP,
        (
            "核对的数目：{amount}元。",
            "The sum: CNY {amount}.",
        ),
    ),
    NoticeKind.RESUMED: Words(
        (
            "待遇恢复了",
            "You are paid again",
        ),
        (
            "好消息：您的{benefit}从{month}起照常发，前面没发的按规定补上，不用您做什么。给您添麻烦了。有事请打{call}。",
            (
                "Good news: your {benefit} is paid again from {month} on, and what was missed is made up for. "
                "Nothing to do. Sorry for the trouble. Questions: {call}."
            ),
        ),
        Ways.NOTHING,
    ),
    NoticeKind.BACK_PAID: Words(
        (
            "没发的钱给您补上",
            "What was missed is paid",
        ),
        (
            "以前没发给您的{benefit}已核定补发，发到您平时领钱的地方，不用您做什么。没收到请打{call}。",
            (
                "What was not paid of your {benefit} will now be paid where you always get it. Nothing to do. "
                "If it does not come, call {call}."
            ),
        ),
        Ways.NOTHING,
        (
            "补发的数目：{amount}元。",
            "The sum: CNY {amount}.",
        ),
    ),
    NoticeKind.CONTEST_RECEIVED: Words(
        (
            "您说的话收到了",
            "We have what you told us",
        ),
        (
            "您说的“不对”我们收到了，会尽快核实。办完之前不会再减您的钱。着急就到窗口，或打{call}。不是您说的，也请来电。",
            (
                "We have your word that something is wrong, and check it soon. Until then nothing more is taken"
                " away. In a hurry, come to a counter or call {call}; call too if it was not you."
            ),
        ),
        Ways.SPEAK_UP,
    ),
    NoticeKind.CONTEST_DISMISSED: Words(
        (
            "核实有结果了",
            "We have looked into it",
        ),
        (
            "您说“不对”的事，两位工作人员核实过，暂时维持原样。为什么，请打{call}或到窗口问；不同意可以再说，也可申请行政复议。",
            (
                "Two of us looked into what you told us, and for now it stays as it is. Call {call} or come to "
                "a counter to hear why; you may say so again, or ask for an administrative review."
            ),
        ),
        Ways.SPEAK_UP,
    ),
}
