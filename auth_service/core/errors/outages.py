"""Engines, storage and load: nothing was decided, nobody is harmed."""

from __future__ import annotations

from collections.abc import Mapping

from auth_service.core.errors.root import ServiceError


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
    zh = "该引擎没有可用的阈值标定记录，不能用于判定：请先登记照片，再运行 auth-service calibrate 并由另一人启用。"
    en = "No calibration record may decide here: enrol, run `auth-service calibrate`, let a second person activate it."


class CalibrationTampered(CalibrationMissing):
    code = "calibration_tampered"
    zh = "阈值标定记录或其启用记录的校验不符，可能被绕过本服务改动，已停止判定：请查明后由两人重新启用一条记录。"
    en = "A calibration was changed behind the service; nothing is decided until two people put one in force anew."


class FlashTampered(EngineFault):
    code = "flash_tampered"
    zh = "颜色测量记录或其启用记录的校验不符，可能被绕过本服务改动：屏幕颜色不再计入通过，请查明后由两人重新启用。"
    en = "A measurement of the colours was changed behind the service; colours do not count until two people renew it."


class ScoreInvalid(EngineFault):
    code = "score_invalid"
    zh = "比对结果异常，已停止判定。"
    en = "The comparison gave no valid score; no decision was made."


class StorageFault(ServiceError):
    code = "storage_fault"
    zh = "数据存取出现问题，已停止办理，未作任何判定。"
    en = "Data could not be read or written; nothing was decided."


class PolicyTampered(StorageFault):
    code = "policy_tampered"
    zh = "认证政策或其启用记录的校验不符，可能被绕过本服务改动，已停止计算到期日：请查明后由两人重新启用一份政策。"
    en = "A policy was changed behind the service; no due date is computed until two people put one in force anew."


class RuleTampered(StorageFault):
    code = "rule_tampered"
    zh = "规则的设置或其启用记录的校验不符，可能被绕过本服务改动，该规则已停止运行：请查明后由两人重新启用一份设置。"
    en = "A rule's setting was changed behind the service; that rule does not run until two people set it anew."


class SealBroken(StorageFault):
    code = "seal_broken"
    zh = "加密数据校验失败，记录可能被改动。"
    en = "Encrypted data failed its check; a record may have been changed."


class PhotoFilesUnexplained(StorageFault):
    code = "photo_files_unexplained"
    zh = "照片文件夹中有许多数据库未登记的文件，未作清理：请先确认所用的数据库和文件夹正确。"
    en = "Many photo files are named by no record; none was removed. Check that this is the right database and folder."


class KeyMissing(StorageFault):
    code = "key_missing"
    zh = "缺少解密密钥。"
    en = "The decryption key is missing."


class KeyDestroyed(KeyMissing):
    code = "key_destroyed"
    zh = "此记录的密钥已销毁，内容不可再读；未作任何判定，请重新提交。"
    en = "The key of this record was destroyed and it can no longer be read; nothing was decided. Please send it again."
    retryable = True


class SchemaOutdated(StorageFault):
    code = "schema_outdated"
    zh = "数据库尚未建立或版本不符：新装请运行 auth-service init，升级请运行 auth-service migrate。"
    en = "The database was not made yet or has another version: run auth-service init (new) or auth-service migrate."


class DatabaseRightMissing(StorageFault):
    code = "database_right_missing"
    zh = "服务所用的数据库角色缺少权限，未作任何判定：请检查数据库地址设置，并以所有者角色运行 auth-service migrate。"
    en = "The service's database role lacks a right; nothing was decided. Check the database URLs and migrate as owner."


class LedgerRoleMissing(DatabaseRightMissing):
    code = "ledger_role_missing"
    zh = (
        "此命令还需要台账的数据库角色：AUTH_SERVICE_LEDGER_DATABASE_URL 未设置或不是该角色；也可由 systemd 运行："
        "systemctl start auth-service-backup.service（备份）或 auth-service-import@文件名.service（导入）。"
    )
    en = (
        "This command needs the ledger's database role too: AUTH_SERVICE_LEDGER_DATABASE_URL is not set, or names "
        "another role. Or: systemctl start auth-service-backup.service, auth-service-import@FILE.service."
    )


class OwnerRoleMissing(DatabaseRightMissing):
    code = "owner_role_missing"
    zh = "此命令需要数据库所有者角色：AUTH_SERVICE_OWNER_DATABASE_URL 未设置或不是该角色。"
    en = (
        "This command works as the database's owner: AUTH_SERVICE_OWNER_DATABASE_URL is not set, or names another role."
    )


class PartlyDone(StorageFault):
    """detail: what failed, in stable words such as `orphan_files: photo_files_unexplained`; counts: what was done"""

    code = "partly_done"
    zh = "部分内容未能处理，其余已处理完毕；将再次尝试，请查看详情。"
    en = "Part of it could not be done, the rest was. It is tried again; see the details."
    retryable = True

    def __init__(self, detail: str = "", *, field: str | None = None, counts: Mapping[str, int] | None = None) -> None:
        super().__init__(detail, field=field)
        self.counts = dict(counts or {})


class TombstoneRefused(PartlyDone):
    """detail: how many; counts: what was done of the others"""

    code = "tombstone_refused"
    zh = "有抹除记录无法证实由本服务写下，未予执行，其余已处理；请查明来源（docs/operations/keys.md）。"
    en = "Some records of erasures are not known to be ours and were not obeyed. See docs/operations/keys.md."
    retryable = False


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
    zh = "数据库暂时无法连接，请稍后再试，或改用其他方式办理。"
    en = "The database cannot be reached for the moment. Please try again, or use another way."


class KeyStoreUnavailable(Unavailable):
    code = "key_store_unavailable"
    zh = "密钥库暂时无法使用，未作任何判定，请稍后再试，或改用其他方式办理。"
    en = "The key store does not answer for the moment; nothing was decided. Please try again, or use another way."


class TransactionConflict(DatabaseUnavailable):
    code = "transaction_conflict"
    zh = "同时办理发生冲突，本次未记录任何内容，请重试。"
    en = "Two transactions were in each other's way and nothing of this one was recorded. Please try again."


class StorageFull(Unavailable):
    code = "storage_full"
    zh = "存储空间已满，本次未记录任何内容、未作任何判定，请稍后再试，或改用其他方式办理。"
    en = "The storage is full; nothing was recorded or decided. Please try again later, or use another way."


class StorageReadOnly(Unavailable):
    code = "storage_read_only"
    zh = "存储暂时只读，本次未记录任何内容、未作任何判定，请稍后再试，或改用其他方式办理。"
    en = "The storage takes no changes for now; nothing was recorded or decided. Try again later, or use another way."


class DownloadFailed(Unavailable):
    code = "download_failed"
    zh = "下载未完成，可再次运行以续传。"
    en = "The download did not finish. Run it again to resume."
