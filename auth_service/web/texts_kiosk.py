"""The texts of the kiosk's page, in Chinese and English: key -> (zh, en). They join the table of web/texts.py.

What stands under `kiosk.js.` is said by the page's scripts, before what the phone's page says under the same name.
Short sentences, for whoever stands at a terminal at 78: they ask and thank, and hold no time limit over anybody.
"""

from __future__ import annotations

SCREENS: dict[str, tuple[str, str]] = {
    "kiosk.title": ("待遇资格认证终端", "Benefit eligibility terminal"),
    "kiosk.brand": ("待遇资格认证", "Benefit eligibility"),
    "kiosk.noscript": (
        "这台终端还不能使用，请找工作人员。",
        "This terminal cannot be used yet. Please ask a member of staff.",
    ),
    "kiosk.loading": ("正在准备，请稍等", "One moment, please"),
    "kiosk.call": ("叫工作人员", "Call staff"),
    "kiosk.leave": ("不办了，退出", "Leave"),
    "kiosk.other": ("换一种方式", "Another way"),
    "kiosk.next": ("下一步", "Next"),
    "kiosk.back": ("返回", "Go back"),
    "kiosk.done": ("办好了，退出", "I am done"),
    "kiosk.print": ("打印小票", "Print a slip"),
    "kiosk.help": (
        "换一种方式办理，效力相同，不影响待遇。",
        "Other ways count the same. Your benefit goes on.",
    ),
    # set-up, seen by a technician only
    "kiosk.enrol.title": ("设置本终端", "Set this terminal up"),
    "kiosk.enrol.lead": (
        "请银行技术人员输入经办机构给的一次性代码。本机会自己生成密钥，密钥不离开本机。",
        (
            "For the bank's technician: type the one-time code from the agency. This machine makes a key of its own,"
            " which never leaves it."
        ),
    ),
    "kiosk.enrol.code": ("一次性代码", "One-time code"),
    "kiosk.enrol.secret": (
        "读卡程序的配对密码（可不填）",
        "Pairing secret of the card reader's program (if there is one)",
    ),
    "kiosk.enrol.submit": ("完成设置", "Finish"),
    "kiosk.closed.title": ("本终端暂停使用", "This terminal is closed for now"),
    "kiosk.closed.lead": (
        "请到窗口办理，或请工作人员帮忙。您的待遇不受影响。",
        "Please go to the counter or ask a member of staff. Your benefit is untouched.",
    ),
    # start
    "kiosk.start.title": ("请把身份证放在读卡区", "Put your ID card on the reader"),
    "kiosk.start.lead": ("大约两分钟。办完给您一张小票。", "About two minutes. You get a slip when it is done."),
    "kiosk.start.number": ("输入号码", "Type my number"),
    "kiosk.start.language": ("English", "中文"),
    "kiosk.start.image": ("身份证放到读卡区的示意图", "Picture of a card being put on the reader"),
    # number and name
    "kiosk.number.title": ("请输入身份证号码", "Type your ID number"),
    "kiosk.number.label": ("身份证号码", "ID number"),
    "kiosk.number.lead": ("最后一位是 X 的，请按 X。", "If the last character is X, press X."),
    "kiosk.number.back": ("删一位", "Delete"),
    "kiosk.number.clear": ("重输", "Clear"),
    "kiosk.name.title": ("核对一下号码", "Please check the number"),
    "kiosk.name.lead": (
        "号码对吗？姓名填不填都可以。",
        "Is it right? You may add your name, or leave it out.",
    ),
    "kiosk.name.label": ("姓名（可不填）", "Name (if you like)"),
    "kiosk.name.yes": ("号码对，继续", "It is right, go on"),
    "kiosk.name.no": ("不对，重新输入", "It is wrong, type again"),
    "kiosk.hello.title": ("请问是您本人吗？", "Is this you?"),
    "kiosk.hello.lead": ("卡上的照片只用来比对，不保存。", "The photo on the card is only compared, never kept."),
    "kiosk.hello.number": ("证件号码", "ID number"),
    "kiosk.hello.name": ("姓名", "Name"),
    "kiosk.hello.yes": ("是我，继续", "Yes, go on"),
    "kiosk.hello.no": ("不是我", "No"),
    # consent
    "kiosk.consent.title": ("请您决定是否同意", "Please decide whether you agree"),
    "kiosk.consent.down": ("往下看", "Read on"),
    "kiosk.consent.listen": ("读给我听", "Read it to me"),
    "kiosk.consent.yes": ("同意，继续", "I agree"),
    "kiosk.consent.no": ("不同意，换一种方式", "I do not agree: another way"),
    "kiosk.consent.text": ("同意书全文", "The text"),
    # light and comfort
    "kiosk.light.title": ("屏幕会变几次颜色", "The screen will change colour"),
    "kiosk.light.lead": (
        "屏幕会亮起白、蓝、绿、黑，约 3 秒，像一盏小灯照着脸。",
        "It shows white, blue, green and black for about 3 seconds, like a small lamp on your face.",
    ),
    "kiosk.light.warning": (
        "有光敏性癫痫，或者看闪光会头晕的，请选“不用颜色”。",
        "If you have photosensitive epilepsy, or flashing light makes you dizzy, choose “Without colours”.",
    ),
    "kiosk.light.yes": ("可以，用颜色", "With colours"),
    "kiosk.light.no": ("不用颜色", "Without colours"),
    "kiosk.light.more": ("慢一点、听不清、不方便转头", "Slower, hard of hearing, cannot turn"),
    "kiosk.comfort.title": ("怎样对您合适", "What suits you"),
    "kiosk.comfort.lead": ("有下面的情况就点一下，可以点几个。", "Press what applies, as many as you like."),
    "kiosk.comfort.slow": ("慢一点，多给些时间", "Slower, with more time"),
    "kiosk.comfort.cannot_turn": ("不方便转头", "I cannot turn my head"),
    "kiosk.comfort.cannot_hear": ("听不清声音", "I cannot hear well"),
    "kiosk.comfort.tremor": ("手抖或头抖", "My hands or head shake"),
    # camera
    "kiosk.camera.title": ("看看画面", "Check the picture"),
    "kiosk.camera.lead": ("站着或坐着都可以，离屏幕一臂左右。", "Stand or sit, about an arm's length from the screen."),
    "kiosk.camera.resume": ("接着做就行，不用从头来。", "Just go on; nothing has to be done again."),
    "kiosk.camera.picture": ("摄像头画面", "Camera picture"),
    "kiosk.camera.choose": ("换摄像头", "Camera"),
    "kiosk.camera.open": ("打开摄像头", "Open the camera"),
    "kiosk.camera.ready": ("准备好了，开始", "I am ready"),
    "kiosk.sending.title": ("正在核对，请稍等", "One moment, please"),
    "kiosk.sending.progress": ("提交进度", "Progress"),
    "kiosk.sending.retry": ("现在再试", "Try now"),
    # results
    "kiosk.passed.title": ("认证通过，谢谢您", "Confirmed. Thank you"),
    "kiosk.passed.serial": ("凭证编号", "Certificate number"),
    "kiosk.passed.due": ("下次认证截止", "Next due by"),
    "kiosk.passed.qr": ("凭证的二维码", "QR code of the certificate"),
    "kiosk.kept.title": ("采集好了，谢谢您", "It is recorded. Thank you"),
    "kiosk.kept.lead": (
        "网络暂时不通，所以现在还没有结果。画面已加密保存在本机，网络一通就送出核对。您的待遇不受影响，不用再来排队等。",
        (
            "The line is down, so there is no result yet. Your pictures are kept sealed on this machine and sent as"
            " soon as the line is back. Your benefit is untouched, and you need not wait here."
        ),
    ),
    "kiosk.kept.at": ("采集时间", "Recorded at"),
    "kiosk.kept.number": ("回执编号", "Receipt number"),
    "kiosk.again.title": ("请再试一次", "Please try once more"),
    "kiosk.again.lead": ("不着急，慢慢来。", "No hurry, take your time."),
    "kiosk.again.start": ("再试一次", "Try again"),
    "kiosk.again.slow": ("慢一点再试", "Try again, slower"),
    "kiosk.review.title": ("已收到，由工作人员核对", "Received. Staff will check it"),
    "kiosk.review.lead": (
        "您不用再做什么。结果出来会通知您，待遇照常发放。",
        "There is nothing more to do. You will be told, and your benefit goes on.",
    ),
    "kiosk.otherway.title": ("换一种方式更合适", "Another way suits better"),
    "kiosk.otherway.lead": (
        "也可以请这里的工作人员帮忙。您的待遇不受影响。",
        "A member of staff here can help too. Your benefit is untouched.",
    ),
    "kiosk.over.title": ("这次没有做完，没关系", "This try is over; no harm done"),
    "kiosk.over.lead": ("没有任何影响，可以重新开始。", "Nothing has changed. You can begin anew."),
    "kiosk.over.start": ("重新开始", "Begin anew"),
    "kiosk.trouble.retry": ("再试一次", "Try again"),
    "kiosk.shut.title": ("网络不通，现在办不了", "No line at the moment"),
    "kiosk.shut.lead": (
        "请改天再来，或者到窗口办理。您的待遇不受影响。",
        "Please come another day or go to the counter. Your benefit is untouched.",
    ),
    # other ways
    "kiosk.ways.title": ("换一种方式", "Another way"),
    "kiosk.ways.lead": ("效力完全相同，不影响待遇。", "They count the same and leave your benefit untouched."),
    "kiosk.ways.which": ("您想用哪一种？", "Which one?"),
    "kiosk.ways.here": ("请这里的工作人员帮忙", "Staff here help me"),
    "kiosk.ways.counter": ("到社保窗口办理", "At the agency's counter"),
    "kiosk.ways.home_visit": ("预约上门", "A visit at home"),
    "kiosk.ways.phone_call": ("请打电话给我", "Call me back"),
    "kiosk.ways.relative": ("请家人来帮我", "A relative will help"),
    "kiosk.ways.send": ("提交请求", "Send the request"),
    "kiosk.asked.title": ("已记下您的请求", "Your request is noted"),
    "kiosk.asked.lead": (
        "工作人员会与您联系。在这之前待遇照常发放。",
        "Staff will contact you. Your benefit goes on meanwhile.",
    ),
    # staff
    "kiosk.called.title": ("已经叫工作人员", "Staff have been called"),
    "kiosk.called.stay": ("继续办理", "Go on"),
    # records that came to nothing, for the staff beside the terminal
    "kiosk.refused.title": ("给工作人员：这些离线记录没有办成", "For staff: recordings that came to nothing"),
    "kiosk.refused.lead": (
        "本人的待遇不受影响，但这次不算办过。请按小票上的回执编号找到本人；找不到时，把编号和代码告诉经办机构。",
        (
            "Nobody's benefit is touched, but these do not count as done. Find the person by the receipt number on"
            " the slip; if you cannot, tell the agency number and code."
        ),
    ),
    "kiosk.refused.seen": ("都已处理，收起", "All seen to"),
    # withdrawal
    "kiosk.withdraw": ("撤回同意", "Withdraw consent"),
    "kiosk.withdraw.title": ("要撤回同意吗？", "Withdraw your consent?"),
    "kiosk.withdraw.lead": (
        "撤回后，这次拍的画面会删除，待遇不受影响，可以换一种方式办理。",
        "The pictures of this try are deleted, your benefit is untouched, and other ways are open.",
    ),
    "kiosk.withdraw.yes": ("确认撤回", "Yes, withdraw"),
    "kiosk.withdraw.no": ("不撤回，回去", "No, go back"),
    "kiosk.withdrawn.title": ("已撤回同意", "Consent is withdrawn"),
    "kiosk.withdrawn.lead": ("这次拍的画面已经删除。", "The pictures of this try are deleted."),
    # nobody there?
    "kiosk.idle.title": ("您还在吗？", "Are you still there?"),
    "kiosk.idle.lead": (
        "为了保护您的隐私，没有人的时候，屏幕会自动清空。需要多久都可以，点一下就继续。",
        (
            "To keep your things private, the screen clears itself when nobody is here. Take all the time you need:"
            " press once to go on."
        ),
    ),
    "kiosk.idle.stay": ("我还在，继续", "I am here, go on"),
    "kiosk.idle.leave": ("清空并退出", "Clear and leave"),
}

