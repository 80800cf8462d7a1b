"""Who asks may not."""

from __future__ import annotations

from auth_service.core.errors.root import ServiceError


class AccessRefused(ServiceError):
    code = "access_refused"
    zh = "没有权限。"
    en = "You are not allowed to do this."


class SecondPersonNeeded(AccessRefused):
    code = "second_person_needed"
    zh = "此事须由两名不同的人员办理，每人各自登录。"
    en = "Two different people are needed, each signed in with a password of their own."


class ConfirmationNeeded(AccessRefused):
    code = "confirmation_needed"
    zh = "距您上次输入密码已超过五分钟。为确认是您本人，请再输一次密码。"
    en = "You gave your password more than five minutes ago. Please give it once more, so that it is surely you."


class PossessionNeeded(AccessRefused):
    code = "possession_needed"
    zh = "请先填写发到登记手机的验证码，或用手机认证一次；也可带身份证到窗口查询。"
    en = (
        "First give the code that went to the telephone on file, or verify once; or ask at a counter with your ID card."
    )


class LivePassNeeded(AccessRefused):
    code = "live_pass_needed"
    zh = "为保护您的信息，请先用手机认证一次，随后 15 分钟内可以查看；也可带身份证到窗口查询。"
    en = "To guard your data, please verify once; it is open for 15 minutes then. A counter shows it too."


class OwnCapture(AccessRefused):
    code = "own_capture"
    zh = "这次采集是您本人作证的，须由另一名工作人员查看。"
    en = "You attested this capture yourself. Another member of staff must look at it."


class CredentialsInvalid(AccessRefused):
    code = "credentials_invalid"
    zh = "用户名、密码或密钥不正确。"
    en = "The user name, password or key is wrong."


class SignInRequired(AccessRefused):
    code = "sign_in_required"
    zh = "请先登录。"
    en = "Please sign in first."


class SignInThrottled(AccessRefused):
    code = "sign_in_throttled"
    zh = "尝试次数过多，请稍后再试。"
    en = "Too many tries. Please wait a little."
    retryable = True


class CsrfRefused(AccessRefused):
    code = "csrf_refused"
    zh = "页面已过期，请刷新后重试。"
    en = "The page has expired. Please reload it and try again."


class PushRefused(AccessRefused):
    """A key sends a file of a registry that it may not send. `key_id` is for the audit trail."""

    code = "push_refused"
    zh = "此密钥不能报送这份数据。"
    en = "This key may not send this file."

    def __init__(self, detail: str = "", *, field: str | None = None, key_id: str = "") -> None:
        super().__init__(detail, field=field)
        self.key_id = key_id


class KeyUnbound(PushRefused):
    code = "key_unbound"
    zh = "此密钥没有限定数据种类和来源，不能报送。请经办机构用 --kinds 和 --source 新建密钥，并停用此密钥。"
    en = (
        "This key is bound to no kinds of registries and no source, so it sends nothing. "
        "Ask the agency to make a new one with --kinds and --source, and to disable this one."
    )


class KindNotOfKey(PushRefused):
    code = "kind_not_of_key"
    zh = "此密钥不能报送这一种类的数据。"
    en = "This key does not send this kind of registry."


class SourceNotOfKey(PushRefused):
    code = "source_not_of_key"
    zh = "此密钥不能以这个来源的名义报送；整份文件未予采用。"
    en = "This key does not speak for this source. Nothing of the file was kept."


class ScopeMissing(AccessRefused):
    code = "scope_missing"
    zh = "此密钥没有这项权限。"
    en = "This key lacks the permission."
