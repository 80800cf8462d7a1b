"""The texts of the beneficiary's page, in Chinese and English: key -> (zh, en). They join the table of web/texts.py.

What stands under `verify.js.` is said by the page's scripts and handed to them with the page. The words ask and thank;
they never order anybody to prove that they are alive, and no time limit is held over anybody.
"""

from __future__ import annotations

from auth_service.web.texts_held import HELD

SCREENS: dict[str, tuple[str, str]] = {
    "verify.title": ("请完成待遇资格认证", "Please confirm your eligibility"),
    "verify.brand": ("待遇资格认证", "Benefit eligibility"),
    "verify.noscript": (
        "这个浏览器关闭了网页功能，不能打开摄像头。请换一个浏览器，或联系{agency}改到窗口、电话或上门办理，效力相同。",
        (
            "This browser does not run scripts, so it cannot open the camera. Please use another browser, or ask"
            " {agency} for the counter, a telephone call or a home visit. They count the same."
        ),
    ),
    "verify.help": (
        "需要帮忙，请联系{agency}。改用其他方式效力相同，不影响待遇。",
        "For help, contact {agency}. Other ways count the same and leave your benefit untouched.",
    ),
    "verify.other": ("换一种方式", "Another way"),
    "verify.next": ("下一步", "Next"),
    # welcome
    "verify.welcome.lead": (
        "每年一次，约两分钟。可以请人在旁帮忙。",
        "Once a year, about two minutes. Somebody may help you.",
    ),
    "verify.welcome.1": (
        "到室内有灯的地方，不要对着太阳。露出脸，头巾不用摘。",
        "Sit indoors in soft light, out of the sun, and show your face. A headscarf may stay on.",
    ),
    "verify.welcome.2": ("跟着箭头和声音，慢慢转头、点头。", "Follow arrow and voice: turn and nod slowly."),
    "verify.welcome.3": ("完成后，这里显示结果。", "Then the result is shown here."),
    "verify.welcome.start": ("开始", "Begin"),
    "verify.welcome.qr": ("想用手机办理？", "Rather by phone?"),
    "verify.welcome.qr.help": (
        "用手机摄像头扫这个码，在手机上打开本页面。",
        "Point the phone's camera at this code to open this page there.",
    ),
    "verify.welcome.qr.name": ("本页面地址的二维码", "QR code with the address of this page"),
    # who
    "verify.who.title": ("请问您是哪一位", "Who are you"),
    "verify.who.name": ("姓名", "Name"),
    "verify.who.id_number": ("身份证号码", "ID number"),
    "verify.who.id_number.help": ("最后一位是 X 也可以。", "The last character may be X."),
    "verify.who.helper": ("谁来操作手机？", "Who holds the phone?"),
    "verify.who.self": ("我自己", "I do"),
    "verify.who.relative": ("家人帮我操作", "A relative helps me"),
    "verify.who.helper_name": ("帮忙的人姓名", "The helper's name"),
    "verify.who.relation": ("与本人的关系", "Who this is to you"),
    "verify.who.relation.child": ("子女", "Son or daughter"),
    "verify.who.relation.spouse": ("配偶", "Husband or wife"),
    "verify.who.relation.kin": ("其他亲属", "Another relative"),
    "verify.who.relation.neighbour": ("邻居或朋友", "Neighbour or friend"),
    "verify.who.relation.carer": ("护理人员", "Carer"),
    # what suits the person
    "verify.comfort.title": ("怎样对您合适", "What suits you"),
    "verify.comfort.lead": (
        "有下面的情况就勾上，没有就直接下一步。",
        "Tick what applies. If nothing does, just go on.",
    ),
    "verify.comfort.slow": ("慢一点，多给些时间", "Slower, with more time"),
    "verify.comfort.cannot_turn": ("不方便转头", "I cannot turn my head"),
    "verify.comfort.cannot_stand_light": ("怕闪光", "I cannot stand flashing light"),
    "verify.comfort.cannot_hear": ("听不清声音", "I cannot hear well"),
    "verify.comfort.tremor": ("手抖或头抖", "My hands or head shake"),
    "verify.comfort.bedridden": ("躺在床上", "I am in bed"),
    # flashing light
    "verify.light.title": ("屏幕会变几次颜色", "The screen will change colour"),
    "verify.light.lead": (
        "屏幕会亮起白、蓝、绿、黑，共 8 次，约 3 秒，像一盏小灯照着脸。",
        "The screen shows white, blue, green and black, 8 times in about 3 seconds, like a small lamp on your face.",
    ),
    "verify.light.warning": (
        "有光敏性癫痫，或者看闪光会头晕的，请选“不用颜色”。",
        "If you have photosensitive epilepsy, or flashing light makes you dizzy, choose “Without colours”.",
    ),
    "verify.light.without": (
        "不用颜色也可以办：会多做一个动作，并由工作人员再看一眼。",
        "It works without colours too: one more movement, and a member of staff has a look.",
    ),
    "verify.light.yes": ("可以，用颜色", "With colours"),
    "verify.light.no": ("不用颜色", "Without colours"),
    # one-time code
    "verify.code.title": ("收一个验证码", "A code to your telephone"),
    "verify.code.lead": (
        "不用颜色时，可以给您在社保登记的手机发一个验证码。没有登记手机或收不到，也可以继续，由工作人员再看一眼。",
        (
            "Without colours, a code can be sent to the telephone that we have on file for you. If there is none, or"
            " nothing arrives, go on without it: a member of staff will have a look."
        ),
    ),
    "verify.code.send": ("发验证码", "Send the code"),
    "verify.code.label": ("6 位验证码", "Code of 6 digits"),
    "verify.code.skip": ("不用验证码，继续", "Go on without a code"),
    # consent
    "verify.consent.title": ("请您决定是否同意", "Please decide whether you agree"),
    "verify.consent.listen": ("读给我听", "Read it to me"),
    "verify.consent.yes": ("同意，继续", "I agree"),
    "verify.consent.no": ("不同意，换一种方式", "I do not agree: another way"),
    "verify.consent.kept": (
        "同意书编号 {kind}/{version}，中文。同意后随时可以撤回：点“撤回同意”，再确认一次。",
        "Text {kind}/{version}, English. You can withdraw at any time: press “Withdraw consent” and confirm once.",
    ),
    "verify.consent.text": ("同意书全文", "The text"),
    # camera
    "verify.camera.picture": ("摄像头画面", "Camera picture"),
    "verify.camera.choose": ("换摄像头", "Camera"),
    "verify.camera.ready": ("准备好了，开始", "I am ready"),
    "verify.camera.open": ("打开摄像头", "Open the camera"),
    "verify.camera.title": ("看看画面", "Check the picture"),
    "verify.camera.lead": (
        "接下来浏览器会问能不能用摄像头，请点“允许”。",
        "The browser will ask for the camera. Please press “Allow”.",
    ),
    "verify.camera.resume": (
        "上次没有做完。已做好的步骤都保存着，打开摄像头接着做就行。",
        "You had not finished. What was done is kept; open the camera to go on.",
    ),
    # sending
    "verify.sending.title": ("正在提交", "Sending"),
    "verify.sending.progress": ("提交进度", "Progress"),
    "verify.sending.retry": ("现在再试", "Try now"),
    # results
    "verify.passed.title": ("认证通过，谢谢您", "Confirmed. Thank you"),
    "verify.passed.due": ("下次认证截止", "Next due by"),
    "verify.passed.serial": ("凭证编号", "Certificate number"),
    "verify.passed.open": ("查看凭证", "See the certificate"),
    "verify.passed.qr": ("核验凭证的二维码", "QR code to check the certificate"),
    "verify.passed.other": ("需要纸质凭证或有疑问：换一种方式联系", "For paper or a question: contact us another way"),
    "verify.again.title": ("这次没有看清，请再试一次", "We could not see well. Please try again"),
    "verify.again.lead": ("这不影响您的待遇。", "This changes nothing about your benefit."),
    "verify.again.start": ("再试一次", "Try again"),
    "verify.again.slow": ("再试一次，慢一点", "Try again, slower"),
    "verify.review.title": ("已提交，由工作人员再看一眼", "Handed in. A member of staff will have a look"),
    "verify.review.lead": (
        "您不用再做什么，待遇照常发放。有结果会通知您。",
        "You need do nothing more; your benefit goes on. You will be told.",
    ),
    "verify.review.close": ("现在可以关闭页面了。", "You may close this page now."),
    "verify.collected.title": ("试采已收到，谢谢您", "Your pilot session was received. Thank you"),
    "verify.collected.lead": (
        "想撤回，现在点“撤回同意”，或告诉旁边的工作人员，画面会立即删除。",
        "To take it back, press “Withdraw consent” or tell the member of staff beside you: the pictures go at once.",
    ),
    "verify.otherway.title": ("请换一种方式办理", "Please use another way"),
    "verify.otherway.lead": (
        "手机这次不合适，这不影响您的待遇。请选一种方便的方式。",
        "The phone does not suit this time, which changes nothing about your benefit. Please choose what suits you.",
    ),
    "verify.over.title": ("可以重新开始", "You can begin anew"),
    "verify.over.lead": (
        "这次的时间过了，没有任何影响。想慢一点，可以选“慢一点”。",
        "The time for this try is over, which changes nothing. Choose “slower” for more time.",
    ),
    "verify.over.start": ("重新开始", "Begin anew"),
    "verify.over.slow": ("重新开始，慢一点", "Begin anew, slower"),
    # trouble with the camera or the service
    "verify.trouble.retry": ("再试一次", "Try again"),
    # other ways
    "verify.ways.title": ("换一种方式", "Another way"),
    "verify.ways.lead": (
        "效力完全相同，不影响待遇。选一种，我们会联系您。",
        "They count the same and leave your benefit untouched. Choose one; we will contact you.",
    ),
    "verify.ways.which": ("您想用哪一种？", "Which one?"),
    "verify.ways.counter": ("到窗口办理", "At a counter"),
    "verify.ways.counter.help": ("带身份证，工作人员当面办理。", "Bring your ID card; staff do it with you."),
    "verify.ways.home_visit": ("预约上门", "A visit at home"),
    "verify.ways.home_visit.help": ("工作人员到家里来。", "Staff come to you."),
    "verify.ways.phone_call": ("请打电话给我", "Call me back"),
    "verify.ways.phone_call.help": ("工作人员给您回电话。", "Staff telephone you."),
    "verify.ways.relative": ("请家人来帮我", "A relative will help"),
    "verify.ways.relative.help": ("家人改天用手机帮您办。", "A relative does it with you another day."),
    "verify.ways.photo": ("留一张照片，请工作人员核对", "Leave a photo for staff to check"),
    "verify.ways.photo.help": (
        "还没有登记照片时可用；核对前后都可以改用别的方式。",
        "Of use while no photo of you is enrolled; every other way stays open.",
    ),
    "verify.photo.title": ("留一张照片", "Leave a photo"),
    "verify.photo.lead": (
        "正对手机，露出脸，只有您一个人。工作人员会与证件或存档照片核对，最多保存 30 天。只凭这张照片不会通过认证。",
        (
            "Face the phone, alone in the picture. Staff compare it with papers or the file photo and keep it for 30"
            " days at most. It does not pass anybody by itself."
        ),
    ),
    "verify.photo.open": ("用摄像头拍", "Use the camera"),
    "verify.photo.choose": ("选一张照片", "Choose a picture"),
    "verify.photo.take": ("拍照", "Take it"),
    "verify.photo.send": ("提交这张", "Send this one"),
    "verify.photo.again": ("换一张", "Another one"),
    "verify.photo.shown": ("要提交的照片", "The photo to be sent"),
    "verify.ways.phone": ("联系电话（可不填）", "Telephone (if you like)"),
    "verify.ways.send": ("提交请求", "Send the request"),
    "verify.ways.back": ("返回", "Go back"),
    "verify.asked.title": ("已记下您的请求", "Your request is noted"),
    "verify.asked.lead": (
        "工作人员会与您联系。在这之前待遇照常发放。",
        "Staff will contact you. Your benefit goes on meanwhile.",
    ),
    "verify.asked.back": ("回到开始", "Back to the beginning"),
    # withdrawal
    "verify.withdraw": ("撤回同意", "Withdraw consent"),
    "verify.withdraw.title": ("要撤回同意吗？", "Withdraw your consent?"),
    "verify.withdraw.lead": (
        "撤回后，这次拍的画面会删除，待遇不受影响，可以换一种方式办理。",
        "The pictures of this try are deleted, your benefit is untouched, and other ways are open.",
    ),
    "verify.withdraw.yes": ("确认撤回", "Yes, withdraw"),
    "verify.withdraw.no": ("不撤回，回去", "No, go back"),
    "verify.withdrawn.title": ("已撤回同意", "Consent is withdrawn"),
    "verify.withdrawn.lead": ("这次拍的画面已经删除。", "The pictures of this try are deleted."),
}

