"""Region codes: province 2, city 4, county 6, town 9, village 12 digits (GB/T 2260, GB/T 10114, statistics code)."""

from __future__ import annotations

from functools import lru_cache

from auth_service.core.errors import FieldInvalid

_LENGTHS = frozenset({2, 4, 6, 9, 12})
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


def check_region_code(text: str) -> str:
    """A code of a known length, digits only. raises FieldInvalid"""
    code = text.strip()
    if not (code.isascii() and code.isdigit() and len(code) in _LENGTHS):
        raise FieldInvalid(field="region_code")
    return code


_SUCCESSOR = {"130223": "130284"}
"""A code that ended -> the code of the same place today. source: domain.md section 10, 滦县 became 滦州市 in 2018."""


@lru_cache(maxsize=65_536)
def present_code(code: str) -> str:
    """The code of the same place today: what was once counted under an old code lies where its successor lies."""
    successor = _SUCCESSOR.get(code[:6])
    return code if successor is None else successor + code[6:]


def ancestors(code: str) -> tuple[str, ...]:
    """The regions that a place lies in, from the village up to the province, itself first; today's codes."""
    present = present_code(code)
    return tuple(present[:length] for length in sorted(_LENGTHS, reverse=True) if length <= len(present))


@lru_cache(maxsize=65_536)
def lies_in(code: str, region: str) -> bool:
    """Whether a place lies in a region or is it; in the empty one lies everything. Both may be old codes."""
    return present_code(code).startswith(present_code(region))


def region_name(code: str, language: str) -> str:
    """County name where known, else the code itself."""
    names = _TANGSHAN.get(code[:6])
    if names is None:
        return code
    return names[0] if language == "zh" else names[1]
