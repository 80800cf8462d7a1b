"""Texts of the fund-safety page and of the scorecards: key -> (zh, en)."""

from __future__ import annotations

FUND_TEXTS: dict[str, tuple[str, str]] = {
    "fund.title": ("基金安全", "Fund safety"),
    "fund.lead": (
        "先看我们错停了谁、多久恢复，再看死亡信息多久得到处理。这里没有任何人的姓名。",
        (
            "First whom we stopped wrongly and how long that took to put right, then how soon deaths were acted"
            " on. Nobody stands here by name."
        ),
    ),
    "fund.windows": ("统计区间", "Window"),
    "fund.window": ("近 {days} 天", "Last {days} days"),
    "fund.counted_at": (
        "错停和异议为即时数；其余由后台任务每小时统计，最近一次 {at}。",
        "Wrongful holds and contests are as of now; the rest is counted every hour, last at {at}.",
    ),
    "fund.uncounted": ("尚未统计。后台任务每小时统计一次。", "Not counted yet. The worker counts it every hour."),
    "fund.none": ("这段时间没有。", "There is nothing in this window."),
    "fund.nothing": ("—", "—"),
    "fund.unjudged": ("尚无判断", "not judged yet"),
    "fund.how": ("口径：", "How counted:"),
    "fund.section.wronged": ("错停与恢复", "Wrongful holds and time to restore"),
    "fund.section.died": ("死亡到暂缓", "From a death to a hold"),
    "fund.section.exposed": ("死亡后仍发放的金额", "Paid after deaths"),
    "fund.section.flagged": ("疑点与命中率", "Flags and their precision"),
    "fund.section.passing": ("认证通过", "Passes"),
    "fund.section.failing": ("各年龄段认证失败率", "Failure rates by age band"),
    "fund.how.wronged": (
        (
            "区间内恢复发放、且恢复理由为“见到本人、远程认证通过、来源更正、我方有误”的待遇，"
            "从第一次停发获批到恢复获批的自然日。逾期后本人认证通过的也算在内。目标：每 10 万人每年不超过 1 起，"
            "1 个工作日内恢复。待答复的异议为目前全部，不限区间。"
        ),
        (
            "Benefits resumed in the window because the person was seen, passed remotely, the source withdrew its"
            " record or it was our mistake; calendar days from the approval of the first act that stopped it to"
            " that of the resumption. Who was late and then passed is among them. Aims: at most 1 per 100,000"
            " people a year, restored within 1 working day. Open contests are all that nobody has answered,"
            " whatever the window."
        ),
    ),
    "fund.how.died": (
        (
            "来源在区间内登记、已生效批次中证件号码与台账一致的死亡和火化信息，取现行版本，"
            "撤销的和事后证实健在的不算；从死亡日到第一次停发获批的自然日，日期不全时取最长。"
        ),
        (
            "Deaths and cremations that a source wrote down in the window, in files that count, of the very ID"
            " number in the ledger, in the version that holds; taken back ones and people found alive are left"
            " out. Calendar days from the death to the approval of the first act that stopped money; the longest"
            " that an uncertain day allows."
        ),
    ),
    "fund.how.exposed": (
        (
            "同一批死亡信息：费款所属期晚于死亡当月的到账金额，减去退票和冲销。死亡当月照发。暂缓中的可能有误，"
            "不等于损失。"
        ),
        (
            "Of the same deaths: what arrived for months after the month of death, less what came back. The month"
            " of death is payable. A hold may prove wrong: this is what is at stake, not what is lost."
        ),
    ),
    "fund.how.flagged": (
        (
            "区间内产生的疑点，按最新判断。命中率 = 待核查 ÷（待核查 + 误报），括号内为 95% 威尔逊区间；"
            "“待核查”不等于已证实。"
        ),
        (
            "Flags raised in the window, by their newest judgement. Precision = needs a check / (needs a check +"
            " false), with Wilson’s interval of 95 %; a check that is needed is no proof."
        ),
    ),
    "fund.how.passing": (
        (
            "区间内自助、窗口等认证通过（含人工审核后发证），以及凭数据、上门和其他机构证明发出的凭证。"
            "区县按人员现行区划，年龄按出生年。"
        ),
        (
            "Attempts in the window that passed, also after a person looked, and certificates by data, visit or"
            " another office’s word. Counties are those of today, ages whole years by birth year."
        ),
    ),
    "fund.how.failing": (
        (
            "区间内本人到镜头前或窗口的每次尝试；失败 = 提示重试 ÷ 全部尝试，括号内为 95% 威尔逊区间。"
            "转人工而未发证的不算失败。同一人的多次尝试都计入，区间因此偏窄。"
        ),
        (
            "Every attempt before a camera or an officer in the window; failure = told to try again / all"
            " attempts, with Wilson’s interval of 95 %. What a person still looks at is no failure. Tries of one"
            " person all count, so that the interval is rather too narrow."
        ),
    ),
    "fund.link.wronged": ("查看异议", "See the contests"),
    "fund.link.died": ("查看比对数据批次", "See the registry files"),
    "fund.link.flagged": ("查看规则成绩", "See the scorecards"),
    "fund.tile.wrongful": ("错停（起）", "Wrongful holds"),
    "fund.tile.rate": ("每 10 万人每年", "Per 100,000 people a year"),
    "fund.tile.median": ("恢复天数，中位", "Days to restore, median"),
    "fund.tile.p90": ("恢复天数，九成以内", "Days to restore, 9 of 10 within"),
    "fund.tile.contests": ("待答复的异议", "Open contests"),
    "fund.tile.oldest": ("最久已等天数", "Oldest, in days"),
    "fund.tile.acted": ("已停发的死亡信息", "Deaths acted on"),
    "fund.tile.death_median": ("天数，中位", "Days, median"),
    "fund.tile.death_p90": ("天数，九成以内", "Days, 9 of 10 within"),
    "fund.tile.unacted": ("尚未处理", "Nothing done yet"),
    "fund.table.wrongful": ("停发与恢复的理由", "Why stopped, and why restored"),
    "fund.table.restoring": ("恢复用了几天", "Days to restore"),
    "fund.table.deaths": ("死亡到停发的天数", "Days from a death to the first hold"),
    "fund.table.exposure": ("按处理情况", "By what was done"),
    "fund.table.flags": ("各规则的命中率", "Precision by rule"),
    "fund.table.ways": ("按渠道", "By channel"),
    "fund.table.counties": ("按区县", "By county"),
    "fund.table.bands": ("按年龄段", "By age band"),
    "fund.table.failures": ("失败率", "Failure rates"),
    "fund.chart.wrongful": ("停发与恢复的理由", "Why stopped, and why restored"),
    "fund.chart.restoring": ("错停的待遇按恢复天数分布", "Wrongful holds by days to restore"),
    "fund.chart.deaths": ("死亡信息按停发天数分布", "Deaths by days to the first hold"),
    "fund.chart.exposure": ("死亡后发放的金额", "Paid after deaths"),
    "fund.chart.flags": ("各规则命中率及 95% 区间", "Precision of each rule with its 95 % interval"),
    "fund.chart.ways": ("各渠道通过次数", "Passes by channel"),
    "fund.chart.counties": ("各区县通过次数", "Passes by county"),
    "fund.chart.bands": ("各年龄段通过次数", "Passes by age band"),
    "fund.chart.failures": ("各年龄段失败率及 95% 区间", "Failure rate of each age band with its 95 % interval"),
    "fund.chart.desc": ("相同的数字见旁边的表格。", "The table beside it has the same numbers."),
    "fund.span": ("{first}–{last} 天", "over {first} to {last} days"),
    "fund.span.first": ("{days} 天以内", "within {days} day"),
    "fund.span.beyond": ("超过 {days} 天", "over {days} days"),
    "fund.standing.open": ("未处理", "nothing done"),
    "fund.standing.contested": ("有异议待答复", "contested"),
    "fund.standing.held": ("已暂缓或暂停", "held or suspended"),
    "fund.standing.confirmed": ("去世已核实并停发", "confirmed and ended"),
    "fund.band.0": ("60 岁以下", "under 60"),
    "fund.band.1": ("60–69 岁", "60–69"),
    "fund.band.2": ("70–79 岁", "70–79"),
    "fund.band.3": ("80 岁及以上", "80 and over"),
    "fund.band.unknown": ("年龄不详", "age unknown"),
    "fund.column.days": ("天数", "Days"),
    "fund.column.count": ("起数", "Count"),
    "fund.column.taken": ("停发理由", "Why stopped"),
    "fund.column.given": ("恢复理由", "Why restored"),
    "fund.column.median": ("中位天数", "Median days"),
    "fund.column.p90": ("九成以内（天）", "9 of 10 within (days)"),
    "fund.column.standing": ("处理情况", "What was done"),
    "fund.column.deaths": ("死亡信息", "Deaths"),
    "fund.column.paid_people": ("仍发放的人数", "People paid after"),
    "fund.column.payments": ("发放笔数", "Payments"),
    "fund.column.yuan": ("金额", "Sum"),
    "fund.column.rule": ("规则", "Rule"),
    "fund.column.severity": ("级别", "Severity"),
    "fund.column.raised": ("产生", "Raised"),
    "fund.column.open": ("未判断", "Open"),
    "fund.column.judged": ("已判断", "Judged"),
    "fund.column.needs_check": ("待核查", "Needs a check"),
    "fund.column.false": ("误报", "False"),
    "fund.column.precision": ("命中率", "Precision"),
    "fund.column.median_judged": ("判断用时（中位天数）", "Median days to a judgement"),
    "fund.column.ways": ("渠道", "Channel"),
    "fund.column.counties": ("区县", "County"),
    "fund.column.bands": ("年龄段", "Age band"),
    "fund.column.passed": ("通过", "Passed"),
    "fund.column.share": ("占比", "Share"),
    "fund.column.attempts": ("尝试", "Attempts"),
    "fund.column.failed": ("重试", "Try again"),
    "fund.column.waiting": ("转人工", "To a person"),
    "fund.column.failure_rate": ("失败率", "Failure rate"),
    "scorecards.title": ("规则成绩", "Rule scorecards"),
    "scorecards.lead": (
        "每条规则有多少次是对的。误报多的规则浪费人手，也打扰无辜的人。",
        "How often each rule was right. A rule that is mostly wrong wastes hands and troubles people who did nothing.",
    ),
    "scorecards.counted_at": ("后台任务每小时统计，最近一次 {at}。", "Counted every hour, last at {at}."),
    "scorecards.how": (
        (
            "区间内产生的疑点，按最新判断。命中率 = 待核查 ÷ 已判断，括号内为 95% 威尔逊区间；"
            "“待核查”不等于已证实。判断用时从产生到第一次判断。规则不会因此自动改变。"
        ),
        (
            "Flags raised in the window, by their newest judgement. Precision = needs a check / judged, with"
            " Wilson’s interval of 95 %; a check that is needed is no proof. Time runs from raising to the first"
            " judgement. No rule changes by itself."
        ),
    ),
}
