"""Every exception of the service, with its stable code and its words in Chinese and English.

Expected negatives (a non-match, a suspected attack, an overdue person) are values, not exceptions.
An exception is a broken precondition or an outage, and each says what to do next.

    ServiceError
    ├── InputRefused            what was sent cannot be used; the sender can mend it
    │   ├── ImageRefused        one photo
    │   ├── RowRefused          one row of a file
    │   ├── EnrollmentRefused   a photo that may not become a reference
    │   └── RequestRefused      a request over HTTP or a command's arguments
    ├── AccessRefused           who asks may not
    ├── EngineFault             weights or calibration missing, wrong or mixed
    ├── StorageFault            a record cannot be read or proved
    └── Unavailable             try again later

The texts stand beside the codes, not in `web`, because reject files and the command line speak the same
words as the HTTP channels (docs/decisions/0007-error-texts.md). The HTTP status of each is in
`web/errors.py`; a test walks this tree and fails when a class lacks a text or a status.
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """Base of the tree. `detail` adds the particulars of one case, never personal data."""

    code: ClassVar[str] = "service_error"
    zh: ClassVar[str] = "服务出现问题，请稍后再试或改用其他方式办理。"
    en: ClassVar[str] = "The service had a problem. Please try again later or use another way."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.field = field

    def text(self, language: str = "zh") -> str:
        """The sentence for a person, in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


# --- what was sent cannot be used -----------------------------------------------------------------


class InputRefused(ServiceError):
    code = "input_refused"
    zh = "提交的内容无法使用，请检查后重新提交。"
    en = "What was sent cannot be used. Please check it and send it again."


class ImageRefused(InputRefused):
    code = "image_refused"
    zh = "照片无法使用，请重新拍摄。"
    en = "The photo cannot be used. Please take it again."


class ImageEmpty(ImageRefused):
    code = "image_empty"
    zh = "照片文件是空的，请重新选择或拍摄。"
    en = "The photo file is empty. Please choose or take it again."


class ImageTooManyBytes(ImageRefused):
    code = "image_too_many_bytes"
    zh = "照片文件超过 4 MB，请用较小的照片。"
    en = "The photo file is larger than 4 MB. Please use a smaller one."


class ImageTooManyPixels(ImageRefused):
    code = "image_too_many_pixels"
    zh = "照片超过 1200 万像素，请用较小的照片。"
    en = "The photo has more than 12 million pixels. Please use a smaller one."


class ImageFormatUnsupported(ImageRefused):
    code = "image_format_unsupported"
    zh = "只接受 JPEG、PNG 或 WebP 照片。"
    en = "Only JPEG, PNG or WebP photos are accepted."


class ImageColourUnsupported(ImageRefused):
    code = "image_colour_unsupported"
    zh = "照片的颜色格式不受支持（如 CMYK 或 16 位），请另存为普通照片。"
    en = "The photo's colour format is not supported (CMYK or 16 bits). Please save it as an ordinary photo."


class ImageAnimated(ImageRefused):
    code = "image_animated"
    zh = "动态图片不能用于认证，请提供单张照片。"
    en = "An animated picture cannot be used. Please give a single photo."


class ImageDamaged(ImageRefused):
    code = "image_damaged"
    zh = "照片文件已损坏或不完整，请重新拍摄或上传。"
    en = "The photo file is damaged or incomplete. Please take or send it again."


class ImagePolyglot(ImageRefused):
    code = "image_polyglot"
    zh = "照片文件中夹带了其他内容，已拒收。"
    en = "The photo file carries other content and was refused."


class FaceUnusable(ImageRefused):
    code = "face_unusable"
    zh = "照片中的人脸无法识别，请正对镜头重新拍摄。"
    en = "The face in the photo cannot be read. Please face the camera and take it again."


class NoFaceFound(FaceUnusable):
    code = "no_face_found"
    zh = "照片中没有找到人脸，请正对镜头重新拍摄。"
    en = "No face was found in the photo. Please face the camera and take it again."


