"""Region codes: province 2, city 4, county 6, town 9, village 12 digits (GB/T 2260, GB/T 10114, statistics code)."""

from __future__ import annotations

from auth_service.beneficiaries.region_tree import LENGTHS
from auth_service.core.errors import FieldInvalid

_TANGSHAN = {
    "130200": ("唐山市", "Tangshan"),
    "130202": ("路南区", "Lunan"),
    "130203": ("路北区", "Lubei"),
    "130204": ("古冶区", "Guye"),
    "130205": ("开平区", "Kaiping"),
    "130207": ("丰南区", "Fengnan"),
    "130208": ("丰润区", "Fengrun"),
    "130209": ("曹妃甸区", "Caofeidian"),
    "130223": ("滦县（旧码）", "Luan (old code)"),
    "130224": ("滦南县", "Luannan"),
    "130225": ("乐亭县", "Laoting"),
    "130227": ("迁西县", "Qianxi"),
    "130229": ("玉田县", "Yutian"),
    "130281": ("遵化市", "Zunhua"),
    "130283": ("迁安市", "Qian'an"),
    "130284": ("滦州市", "Luanzhou"),
}
"""source: domain.md section 10. Unknown codes are shown as numbers: they may be historic."""


def check_region_code(text: str, field: str = "region_code") -> str:
    """A code of a known length, digits only. raises FieldInvalid"""
    code = text.strip()
    if not (code.isascii() and code.isdigit() and len(code) in LENGTHS):
        raise FieldInvalid(field=field)
    return code


def region_name(code: str, language: str) -> str:
    """County name where known, else the code itself."""
    names = _TANGSHAN.get(code[:6])
    if names is None:
        return code
    return names[0] if language == "zh" else names[1]
