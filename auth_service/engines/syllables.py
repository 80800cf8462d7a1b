"""How each Chinese character sounds, for crosscheck: pypinyin's table, tones taken away."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from pypinyin.pinyin_dict import pinyin_dict

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


@lru_cache(maxsize=1)
def syllables() -> Mapping[str, str]:
    """Character -> its first reading without tone, `ü` as `v`. Other readings of a character are not heard.

    source  pypinyin 0.55 (MIT), whose table is the pinyin-data project's
    """
    plain: dict[str, str] = {}
    found = {}
    for code, readings in pinyin_dict.items():
        first = readings.split(",", 1)[0]
        if first not in plain:
            bare = unicodedata.normalize("NFD", first).translate(_TONES)
            plain[first] = unicodedata.normalize("NFC", bare).replace("ü", "v").replace("ê", "e")
        found[chr(code)] = plain[first]
    return MappingProxyType(found)