class SeveralFaces(FaceUnusable):
    code = "several_faces"
    zh = "照片中有多张人脸，请让本人单独拍摄。"
    en = "There is more than one face in the photo. Please let the person stand alone."


class QualityTooLow(FaceUnusable):
    code = "quality_too_low"
    zh = "照片质量不够，请按提示重新拍摄。"
    en = "The photo is not good enough. Please follow the hints and take it again."


class PhotosDiffer(FaceUnusable):
    code = "photos_differ"
    zh = "几张照片不像同一个人，请只提交本人的照片。"
    en = "The photos do not look like one person. Please send photos of the person only."


class RowRefused(InputRefused):
    code = "row_refused"
    zh = "这一行数据无法使用，请更正后重新导入。"
    en = "This row cannot be used. Please correct it and import it again."


class FieldMissing(RowRefused):
    code = "field_missing"
    zh = "必填内容缺失。"
    en = "A required value is missing."


class FieldInvalid(RowRefused):
    code = "field_invalid"
    zh = "内容格式不正确。"
    en = "The value has a wrong form."


class FieldTooLong(RowRefused):
    code = "field_too_long"
    zh = "内容过长。"
    en = "The value is too long."


class IdNumberInvalid(RowRefused):
    code = "id_number_invalid"
    zh = "证件号码格式不正确。"
    en = "The ID number has a wrong form."


class IdNumberCheckDigit(IdNumberInvalid):
    code = "id_number_check_digit"
    zh = "证件号码校验位不正确，请核对原件。"
    en = "The ID number's check digit is wrong. Please compare it with the card."


class IdNumberDate(IdNumberInvalid):
    code = "id_number_date"
    zh = "证件号码中的出生日期不存在，请核对原件。"
    en = "The birth date inside the ID number does not exist. Please compare it with the card."


class NameInvalid(RowRefused):
    code = "name_invalid"
    zh = "姓名中有不能使用的字符。"
    en = "The name holds characters that cannot be used."


class DateInvalid(RowRefused):
    code = "date_invalid"
    zh = "日期不正确。"
    en = "The date is not valid."


class AmountInvalid(RowRefused):
    code = "amount_invalid"
    zh = "金额不正确。"
    en = "The amount is not valid."


class DigitsLost(RowRefused):
    code = "digits_lost"
    zh = "表格把这个长号码存成了数值，末尾几位已丢失；请将该列设为文本格式后重新填写。"
    en = "The spreadsheet stored this long number as a number and lost its last digits. Make the column text."


class RowConflict(RowRefused):
    code = "row_conflict"
    zh = "与台账中已有的记录冲突，请人工核对。"
    en = "This contradicts a record that the ledger already holds. Please let a person check."


class FileUnreadable(InputRefused):
    code = "file_unreadable"
    zh = "文件无法读取，请检查格式和编码。"
    en = "The file cannot be read. Please check its format and encoding."


class ColumnsMissing(FileUnreadable):
    code = "columns_missing"
    zh = "文件缺少必需的列。"
    en = "The file lacks required columns."


class EvaluationSetTooSmall(FileUnreadable):
    code = "evaluation_set_too_small"
    zh = "评测数据不足，无法计算错误率：至少要有一组同一人和一组不同人的比对。"
    en = "Too little to measure: at least one mated and one non-mated comparison are needed."


class EnrollmentRefused(InputRefused):
    code = "enrollment_refused"
    zh = "照片未能登记，请由工作人员核对后办理。"
    en = "The photo was not enrolled. Please let a member of staff check it."


class BeneficiaryUnknown(EnrollmentRefused):
    code = "beneficiary_unknown"
    zh = "台账中没有与该证件号码对应的人员。"
    en = "The ledger holds nobody with this ID number."


class FaceDiffersFromReference(EnrollmentRefused):
    code = "face_differs_from_reference"
    zh = "照片与此人已登记的照片不一致，需工作人员当面核对。"
    en = "The photo differs from this person's enrolled photos. A member of staff must check in person."


