"""The audit trail, its checkpoints and witnesses, and records of accounts that were changed behind the service."""

from __future__ import annotations

from auth_service.core.errors.access import AccessRefused
from auth_service.core.errors.outages import StorageFault, Unavailable
from auth_service.core.errors.root import InputRefused


class AuditBroken(StorageFault):
    code = "audit_broken"
    zh = "审计记录前后不符，可能被改动；已停止签发检查点，请运行 auth-service audit verify。"
    en = "The audit trail does not fit together; no checkpoint was signed. Run auth-service audit verify."


class WitnessConflict(StorageFault):
    code = "witness_conflict"
    zh = "外部见证保存的检查点与本机审计记录不符，数据库可能被回退或改写。"
    en = "A witness keeps a checkpoint that this audit trail does not lead to: rolled back or rewritten."


class WitnessUnreachable(Unavailable):
    code = "witness_unreachable"
    zh = "检查点暂时无法送达外部见证，将自动重试。"
    en = "A checkpoint could not be delivered to a witness; it is tried again."


class CheckpointInvalid(InputRefused):
    code = "checkpoint_invalid"
    zh = "不是有效的审计检查点，或签名不符。"
    en = "This is no valid checkpoint of an audit trail, or its signature does not hold."


class AccountTampered(AccessRefused):
    code = "account_tampered"
    zh = "账号或密钥记录的校验不符，可能被绕过本服务改动，已拒绝使用。"
    en = "An account or key was changed behind the service and is refused."
