"""A device that signs what it sends, and whose request cannot be believed."""

from __future__ import annotations

from auth_service.core.errors.access import AccessRefused


class SignatureRefused(AccessRefused):
    """Base of what is wrong with a signature; said before a byte of the body is read, or before it is parsed."""

    code = "signature_refused"
    zh = "请求的签名不能接受。"
    en = "The request's signature cannot be accepted."


class SignatureMissing(SignatureRefused):
    code = "signature_missing"
    zh = "请求没有签名（Signature-Input 与 Signature 请求头）。"
    en = "The request is not signed (headers Signature-Input and Signature)."


class SignatureInvalid(SignatureRefused):
    code = "signature_invalid"
    zh = "请求的签名不正确，或没有覆盖应当覆盖的内容。"
    en = "The request's signature is wrong, or does not cover what it has to."


class DigestMismatch(SignatureRefused):
    code = "digest_mismatch"
    zh = "请求内容与签名所说的摘要不一致。"
    en = "The request's content is not what its signed digest says."


class SignatureReplayed(SignatureRefused):
    code = "signature_replayed"
    zh = "这个签名已经用过；重试时请用新的 nonce 重新签名。"
    en = "This signature was used before. Sign anew, with a new nonce, to try again."


class ClockWrong(SignatureRefused):
    """Base of what is wrong with the time of a signature. The detail is the server's time, in ISO 8601."""

    code = "clock_wrong"
    zh = "签名的时间不正确。"
    en = "The signature's time is wrong."


class ClockSkewed(ClockWrong):
    code = "clock_skew"
    zh = "设备时钟比服务器快五分钟以上，请按回答中的服务器时间校准后重新签名。"
    en = "The device's clock is more than five minutes ahead. Set it by the server's time in this answer and sign anew."


class SignatureExpired(ClockWrong):
    code = "signature_expired"
    zh = "签名已过有效期，或设备时钟偏慢；请按回答中的服务器时间重新签名。"
    en = "The signature is over, or the device's clock is slow. Sign anew by the server's time in this answer."


class DeviceRefused(AccessRefused):
    """The same for a device that nobody knows, that is not let in yet and that is let out for good."""

    code = "device_refused"
    zh = "此设备未登记或已停用。"
    en = "This device is not registered, or no longer."


class DeviceQuarantined(AccessRefused):
    code = "device_quarantined"
    zh = "此设备已被隔离待查，暂不能开始新的认证；可到窗口办理，待遇不受影响。"
    en = "This device is set aside and starts nothing new for now. The counter is open; nothing is lost by it."


class EnrolmentCodeRefused(AccessRefused):
    code = "enrolment_code_refused"
    zh = "登记码不正确、已用过、已过期，或尚未有第二人批准。"
    en = "The enrolment code is wrong, used, over, or not approved by a second person yet."
