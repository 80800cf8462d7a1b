"""Acts about a case that may not be done now, and why."""

from __future__ import annotations

from auth_service.core.errors.money import ActRefused


class CaseStepMissing(ActRefused):
    code = "case_step_missing"
    zh = "还没有登记核实情况；请先电话、上门、见面或向信息来源查询，再提出结论。"
    en = "Nothing has been checked yet. Call, visit, meet the person or ask the source before you propose how it ends."


class CaseNeedsMeeting(ActRefused):
    code = "case_needs_meeting"
    zh = "登记去世之后又有认证通过，须先上门或当面核实本人，再提出结论。"
    en = (
        "Somebody passed after a registered death. A visit or a meeting in person must be noted before this is decided."
    )


class CaseDoesNotFollow(ActRefused):
    code = "case_does_not_follow"
    zh = "案件目前的状态下不能办理这一步。"
    en = "This step does not follow from how the case stands."


class DispositionNotOfCause(ActRefused):
    code = "disposition_not_of_cause"
    zh = "这一结论不适用于此类案件。"
    en = "A case of this cause cannot end like this."
