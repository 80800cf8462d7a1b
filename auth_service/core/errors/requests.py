"""Requests over HTTP and arguments of commands that cannot be used."""

from __future__ import annotations

from auth_service.core.errors.root import InputRefused


class RequestRefused(InputRefused):
    code = "request_invalid"
    zh = "请求格式不正确。"
    en = "The request has a wrong form."


class BodyTooLarge(RequestRefused):
    code = "body_too_large"
    zh = "提交的内容过大。"
    en = "What was sent is too large."


class BodyTooSlow(RequestRefused):
    code = "body_too_slow"
    zh = "提交用时过长，请检查网络后重新提交。"
    en = "Sending took too long. Please check the network and send it again."
    retryable = True


class RateLimited(RequestRefused):
    """`retry_after`: seconds until it is worth asking again."""

    code = "rate_limited"
    zh = "请求过于频繁，请稍后再试。"
    en = "Too many requests. Please wait a little."
    retryable = True

    def __init__(self, detail: str = "", *, field: str | None = None, retry_after: int = 60) -> None:
        super().__init__(detail, field=field)
        self.retry_after = retry_after


class AttemptsUsedUp(RateLimited):
    """Not to be asked again at once: whoever did would only wait at a closed door while another way is open."""

    code = "attempts_used_up"
    zh = "今天在此处的尝试次数已用完。请换一台设备或渠道，或到窗口、申请上门办理；待遇不受影响。"
    en = "No more tries here today. Please use another device or way, a counter or a visit; nothing is lost by it."
    retryable = False


class MediaTypeUnsupported(RequestRefused):
    code = "media_type_unsupported"
    zh = "请以表单（multipart/form-data）提交。"
    en = "Please send a form (multipart/form-data)."


class MethodNotAllowed(RequestRefused):
    code = "method_not_allowed"
    zh = "此地址不支持这种操作。"
    en = "This address does not support that method."


class NotFound(RequestRefused):
    code = "not_found"
    zh = "没有找到。"
    en = "Not found."


class IdempotencyKeyMissing(RequestRefused):
    code = "idempotency_key_missing"
    zh = "缺少 Idempotency-Key 请求头。"
    en = "The Idempotency-Key header is missing."


class IdempotencyKeyReused(RequestRefused):
    code = "idempotency_key_reused"
    zh = "同一个 Idempotency-Key 已用于其他内容。"
    en = "This Idempotency-Key was used with other content."


class IdempotencyInFlight(RequestRefused):
    code = "idempotency_in_flight"
    zh = "相同请求正在处理，请稍候再取结果。"
    en = "The same request is being processed. Please ask again shortly."
    retryable = True


class AlreadyExists(RequestRefused):
    code = "already_exists"
    zh = "已经存在，不能重复建立。"
    en = "It exists already."


class EngineInUse(RequestRefused):
    code = "engine_in_use"
    zh = "该引擎正在用于判定，请先以新引擎启动服务。"
    en = "This engine decides at present. Start the service with the other engine first."


class PeopleLeftBehind(RequestRefused):
    code = "people_left_behind"
    zh = "仍有人员只有旧引擎的特征，其人数与所填不符；请先重新登记，或填写实际人数。"
    en = "Another number of people have references of the old engine alone. Enrol them, or say how many there are."


class KeyInUse(RequestRefused):
    code = "key_in_use"
    zh = "该密钥版本仍在使用，不能销毁。"
    en = "This key version is still needed and cannot be destroyed."


class ErasureHeldBack(RequestRefused):
    code = "erasure_held_back"
    zh = "此人有尚未核实完毕的疑点，暂不能删除；请先完成核实。"
    en = "A flag about this person is still open, so nothing was erased. Please settle it first."


class CalibrationTooFew(RequestRefused):
    code = "calibration_too_few_people"
    zh = "这份标定所依据的人数不足，生产环境不能启用。"
    en = "Too few people stand behind this calibration; it cannot be put in force in production."


class FlashTooFew(RequestRefused):
    code = "flash_too_few"
    zh = "颜色测量所依据的人数、采集次数或攻击次数不足，不能保存或启用。"
    en = "The colours were measured on too few people, sessions or attacks; this cannot be kept or put in force."


class FlashOutdated(RequestRefused):
    code = "flash_outdated"
    zh = "这次颜色测量所用的程序、模型或策略已不是现在使用的，不能启用；请重新测量。"
    en = "The colours were measured with programs, models or limits that are not those in use; please measure anew."


class PolicyRefused(RequestRefused):
    code = "policy_refused"
    zh = "这份政策有不能接受的内容，请按所列行号更正。"
    en = "This policy has faults. Please mend the lines that are named."


class StaleJudgement(RequestRefused):
    code = "stale_judgement"
    zh = "这条记录已被他人处理，请刷新后再看。"
    en = "Somebody else has handled this meanwhile. Please reload the page."


class UndoOver(RequestRefused):
    code = "undo_over"
    zh = "撤回时间已过，结果已经生效。"
    en = "The time to take it back has passed, and what follows was done."


class ReasonMissing(RequestRefused):
    code = "reason_missing"
    zh = "请写明理由。"
    en = "Please give a reason."


class ScopesConflict(RequestRefused):
    code = "scopes_conflict"
    zh = "一个密钥不能既登记照片（enroll）又证明本人在场（assisted），请建立两个密钥，由不同的系统或岗位保管。"
    en = "One key may not both enrol photos (enroll) and attest presence (assisted). Make two, kept apart."


class RegistryBindingMissing(RequestRefused):
    code = "registry_binding_missing"
    zh = "权限含 registry 的密钥，须写明可报送的数据种类（--kinds）和所代表的来源（--source）。"
    en = (
        "A key with the scope registry names the kinds of registries that it sends (--kinds) and its source (--source)."
    )


class SettingInvalid(RequestRefused):
    code = "setting_invalid"
    zh = "设置不正确，服务不能启动。"
    en = "A setting is wrong; the service does not start."
