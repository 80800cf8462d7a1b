"""Where a reference photo came from, ranked by how surely it shows the right person."""

from __future__ import annotations

from enum import IntEnum, StrEnum

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


class Standing(IntEnum):
    """How far a photo's source is more than somebody's word. 0 is best."""

    CONFIRMED = 0
    """A member of staff saw the person and compared the papers."""
    OWN_FILES = 1
    """From the agency's own files, by whoever runs the service; also what was enrolled before origins were recorded."""
    BY_KEY = 2
    """An API key said so. Its word for source and date is kept and ranks nothing
    (docs/decisions/0011-replacing-references.md)."""


BY_KEY_PREFIX = "api_key:"
"""How an API key is named as the origin of a photo, as in the audit trail."""

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
