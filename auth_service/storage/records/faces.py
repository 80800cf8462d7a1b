"""Templates and photo hashes as sealed bytes.

A template's place names its engine and weights, so that a template moved under another engine's name does not open.
"""

from __future__ import annotations

import struct

import numpy as np

from auth_service.core.errors import SealBroken
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.storage.sealing import DataKey, Place

_HEAD = struct.Struct("<H?")
"""images, mirrored; then float32 little-endian numbers."""
_HASH = struct.Struct(">32sQQ")
"""pixel digest, face hash, frame hash."""


def seal_template(key: DataKey, table: str, row: str, template: Template) -> bytes:
    numbers = np.ascontiguousarray(template.vector, dtype="<f4").tobytes()
    return key.seal(
        _template_place(table, row, template.identity), _HEAD.pack(template.images, template.mirrored) + numbers
    )


def open_template(key: DataKey, table: str, row: str, identity: EngineIdentity, sealed: bytes) -> Template:
    """raises SealBroken"""
    data = key.open(_template_place(table, row, identity), sealed)
    images, mirrored = _HEAD.unpack_from(data)
    vector = np.frombuffer(data, dtype="<f4", offset=_HEAD.size).astype(np.float32)
    vector.flags.writeable = False
    return Template(identity, vector, images, mirrored)


def seal_hash(key: DataKey, table: str, row: str, photo_hash: PhotoHash) -> bytes:
    packed = _HASH.pack(photo_hash.pixel_digest, photo_hash.face_hash, photo_hash.frame_hash)
    return key.seal(Place(table, row, "photo_hash"), packed)


def open_hash(key: DataKey, table: str, row: str, sealed: bytes) -> PhotoHash:
    """raises SealBroken"""
    data = key.open(Place(table, row, "photo_hash"), sealed)
    if len(data) != _HASH.size:
        raise SealBroken(f"{table}.photo_hash")
    return PhotoHash(*_HASH.unpack(data))


def _template_place(table: str, row: str, identity: EngineIdentity) -> Place:
    return Place(table, row, f"template:{identity.engine}:{identity.weights_digest}")