class ImageOfAnotherPerson(EnrollmentRefused):
    code = "image_of_another_person"
    zh = "同一张照片已登记在另一人名下，已拒绝并提交核查。"
    en = "The same photo is enrolled for another person. It was refused and handed over for checking."


class ConsentMissing(EnrollmentRefused):
    code = "consent_missing"
    zh = "缺少本人对人脸信息处理的单独同意或法定依据。"
    en = "The person's separate consent to face processing, or its legal basis, is missing."


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


# --- who asks may not -----------------------------------------------------------------------------


class AccessRefused(ServiceError):
    code = "access_refused"
    zh = "没有权限。"
    en = "You are not allowed to do this."


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


class ScopeMissing(AccessRefused):
    code = "scope_missing"
    zh = "此密钥没有这项权限。"
    en = "This key lacks the permission."


# --- engines --------------------------------------------------------------------------------------


class EngineFault(ServiceError):
    code = "engine_fault"
    zh = "人脸比对引擎不可用，请改用其他方式办理。"
    en = "The face engine is not available. Please use another way."


class WeightsMissing(EngineFault):
    code = "weights_missing"
    zh = "模型文件未安装，请运行 auth-service models install。"
    en = "A weights file is not installed. Run auth-service models install."


class WeightsDigestWrong(EngineFault):
    code = "weights_digest_wrong"
    zh = "模型文件校验不一致，已拒绝使用。"
    en = "A weights file has a wrong digest and was refused."


class EngineUnknown(EngineFault):
    code = "engine_unknown"
    zh = "没有这个引擎。"
    en = "There is no such engine."


class TemplatesIncomparable(EngineFault):
    code = "templates_incomparable"
    zh = "不同引擎的人脸特征不能比较。"
    en = "Templates of different engines cannot be compared."


class CalibrationMissing(EngineFault):
    code = "calibration_missing"
    zh = "该引擎没有阈值标定记录，不能用于判定。"
    en = "This engine has no calibration record and cannot decide."


class ScoreInvalid(EngineFault):
    code = "score_invalid"
    zh = "比对结果异常，已停止判定。"
    en = "The comparison gave no valid score; no decision was made."


# --- storage --------------------------------------------------------------------------------------


class StorageFault(ServiceError):
    code = "storage_fault"
    zh = "数据存取出现问题，已停止办理，未作任何判定。"
    en = "Data could not be read or written; nothing was decided."


class SealBroken(StorageFault):
    code = "seal_broken"
    zh = "加密数据校验失败，记录可能被改动。"
    en = "Encrypted data failed its check; a record may have been changed."


class KeyMissing(StorageFault):
    code = "key_missing"
    zh = "缺少解密密钥。"
    en = "The decryption key is missing."


class SchemaOutdated(StorageFault):
    code = "schema_outdated"
    zh = "数据库结构版本不符，请运行 auth-service migrate。"
    en = "The database schema has another version. Run auth-service migrate."


# --- try again ------------------------------------------------------------------------------------


class Unavailable(ServiceError):
    code = "unavailable"
    zh = "服务暂时繁忙，请稍后再试。"
    en = "The service is busy. Please try again shortly."
    retryable = True


class CapacityExceeded(Unavailable):
    code = "capacity_exceeded"
    zh = "当前办理人数较多，请稍候片刻再试。"
    en = "Many people are being served right now. Please try again in a moment."


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    zh = "数据库暂时无法连接，请稍后再试。期限会相应顺延。"
    en = "The database cannot be reached for the moment. Please try again; deadlines are extended."


class DownloadFailed(Unavailable):
    code = "download_failed"
    zh = "下载未完成，可再次运行以续传。"
    en = "The download did not finish. Run it again to resume."


def all_error_classes() -> list[type[ServiceError]]:
    """Every class of the tree, the base first."""
    found: list[type[ServiceError]] = [ServiceError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
