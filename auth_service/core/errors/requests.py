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


class StaleJudgement(RequestRefused):
    code = "stale_judgement"
    zh = "这条疑点已被他人处理，请刷新后再看。"
    en = "Somebody else has handled this flag. Please reload the page."


class ReasonMissing(RequestRefused):
    code = "reason_missing"
    zh = "请写明理由。"
    en = "Please give a reason."


class SettingInvalid(RequestRefused):
    code = "setting_invalid"
    zh = "设置不正确，服务不能启动。"
    en = "A setting is wrong; the service does not start."
