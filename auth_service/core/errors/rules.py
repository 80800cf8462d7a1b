"""Rules of fund supervision: settings that cannot be."""

from __future__ import annotations

from auth_service.core.errors.requests import RequestRefused


class RuleParameterInvalid(RequestRefused):
    code = "rule_parameter_invalid"
    zh = "规则没有这个参数，或参数值不在允许范围内。"
    en = "The rule has no such parameter, or the value lies outside its bounds."


class RuleFixed(RequestRefused):
    code = "rule_fixed"
    zh = "这条规则在办理当场触发，始终有效，不能另行设置或试运行。"
    en = "This rule is raised where its facts arise. It is always in force and has no settings."
