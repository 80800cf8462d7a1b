"""Rows, files and enrolments that cannot be used."""

from __future__ import annotations

from auth_service.core.errors.root import InputRefused


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


class RegionUnknown(RowRefused):
    code = "region_unknown"
    zh = "所指的上级区划或变更后的区划不在库中，也不在本文件中。请一并导入。"
    en = "The region above, or the one that this became, is neither known nor in this file. Import it as well."


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
    zh = "评测数据不足，无法计算错误率：比对至少要有一组同一人和一组不同人，活体检测至少要有一次呈现。"
    en = "Too little to measure: one mated and one non-mated comparison, or one presentation, are the least."


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


class ReferencesComplete(EnrollmentRefused):
    code = "references_complete"
    zh = "此人已有足够的登记照片，接口暂不再增加；如需更换，请由工作人员当面采集。"
    en = "Enough photos of this person are enrolled; no more are added this way. An officer can replace them in person."


class ImageOfAnotherPerson(EnrollmentRefused):
    code = "image_of_another_person"
    zh = "同一张照片已登记在另一人名下，已拒绝并提交核查。"
    en = "The same photo is enrolled for another person. It was refused and handed over for checking."


class ConsentMissing(EnrollmentRefused):
    code = "consent_missing"
    zh = "缺少本人对人脸信息处理的单独同意或法定依据。"
    en = "The person's separate consent to face processing, or its legal basis, is missing."
