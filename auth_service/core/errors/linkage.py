"""Comparing registries with the ledger: nothing was found or lost, and it may be run again."""

from __future__ import annotations

from auth_service.core.errors.root import ServiceError


class LinkageFault(ServiceError):
    code = "linkage_fault"
    zh = "信息比对未能完成，未产生任何疑点，也不影响任何人的待遇；请查明后重新运行。"
    en = "The comparison with a registry did not finish; no flag was raised and nobody's benefit changes. Run it again."


class LinkageRoomExceeded(LinkageFault):
    code = "linkage_room_exceeded"
    zh = "信息比对超出允许使用的内存，未产生任何疑点：请调高上限或分批运行。"
    en = "The comparison needs more memory than it may use; no flag was raised. Allow more, or run it in parts."
    retryable = True


class SplinkMissing(LinkageFault):
    code = "splink_missing"
    zh = "未安装 Splink，不能运行可选的剩余比对：pip install 'auth-service[reference]'。其余比对照常进行。"
    en = "Splink is not installed: pip install 'auth-service[reference]'. All other stages work without it."
