"""Every text of the pages, in Chinese and English: key -> (zh, en). Errors, rules, roles and reasons bring their own.

`{name}` is a placeholder. A test compares this table with the templates: nothing missing, nothing left over.
"""

from __future__ import annotations

from auth_service.web.texts_batches import BATCH_TEXTS
from auth_service.web.texts_cases import CASE_TEXTS
from auth_service.web.texts_desk import DESK_TEXTS
from auth_service.web.texts_devices import DEVICE_TEXTS
from auth_service.web.texts_found import FOUND_TEXTS
from auth_service.web.texts_fund import FUND_TEXTS
from auth_service.web.texts_kiosk import KIOSK_TEXTS
from auth_service.web.texts_links import LINK_TEXTS
from auth_service.web.texts_money import MONEY_TEXTS
from auth_service.web.texts_notices import NOTICE_TEXTS
from auth_service.web.texts_people import PEOPLE_TEXTS
from auth_service.web.texts_phone import PHONE_TEXTS
from auth_service.web.texts_poverty import POVERTY_TEXTS
from auth_service.web.texts_requests import REQUEST_TEXTS
from auth_service.web.texts_rule_facts import RULE_FACT_TEXTS

TEXTS: dict[str, tuple[str, str]] = {
    # every page
    "app.name": ("待遇资格认证", "Benefit eligibility"),
    "app.console": ("工作台", "Console"),
    "app.skip": ("跳到正文", "Skip to content"),
    "app.other_language": ("English", "中文"),
    "app.sign_out": ("退出", "Sign out"),
    "app.nav": ("主导航", "Main navigation"),
    "app.help": (
        "系统打不开或有疑问：请联系{agency}的系统管理员。办理不必等待：来办事的人可以改由窗口、电话核实或上门办理，期限不受影响。",
        (
            "If something does not work or is unclear, contact the administrator of {agency}. Meanwhile people can be"
            " served at the counter, by telephone or by a visit, and no deadline is lost."
        ),
    ),
    "app.agency": ("本机构", "this agency"),
    # sign-in
    "sign_in.title": ("工作人员登录", "Staff sign-in"),
    "sign_in.username": ("用户名", "User name"),
    "sign_in.password": ("密码", "Password"),
    "sign_in.submit": ("登录", "Sign in"),
    "sign_in.note": (
        "15 分钟没有操作会自动退出。忘记密码请找安全管理员重置。",
        "You are signed out after 15 minutes without use. If you forgot the password, ask the security administrator.",
    ),
    "sign_in.ended": ("您已退出。", "You are signed out."),
    # home
    "home.title": ("工作台首页", "Console home"),
    "home.empty": (
        "您的角色在网页上暂时没有要办的事项。命令行 auth-service 中有导入、登记和认证的功能。",
        "Your role has no page to work on yet. The command line, auth-service, imports, enrols and verifies.",
    ),
    "home.lead": ("现在等待处理的事项：", "What waits for you now:"),
    "home.waiting": ("{n} 件待处理", "{n} waiting"),
    "home.oldest": ("最早的一件：{ago}", "the oldest: {ago}"),
    "home.nothing": ("没有待处理的事项", "nothing waits"),
    # flag list
    "flags.title": ("疑点", "Flags"),
    "flags.lead": (
        "疑点只是提请人工查看，不改变任何人的待遇。",
        "A flag asks a person to look. It changes nothing about anybody's benefit.",
    ),
    "flags.filter": ("筛选", "Filter"),
    "flags.state": ("状态", "State"),
    "flags.state.all": ("全部", "All"),
    "flags.state.open": ("待处理", "Open"),
    "flags.state.needs_check": ("需要核查", "Needs a check"),
    "flags.state.false_flag": ("误报", "False flag"),
    "flags.severity": ("级别", "Severity"),
    "flags.severity.any": ("所有级别", "Any severity"),
    "flags.severity.critical": ("紧急", "Critical"),
    "flags.severity.high": ("高", "High"),
    "flags.severity.medium": ("中", "Medium"),
    "flags.severity.low": ("低", "Low"),
    "flags.rule": ("规则", "Rule"),
    "flags.rule.any": ("所有规则", "Any rule"),
    "flags.region.help": ("代码，如 1302", "code, such as 1302"),
    "flags.apply": ("应用", "Apply"),
    "flags.what": ("疑点", "Flag"),
    "flags.since": ("发现时间", "Raised"),
    "flags.people": ("人员编号", "Person"),
    "flags.region": ("地区", "Region"),
    "flags.nobody": ("未对应到人", "nobody yet"),
    "flags.next": ("下一页", "Next page"),
    "flags.first": ("回到第一页", "Back to the first page"),
    "flags.empty.open": ("没有待处理的疑点。", "No flag is waiting."),
    "flags.empty.open.next": (
        "新的导入、登记和认证会自动检查。可以查看已标为“需要核查”的疑点是否已经办结。",
        (
            "Every import, enrolment and verification is checked by itself. You may see whether those marked "
            "“needs a check” are settled."
        ),
    ),
    "flags.empty.filtered": ("没有符合条件的疑点。", "No flag fits this filter."),
    "flags.empty.filtered.next": ("请放宽筛选条件。", "Try a wider filter."),
    "flags.empty.show_all": ("查看全部疑点", "Show all flags"),
    "flags.empty.show_checks": ("查看需要核查的疑点", "Show those that need a check"),
    # one flag
    "flag.back": ("返回疑点列表", "Back to the flags"),
    "flag.raised": ("{when} 由规则 {rule} 发现", "Raised {when} by rule {rule}"),
    "flag.desk": ("同一次采集也在审核台", "The same capture is at the review desk"),
    "flag.desk.open": ("打开采集", "Open the capture"),
    "flag.desk.help": (
        "审核台的判断在这里显示，疑点的判断在审核台显示，不必处理两次。",
        "What is decided there is shown here, and your judgement there: nobody has to settle it twice.",
    ),
    "flag.meaning": ("这条规则的含义", "What the rule means"),
    "flag.why": ("为什么提示", "Why it was raised"),
    "flag.action": ("建议怎么做", "What to do"),
    "flag.facts": ("依据", "Evidence"),
    "flag.fact": ("项目", "Fact"),
    "flag.value": ("内容", "Value"),
    "flag.photos": ("照片对比", "The photos"),
    "flag.photos.hidden": (
        "您的角色不能查看人脸照片。",
        "Your role may not see photos of faces.",
    ),
    "flag.photos.none": ("这条疑点没有照片。", "This flag has no photo."),
    "flag.photos.audited": ("每次查看照片都会记入审计。", "Every look at a photo is written to the audit trail."),
    "flag.photos.erased": ("已删除的照片：", "No longer kept:"),
    "flag.photos.open": ("查看原图", "Open full size"),
    "flag.photo.probe": ("本次提交的画面", "What was sent this time"),
    "flag.photo.reference": ("登记照片", "Enrolled photo"),
    "flag.photo.other_reference": ("另一人的登记照片", "Another person's enrolled photo"),
    "flag.photo.capture": ("以前的采集", "An earlier capture"),
    "flag.photo.offered": ("后提交的照片", "The photo offered later"),
    "flag.people": ("相关人员", "People concerned"),
    "flag.people.none": ("这一行没有对应到台账中的人。", "The row could not be matched to anybody in the ledger."),
    "flag.history": ("处理记录", "Judgements"),
    "flag.history.none": ("还没有人处理。", "Nobody has judged it yet."),
    "flag.history.by": ("{who}，{when}", "{who}, {when}"),
    "flag.judge": ("您的判断", "Your judgement"),
    "flag.judge.again": ("再次判断", "Judge again"),
    "flag.judge.false_flag": ("误报", "False flag"),
    "flag.judge.false_flag.help": ("已确认没有问题，不需要再查。", "You made sure that nothing is wrong."),
    "flag.judge.needs_check": ("需要核查", "Needs a check"),
    "flag.judge.needs_check.help": (
        "需要打电话、上门或调取原件核实。已经核实属实的也选这一项，并写明如何处理；误报只用于没有问题的情况。",
        "Somebody must call, visit or see the papers. Choose it too for what proved true, and say what was done.",
    ),
    "flag.judge.reason": ("理由", "Reason"),
    "flag.judge.reason.help": (
        "写明看到了什么、查了什么，会留在记录中。请不要写证件号码。",
        "Say what you saw and checked. It stays on record. Please write no ID numbers.",
    ),
    "flag.judge.submit": ("提交判断", "Submit"),
    "flag.judge.readonly": ("您的角色可以查看，不能处理疑点。", "Your role may read flags, not judge them."),
    "flag.judged": ("已记录您的判断。", "Your judgement is recorded."),
    # a person, masked
    "person.key": ("人员编号", "Person key"),
    "person.name": ("姓名", "Name"),
    "person.id_number": ("证件号码", "ID number"),
    "person.sex": ("性别", "Sex"),
    "person.sex.male": ("男", "Male"),
    "person.sex.female": ("女", "Female"),
    "person.birth_year": ("出生年份", "Year of birth"),
    "person.region": ("地区", "Region"),
    "person.benefits": ("险种", "Benefits"),
    "person.last_pass": ("上次通过", "Last pass"),
    "person.never": ("没有记录", "none on record"),
    "person.erased": ("已删除", "erased"),
    "person.unknown": ("未登记", "not recorded"),
    "benefit.resident_pension": ("城乡居民养老", "Residents' pension"),
    "benefit.employee_pension": ("城镇职工养老", "Employees' pension"),
    "benefit.public_body_pension": ("机关事业单位养老", "Public bodies' pension"),
    "benefit.work_injury": ("工伤长期待遇", "Work injury benefit"),
    "benefit.survivor": ("供养亲属抚恤金", "Survivors' benefit"),
    "benefit.unemployment": ("失业保险", "Unemployment benefit"),
    # evidence, in words
    "fact.batch": ("导入批次", "Import batch"),
    "fact.row": ("行号", "Row"),
    "fact.fault": ("错误", "Fault"),
    "fact.person_key": ("人员编号", "Person key"),
    "fact.exact": ("像素完全相同", "Pixels identical"),
    "fact.hash_distance": ("图像指纹差异（64 位）", "Picture fingerprint, differing bits of 64"),
    "fact.similarity": ("人脸相似度（1 为相同）", "Face similarity (1 is the same)"),
    "fact.accept_at": ("匹配线", "Threshold of a match"),
    "fact.calibration": ("所用阈值记录", "Calibration in force"),
    "fact.shared": (
        "另有相同（电话、姓名和出生年、村、共同疑点）",
        "Shared besides (phone, name and year, place, flag)",
    ),
    "fact.by_chance": ("纯属巧合时预期的同类对数", "Such pairs expected by chance"),
    "fact.scanned": ("核对人数", "People scanned"),
    "fact.source": ("与什么相同", "Copy of"),
    "fact.source.reference": ("登记照片", "an enrolled photo"),
    "fact.source.capture": ("以前的采集", "an earlier capture"),
    "fact.evidence": ("认证记录", "Attempt"),
    "fact.failures_last_day": ("24 小时内未通过次数", "Failures within 24 hours"),
    "fact.failures_in_cycle": ("上次通过以来未通过次数", "Failures since the last pass"),
    "fact.reviewed": ("复核人员所见", "What the reviewer saw"),
    "fact.reviewed.other_person": ("不是同一个人", "another person"),
    "fact.reviewed.picture_or_screen": ("像翻拍的照片或屏幕", "a print or a screen before the camera"),
    "fact.reviewed.earlier_film": ("像以前的录像", "an earlier film"),
    "fact.by_machine": ("自动检测也有怀疑", "Suspected by the machine as well"),
    "fact.first": ("较早的认证", "Earlier pass"),
    "fact.second": ("较晚的认证", "Later pass"),
    "fact.first_region": ("较早的地区", "Region of the earlier one"),
    "fact.second_region": ("较晚的地区", "Region of the later one"),
    "fact.seconds": ("相隔秒数", "Seconds between them"),
    "fact.yes": ("是", "yes"),
    "fact.no": ("否", "no"),
    "fact.none": ("无", "none"),
    "why.I01": ("导入文件第 {row} 行：{fault}", "Row {row} of the imported file: {fault}"),
    "why.I03": (
        "登记照片相似度 {similarity}，达到匹配线 {accept_at}；{scanned} 人中，这样的对数纯属巧合时预期约 {by_chance}。",
        (
            "The two enrolled photos reach {similarity}, a match from {accept_at} on; among {scanned} people chance "
            "alone gives about {by_chance} such pairs."
        ),
    ),
    "why.I09.exact": (
        "后提交的照片与另一人的登记照片逐个像素相同。",
        "The photo offered later is the same, pixel by pixel, as another person's enrolled photo.",
    ),
    "why.I09.near": (
        "后提交的照片与另一人的登记照片几乎相同：图像指纹 64 位中只差 {bits} 位。",
        (
            "The photo offered later is nearly the same as another person's enrolled photo: "
            "{bits} of 64 fingerprint bits differ."
        ),
    ),
    "why.V03": (
        "24 小时内有 {day} 次未通过，自上次通过以来共 {cycle} 次。",
        "{day} attempts failed within 24 hours, {cycle} since the last pass.",
    ),
    "why.V04.exact": (
        "提交的画面与{source}逐个像素相同，重新拍摄不可能做到。",
        "The picture is the same, pixel by pixel, as {source}. No new capture can be.",
    ),
    "why.V04.near": (
        "提交的画面与{source}几乎相同：图像指纹 64 位中只差 {bits} 位，重新拍摄很难做到。",
        "The picture is nearly the same as {source}: {bits} of 64 fingerprint bits differ, as in no new capture.",
    ),
    "why.V04.film": (
        "画面中的动作与{source}自始至终几乎相同，像是把以前的录像又放了一遍。",
        "All along, the movement is nearly that of {source}, as when an earlier film is shown again.",
    ),
    "why.V05": (
        "工作人员查看了画面，判断：{reason}。",
        "A member of staff looked at the capture and saw: {reason}.",
    ),
    "why.V06": (
        "同一人 {seconds} 秒内在 {first_region} 和 {second_region} 两地的终端通过。",
        "One person passed within {seconds} seconds at kiosks in {first_region} and in {second_region}.",
    ),
    "why.other": ("请看下面的依据。", "See the evidence below."),
    # times
    "when.now": ("刚刚", "just now"),
    "when.minutes": ("{n} 分钟前", "{n} min ago"),
    "when.hours": ("{n} 小时前", "{n} h ago"),
    "when.days": ("{n} 天前", "{n} days ago"),
    # errors as pages
    "error.number": ("错误代码 {code}，请求编号 {request_id}", "Code {code}, request {request_id}"),
    "error.next": ("接下来可以", "What you can do"),
    "error.home": ("返回工作台", "Go to the console"),
    "error.sign_in": ("去登录", "Go to the sign-in page"),
    "error.404": ("没有这个页面，或者您没有查看它的权限。", "There is no such page, or you may not see it."),
    # certificate
    "certificate.title": ("待遇资格认证凭证", "Certificate of eligibility"),
    "certificate.valid": ("有效", "Valid"),
    "certificate.valid.lead": (
        "本凭证由{agency}签发，在有效期内。",
        "This certificate was issued by {agency} and is in force.",
    ),
    "certificate.invalid": ("无效", "Not valid"),
    "certificate.invalid.lead": (
        "没有签发过这个编号的凭证。如有疑问，请到窗口查询。",
        "No certificate with this number was issued. If in doubt, please ask at a counter.",
    ),
    "certificate.expired.lead": (
        "凭证已过期，请本人重新认证。",
        "This certificate has run out. The person needs a new one.",
    ),
    "certificate.kind": ("认证方式", "Kind of evidence"),
    "certificate.kind.face": ("自助人脸认证", "Self-service with face"),
    "certificate.kind.assisted": ("工作人员当面认证", "Seen by a member of staff"),
    "certificate.kind.photo": ("照片", "Photo"),
    "certificate.kind.silent": ("信息比对（无感认证）", "By data, without the person doing anything"),
    "certificate.kind.home_visit": ("上门认证", "A visit at home"),
    "certificate.kind.consulate": ("驻外使领馆证明", "A consulate's certificate"),
    "certificate.kind.other_region": ("其他地区经办机构证明", "Another region's certificate"),
    "certificate.revoked.lead": (
        "这张凭证已经撤销，不再作为证明。待遇不会因此自动变化；如有疑问，请到窗口核对。",
        "This certificate was taken back. No payment changes by itself; if in doubt, please ask at a counter.",
    ),
    "certificate.revoked_on": ("撤销日期", "Taken back on"),
    "certificate.revoked.voided_by_source": ("数据来源撤回了这条记录", "Its source took the record back"),
    "certificate.revoked.corrected_by_source": ("数据来源更正了这条记录", "Its source corrected the record"),
    "certificate.revoked.issued_in_error": ("签发有误", "It was issued in error"),
    "certificate.passed_on": ("通过日期", "Passed on"),
    "certificate.due_on": ("下次认证截止", "Next due by"),
    "certificate.none": ("—", "—"),
    "certificate.qr": ("核验二维码", "QR code to check this certificate"),
    "certificate.qr.help": ("扫码可再次核验本凭证。", "Scan to check this certificate again."),
    "certificate.print": ("需要纸质凭证时，请用浏览器的打印功能。", "To have it on paper, print this page."),
    **BATCH_TEXTS,
    **DESK_TEXTS,
    **FOUND_TEXTS,
    **LINK_TEXTS,
    **FUND_TEXTS,
    **DEVICE_TEXTS,
    **CASE_TEXTS,
    **MONEY_TEXTS,
    **REQUEST_TEXTS,
    **NOTICE_TEXTS,
    **PEOPLE_TEXTS,
    **POVERTY_TEXTS,
    **PHONE_TEXTS,
    **KIOSK_TEXTS,
    **RULE_FACT_TEXTS,
}
