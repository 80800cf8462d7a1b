"""Where a reference photo came from, ranked by how surely it shows the right person."""

from __future__ import annotations

from enum import StrEnum

from auth_service.core.errors import FieldInvalid


class PhotoSource(StrEnum):
    """Ranking: domain.md 2.3 (officer in person > ID chip > population register > card > self-upload, never alone)."""

    OFFICER = "officer"
    ID_CHIP = "id_chip"
    REGISTER = "register"
    CARD = "card"
    SELF_UPLOAD = "self_upload"


SOURCE_RANK: dict[PhotoSource, int] = {source: rank for rank, source in enumerate(PhotoSource)}
"""0 is best."""

_WORDS: dict[str, PhotoSource] = {
    **{source.value: source for source in PhotoSource},
    "现场采集": PhotoSource.OFFICER,
    "身份证芯片": PhotoSource.ID_CHIP,
    "人口库": PhotoSource.REGISTER,
    "社保卡": PhotoSource.CARD,
    "自助上传": PhotoSource.SELF_UPLOAD,
}


def parse_photo_source(text: str) -> PhotoSource:
    """A source by its code or Chinese word. raises FieldInvalid"""
    source = _WORDS.get(text.strip())
    if source is None:
        raise FieldInvalid(field="photo_source")
    return source
