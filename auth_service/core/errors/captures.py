"""What can go wrong with a capture session: the person is never told more than what helps."""

from __future__ import annotations

from auth_service.core.errors.requests import RequestRefused


class SessionUnknown(RequestRefused):
    code = "session_unknown"
    zh = "这次认证已结束或链接无效，请重新开始；也可到窗口或预约上门办理。"
    en = "This capture has ended or its link is not valid. Please begin anew; the counter or a home visit is open too."


class SessionExpired(RequestRefused):
    code = "session_expired"
    zh = "这次认证的时间已过，没有任何影响，可以重新开始；也可到窗口或预约上门办理。"
    en = "The time is over, which changes nothing. Please begin anew; the counter or a home visit is open too."


class SessionSpent(RequestRefused):
    code = "session_spent"
    zh = "这次认证已经提交，不能再次提交；请查看结果或重新开始。"
    en = "This capture was handed in already and cannot be handed in again. See its result, or begin anew."


class SessionNotStarted(RequestRefused):
    code = "session_not_started"
    zh = "请先打开摄像头，再按提示操作。"
    en = "Open the camera first, then follow the prompts."


class StepRefused(RequestRefused):
    code = "step_refused"
    zh = "这一步的画面不能使用，请按提示再做一次。"
    en = "The pictures of this step cannot be used. Please do the step again as prompted."


class StepConflict(RequestRefused):
    code = "step_conflict"
    zh = "这一步已经提交，内容不能更改；请继续下一步。"
    en = "This step was handed in already and cannot be changed. Please go on with the next one."


class StepLate(RequestRefused):
    code = "step_late"
    zh = "网络慢了一些，这一步请重新做一次，提示会换一个。"
    en = "The line was slow, so this step is asked for once more, with another prompt."


class StepsMissing(RequestRefused):
    code = "steps_missing"
    zh = "还有步骤没有完成，请继续按提示操作。"
    en = "Some steps are missing. Please go on as prompted."


class PhotoConflict(RequestRefused):
    code = "photo_conflict"
    zh = "这次已经留过一张照片，工作人员会核对，不能再换；也可到窗口或预约上门办理。"
    en = "A photo was left already; staff will check that one. The counter or a home visit is open too."


class CodeRefused(RequestRefused):
    code = "code_refused"
    zh = "验证码不正确或已过期，请核对后重输，或重新获取；也可到窗口或预约上门办理。"
    en = "The code is wrong or too old. Check it, or ask for a new one; the counter or a home visit is open too."


class CodeNotOffered(RequestRefused):
    code = "code_not_offered"
    zh = "本机构不发送验证码，请由工作人员查看，或到窗口、预约上门办理。"
    en = "This agency sends no codes. A person will look, or choose the counter or a home visit."


class NoChallengeLeft(RequestRefused):
    code = "no_challenge_left"
    zh = "按您的情况，手机认证不合适；请选择到窗口办理或预约上门。"
    en = "A capture by phone does not suit you as things are. Please choose the counter or a home visit."