SCRIPTS: dict[str, tuple[str, str]] = {
    "verify.js.voice_on": ("语音：开", "Voice: on"),
    "verify.js.voice_off": ("语音：关", "Voice: off"),
    "verify.js.camera_n": ("摄像头 {n}", "Camera {n}"),
    "verify.js.step_of": ("第 {n} 步，共 {of} 步", "Step {n} of {of}"),
    # hints on the picture
    "verify.js.hint.fine": ("很好", "Good"),
    "verify.js.hint.no_face": ("没看到脸，请把脸放进椭圆", "No face to be seen. Bring it into the oval"),
    "verify.js.hint.several": ("有几张脸，请只留您一个人", "Several faces. Please be alone in the picture"),
    "verify.js.hint.too_far": ("请靠近一点", "Come a little closer"),
    "verify.js.hint.too_close": ("请离远一点", "Move back a little"),
    "verify.js.hint.off_centre": ("请把脸移到椭圆中间", "Move your face to the middle of the oval"),
    "verify.js.hint.dark": ("太暗了，请到亮处或开灯", "Too dark. Find light or switch a lamp on"),
    "verify.js.hint.bright": ("太亮了，请避开强光", "Too bright. Turn away from strong light"),
    "verify.js.hint.covered": ("镜头好像被挡住了，请看看手指", "The lens seems covered. Check your fingers"),
    "verify.js.hint.bigger": ("动作可以再大一点", "A little further, please"),
    "verify.js.hint.hold_still": ("请先别动", "Please hold still"),
    # what is asked
    "verify.js.ask.check": ("请把脸放进椭圆里", "Bring your face into the oval"),
    "verify.js.ask.neutral": ("请看着屏幕，别动", "Look at the screen and hold still"),
    "verify.js.ask.turn_left": ("请慢慢向左转头", "Turn your head slowly to your left"),
    "verify.js.ask.turn_right": ("请慢慢向右转头", "Turn your head slowly to your right"),
    "verify.js.ask.nod": ("请慢慢低头", "Bend your head down slowly"),
    "verify.js.ask.look_up": ("请慢慢抬头", "Look up slowly"),
    "verify.js.ask.come_closer": ("请把脸靠近一点", "Bring your face a little closer"),
    "verify.js.ask.hold": ("就这样，停一下", "Just so, stay a moment"),
    "verify.js.ask.back": ("好，转回来看着屏幕", "Good. Look at the screen again"),
    "verify.js.ask.once_more": ("不着急，再来一次", "No hurry, once more"),
    "verify.js.ask.done": ("很好", "Well done"),
    "verify.js.ask.light": ("屏幕要变颜色了，请看着屏幕", "Colours are coming. Look at the screen"),
    # sending
    "verify.js.sending.part": ("已送出 {n} 步，共 {of} 步", "{n} of {of} steps sent"),
    "verify.js.sending.judging": ("画面已送到，正在核对，请稍等", "Everything has arrived. One moment, please"),
    "verify.js.sending.lost": (
        "网络断了。拍好的画面都在，连上后自动继续，不用重做",
        "The connection is lost. Your pictures are safe; it goes on by itself, nothing to redo",
    ),
    "verify.js.code_sent": (
        "如果登记了手机，短信马上就到，10 分钟内有效。",
        "If there is a telephone on file, the message arrives shortly and holds for 10 minutes.",
    ),
    "verify.js.lost": ("网络断了，连上后自动继续", "The connection is lost; it goes on by itself"),
    "verify.js.sending.slow": (
        "网络有点慢，正在送，不用重做",
        "The connection is slow. It is being sent, nothing to redo",
    ),
    # camera trouble
    "verify.js.trouble.refused.title": ("还没有允许使用摄像头", "The camera is not allowed yet"),
    "verify.js.trouble.refused.lead": (
        "请点网址旁边的小锁或设置，把“摄像头”改成“允许”，再点“再试一次”。",
        "Press the small lock or the settings beside the address, set “Camera” to “Allow”, then try again.",
    ),
    "verify.js.trouble.none.title": ("没有找到摄像头", "No camera was found"),
    "verify.js.trouble.none.lead": (
        "请换一部有摄像头的手机，或换一种方式办理。",
        "Please use a phone with a camera, or another way.",
    ),
    "verify.js.trouble.in_use.title": ("摄像头正被别的程序使用", "Another program is using the camera"),
    "verify.js.trouble.in_use.lead": (
        "请关掉视频通话等程序，再点“再试一次”。",
        "Please close video calls and the like, then try again.",
    ),
    "verify.js.trouble.insecure.title": ("这个地址不能用摄像头", "No camera at this address"),
    "verify.js.trouble.insecure.lead": (
        "请用以 https 开头的网址打开，或换一种方式办理。",
        "Please open the address that begins with https, or use another way.",
    ),
    "verify.js.trouble.unsupported.title": ("这个浏览器打不开摄像头", "This browser cannot open the camera"),
    "verify.js.trouble.unsupported.lead": (
        "请更新浏览器，或换一部手机，或换一种方式办理。",
        "Please update the browser, use another phone, or another way.",
    ),
    "verify.js.trouble.wechat.title": ("请用手机浏览器打开", "Please open it in the phone's browser"),
    "verify.js.trouble.wechat.lead": (
        "微信里可能打不开摄像头。点右上角“…”，再点“在浏览器打开”。",
        "WeChat may not open the camera. Press “…” at the top right, then “Open in browser”.",
    ),
    "verify.js.trouble.alipay.title": ("请用手机浏览器打开", "Please open it in the phone's browser"),
    "verify.js.trouble.alipay.lead": (
        "支付宝里可能打不开摄像头。点右上角“…”，再点“在浏览器中打开”。",
        "Alipay may not open the camera. Press “…” at the top right, then “Open in browser”.",
    ),
    "verify.js.trouble.in_app.title": ("请用手机浏览器打开", "Please open it in the phone's browser"),
    "verify.js.trouble.in_app.lead": (
        "这个应用里可能打不开摄像头。请在菜单里选“在浏览器打开”，或复制网址到手机浏览器。",
        "This app may not open the camera. Choose “Open in browser” in its menu, or copy the address to the browser.",
    ),
    "verify.js.trouble.service.title": ("服务暂时没有回应", "The service does not answer at the moment"),
    "verify.js.trouble.service.lead": (
        "请稍后再试，或换一种方式办理，不影响待遇。",
        "Please try later or use another way. Your benefit is untouched.",
    ),
    # which way is proposed first, and why
    "verify.js.next.kiosk": (
        "可以先试附近银行的自助终端，带上身份证：屏幕会照亮脸，旁边有人帮忙。别的方式效力一样，您来选。",
        (
            "You could try a bank's terminal, with your ID card: its screen lights your face, and somebody is there to"
            " help. Every way counts the same; you choose."
        ),
    ),
    "verify.js.next.counter": (
        "可以先去社保窗口，带上身份证：工作人员当面帮您办。别的方式效力一样，您来选。",
        "You could go to the agency's counter, with your ID card: staff help. Every way counts the same; you choose.",
    ),
    "verify.js.next.rather": ("不想等的话：{way}", "If you would rather not wait: {way}"),
    "verify.js.photo.unreadable": (
        "这个文件打不开，请换一张照片，或用摄像头拍。",
        "This file cannot be opened. Please choose another picture, or use the camera.",
    ),
    # words at fields
    "verify.js.field.name": ("请填写姓名", "Please fill in the name"),
    "verify.js.field.id_number": ("请填写身份证号码", "Please fill in the ID number"),
    "verify.js.field.helper_name": ("请填写帮忙的人姓名", "Please fill in the helper's name"),
    "verify.js.field.way": ("请选一种方式", "Please choose one"),
}

PHONE_TEXTS: dict[str, tuple[str, str]] = {**SCREENS, **SCRIPTS, **HELD}