SCRIPTS: dict[str, tuple[str, str]] = {
    "kiosk.js.idle.left": ("{n} 秒后清空", "It clears in {n} seconds"),
    "kiosk.js.line.down": ("网络暂时不通，可以照常办理", "The line is down; you can go on as usual"),
    "kiosk.js.line.queue": ("本机待送 {n} 份", "{n} waiting to be sent"),
    "kiosk.js.line.stuck": ("其中 {n} 份需技术人员处理", "{n} of them need a technician"),
    "kiosk.js.line.gone": (
        "网络刚才断了，我们换成离线办理。请再做一遍动作，不用重新填写。",
        (
            "The line was lost, so this machine goes on by itself. Please do the movements once more; nothing to fill"
            " in again."
        ),
    ),
    "kiosk.js.start.card": ("请把身份证放在读卡区", "Put your ID card on the reader"),
    "kiosk.js.start.number": ("请按“输入号码”开始", "Press “Type my number” to begin"),
    "kiosk.js.called.title": ("已经叫工作人员", "Staff have been called"),
    "kiosk.js.called.coming": ("请在这里稍等，工作人员马上来。", "Please wait here. Somebody is coming."),
    "kiosk.js.called.nobody": (
        "呼叫没有送到，请直接招呼旁边的工作人员。",
        "The call did not go through. Please wave to a member of staff.",
    ),
    "kiosk.js.called.title.nobody": ("请招呼旁边的工作人员", "Please wave to a member of staff"),
    "kiosk.js.number.wrong": (
        "这个号码好像不对，请对着身份证再看一遍。",
        "This number does not look right. Please compare it with the card.",
    ),
    "kiosk.js.number.short": ("还没有输完，一共 18 位。", "There is more to type: 18 characters in all."),
    "kiosk.js.enrol.code": ("请输入一次性代码", "Please type the code"),
    "kiosk.js.enrol.failed": ("没有成功，请检查代码和网络", "It did not work. Check the code and the line"),
    "kiosk.js.slip.passed": ("待遇资格认证凭证", "Certificate of eligibility"),
    "kiosk.js.slip.passed.note": ("扫码可核验。请保管好。", "Scan to check. Please keep it."),
    "kiosk.js.slip.kept": ("采集回执", "Receipt of a recording"),
    "kiosk.js.slip.kept.note": (
        "这不是认证结果。网络恢复后核对，待遇不受影响。",
        "This is not a result. It is checked once the line is back; your benefit is untouched.",
    ),
    "kiosk.js.slip.at": ("时间", "Time"),
    "kiosk.js.slip.serial": ("凭证编号", "Certificate"),
    "kiosk.js.slip.due": ("下次认证截止", "Next due by"),
    "kiosk.js.slip.number": ("回执编号", "Receipt"),
    "kiosk.js.refused.line": ("工作人员请看：{n} 份没有办成", "Staff: {n} came to nothing"),
    "kiosk.js.refused.again": ("→ 请本人再来办一次。", "→ Please ask the person to come again."),
    "kiosk.js.refused.technician": (
        "→ 记录留在本机。请叫技术人员，并告诉经办机构；也请本人用别的方式办理。",
        "→ It stays on this machine. Call the technician and tell the agency; offer the person another way.",
    ),
    "kiosk.js.printed": ("小票正在打印", "The slip is being printed"),
    "kiosk.js.trouble.none.title": ("没有找到摄像头", "No camera was found"),
    "kiosk.js.trouble.none.lead": ("请叫工作人员，或换一种方式办理。", "Please call staff or use another way."),
    "kiosk.js.trouble.refused.title": ("摄像头打不开", "The camera does not open"),
    "kiosk.js.trouble.refused.lead": ("请叫工作人员，或换一种方式办理。", "Please call staff or use another way."),
    "kiosk.js.trouble.in_use.lead": ("请叫工作人员，或换一种方式办理。", "Please call staff or use another way."),
    "kiosk.js.trouble.unsupported.title": ("摄像头打不开", "The camera does not open"),
    "kiosk.js.trouble.unsupported.lead": ("请叫工作人员，或换一种方式办理。", "Please call staff or use another way."),
    "kiosk.js.trouble.insecure.lead": ("请叫工作人员，或换一种方式办理。", "Please call staff or use another way."),
    "kiosk.js.ask.come_closer": ("请把脸靠近屏幕一点", "Bring your face a little closer to the screen"),
    "kiosk.js.hint.too_far": ("请走近一点", "Step a little closer"),
    "kiosk.js.hint.too_close": ("请退后一点", "Step back a little"),
    "kiosk.js.hint.covered": ("镜头好像被挡住了", "The lens seems covered"),
}

KIOSK_TEXTS: dict[str, tuple[str, str]] = {**SCREENS, **SCRIPTS}
