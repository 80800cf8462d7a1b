"""Files of registries: what a row cannot say, and what a batch cannot have done to it."""

from __future__ import annotations

from auth_service.core.errors.requests import RequestRefused
from auth_service.core.errors.rows import DateInvalid, RowConflict


class EventInFuture(DateInvalid):
    code = "event_in_future"
    zh = "发生日期或登记时间晚于今天。"
    en = "The event, or its entry in the registry, lies in the future."


class EventBeforeBirth(DateInvalid):
    code = "event_before_birth"
    zh = "发生日期早于出生日期。"
    en = "The event lies before the birth."


class ReferenceRepeated(RowConflict):
    code = "reference_repeated"
    zh = "同一来源编号、同一登记时间有两种内容；更正请注明消息类型和新的登记时间。"
    en = "One reference with one time has two contents. A correction says so, and carries a time of its own."


class BatchRefused(RequestRefused):
    code = "batch_refused"
    zh = "这批数据的当前状态不允许这项操作。"
    en = "This batch does not stand so that this could be done."


class BatchUnfinished(BatchRefused):
    code = "batch_unfinished"
    zh = "这批数据尚未导入完，请先用同一文件再次运行导入。"
    en = "This batch is not read to its end. Run the import of the same file again first."


class ImporterMissing(BatchRefused):
    code = "importer_missing"
    zh = "这批数据还没有人为导入负责；已记下您，须由另一人放行。"
    en = "Nobody stood for the import of this batch. You do now, and another person has to release it."


class ListsMissing(BatchRefused):
    code = "lists_missing"
    zh = "这个月没有已生效的扶贫、低保或残疾人名单，无法比对；请先导入并放行名单。"
    en = "No poverty, subsistence or disability list of this month counts. Import and release one first."


class ListsGone(BatchRefused):
    code = "lists_gone"
    zh = "这个月的名单已超过保存期限，内容已销毁，不能再次比对；已有的版本仍可查询。"
    en = "The lists of this month have been kept for as long as they may be and are gone. Versions made before stay."


class ProfileRefused(RequestRefused):
    code = "profile_refused"
    zh = "字段对应方案有误，未予采用。"
    en = "The mapping profile has faults and was not used."
