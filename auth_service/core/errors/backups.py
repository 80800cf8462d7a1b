"""Backup and restore."""

from __future__ import annotations

from auth_service.core.errors.outages import KeyMissing, StorageFault
from auth_service.core.errors.requests import RequestRefused


class ArchiveUnreadable(StorageFault):
    code = "archive_unreadable"
    zh = "备份文件不完整或被改动，已拒绝使用。"
    en = "The backup file is incomplete or was changed, and was refused."


class ArchiveKeyWrong(ArchiveUnreadable):
    code = "archive_key_wrong"
    zh = "用这把恢复密钥打不开这份备份：多半是拿错了密钥，请用制作备份时的那一把；也可能备份被改动。"
    en = "This recovery key does not open the backup: it is probably another backup's key; or the file was changed."


class ArchiveSignerUnknown(StorageFault):
    code = "archive_signer_unknown"
    zh = "备份文件不是由本单位的密钥签名，请用 --signed-by 指明签名者指纹。"
    en = "The backup was not signed by this deployment's key; name its signer with --signed-by."


class ArchivePartsDiffer(RequestRefused):
    code = "archive_parts_differ"
    zh = "数据备份与密钥备份不能配合使用：密钥备份须是同一次备份的，或者更晚的。"
    en = "The two parts do not fit: the keys part must come from the same backup or from a later one."


class RestoreTargetNotEmpty(RequestRefused):
    code = "restore_target_not_empty"
    zh = "恢复只能在空的数据库和空的目录中进行。"
    en = "A backup is restored only into an empty database and an empty folder."


class BackupNeedsNewerRelease(StorageFault):
    code = "backup_needs_newer_release"
    zh = "数据库已由更新的版本扩充，本版本的备份会漏掉数据，未作备份：请用新版本运行 auth-service backup。"
    en = "A newer release has expanded the database; a backup by this one would leave data out. Use the newer release."


class RestoreUnfinished(StorageFault):
    code = "restore_unfinished"
    zh = "恢复尚未完成，请再次运行同一条 auth-service restore 命令；无法完成时如何放弃，见 docs/operations/backup.md。"
    en = (
        "A restore has not finished: run the same command again; how to give it up stands in docs/operations/backup.md."
    )


class RestoreKeysMissing(KeyMissing):
    code = "restore_keys_missing"
    zh = "这份备份需要制作它的密钥库：本单位原有的令牌或其副本，或 HOME/keys；恢复密钥不能代替令牌。"
    en = (
        "This backup needs the key store that it was made with: the token of this deployment or its copy, or "
        "HOME/keys. A recovery key does not replace a token."
    )


class RestoreDiffers(StorageFault):
    code = "restore_differs"
    zh = "恢复出的数据与备份清单不一致，已全部撤销。"
    en = "What was restored is not what the backup's manifest says; all of it was taken back."
