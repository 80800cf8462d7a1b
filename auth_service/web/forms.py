"""Reading a form within bounds: how many parts, how large, which names. Reading waits on the network, never works.

What is sent stays in memory: faces must not lie on a disk in clear, not even for a moment (`frames` in the table of
retention). How much memory that may be over all requests is bounded by body_room.py.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from auth_service.capture.steps import CapturedFrame, StepPolicy
from auth_service.core.errors import (
    CapacityExceeded,
    FieldInvalid,
    FieldMissing,
    FieldTooLong,
    ImageTooManyBytes,
    MediaTypeUnsupported,
    RequestRefused,
)
from auth_service.web.limits import PHOTO_BYTES, PHOTOS

_MOST_FIELDS = 20
_FIELD_BYTES = 16 * 1024
"""A reason of 1,000 Chinese characters takes 9,000 bytes in a page's form."""


@dataclass(frozen=True, slots=True)
class PhotoForm:
    """A multipart form, read: one text per name, and the photos."""

    fields: dict[str, str] = field(repr=False)
    photos: tuple[bytes, ...] = field(repr=False)

    def required(self, name: str, longest: int = 200) -> str:
        """raises FieldMissing, FieldTooLong"""
        value = self.optional(name, longest)
        if value is None:
            raise FieldMissing(field=name)
        return value

    def optional(self, name: str, longest: int = 200) -> str | None:
        """None when absent or blank. raises FieldTooLong"""
        value = self.fields.get(name, "").strip()
        if len(value) > longest:
            raise FieldTooLong(field=name)
        return value or None


async def read_photo_form(request: Request, allowed: Iterable[str]) -> PhotoForm:
    """One to three files named `photo`, and texts named in `allowed`, each at most once.

    raises   MediaTypeUnsupported, RequestRefused, FieldInvalid, FieldMissing, ImageTooManyBytes, BodyTooLarge,
             BodyTooSlow, CapacityExceeded
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeUnsupported
    form = await _parsed(request, files=PHOTOS)
    try:
        photos = tuple([await _photo(part) for name, part in form.multi_items() if isinstance(part, UploadFile)])
        wrong = [name for name, part in form.multi_items() if isinstance(part, UploadFile) and name != "photo"]
        if wrong:
            raise FieldInvalid("files must be named photo", field="photo")
        fields = _texts(form, frozenset(allowed))
    finally:
        await form.close()
    if not photos:
        raise FieldMissing(field="photo")
    return PhotoForm(fields, photos)


async def read_page_form(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """The fields of a page's form, without files.

    raises   RequestRefused, FieldInvalid, BodyTooLarge, BodyTooSlow, CapacityExceeded
    """
    form = await _parsed(request, files=0)
    return _texts(form, frozenset(allowed))


_FRAMES = StepPolicy().most_frames
"""Parts of each kind that one step may have; how many a session may have, the flow says."""


async def read_frame_form(request: Request) -> tuple[CapturedFrame, ...]:
    """Files named `frame` with as many fields `at_ms`, in their order: when each was taken, in ms.

    raises   MediaTypeUnsupported, RequestRefused, FieldInvalid, FieldMissing, BodyTooLarge, BodyTooSlow,
             CapacityExceeded
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeUnsupported
    form = await _parsed(request, files=_FRAMES, fields=_FRAMES)
    try:
        if {name for name, part in form.multi_items()} - {"frame", "at_ms"}:
            raise FieldInvalid("known: at_ms, frame")
        times = [_milliseconds(part) for part in form.getlist("at_ms")]
        pictures = [await part.read() for part in form.getlist("frame") if isinstance(part, UploadFile)]
    finally:
        await form.close()
    if not pictures:
        raise FieldMissing(field="frame")
    if len(times) != len(pictures):
        raise FieldInvalid("one for each frame", field="at_ms")
    return tuple(CapturedFrame(data, at) for data, at in zip(pictures, times, strict=True))


async def read_portrait_form(request: Request) -> bytes:
    """One file named `portrait`, and nothing else.

    raises   MediaTypeUnsupported, RequestRefused, FieldInvalid, FieldMissing, BodyTooLarge, BodyTooSlow,
             CapacityExceeded
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeUnsupported
    form = await _parsed(request, files=1, fields=0)
    try:
        parts = [part for name, part in form.multi_items() if name == "portrait" and isinstance(part, UploadFile)]
        if len(parts) != len(form.multi_items()):
            raise FieldInvalid("known: portrait")
        portraits = [await part.read() for part in parts]
    finally:
        await form.close()
    if not portraits:
        raise FieldMissing(field="portrait")
    return portraits[0]


async def read_file_form(request: Request, allowed: Iterable[str]) -> PhotoForm:
    """One file named `file`, in place of the photos, and texts named in `allowed`, each at most once.

    raises   MediaTypeUnsupported, RequestRefused, FieldInvalid, FieldMissing, BodyTooLarge, BodyTooSlow,
             CapacityExceeded
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeUnsupported
    form = await _parsed(request, files=1)
    try:
        files = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
        if any(name != "file" for name, _ in files):
            raise FieldInvalid("a file must be named file", field="file")
        contents = tuple([await part.read() for _, part in files])
        fields = _texts(form, frozenset(allowed))
    finally:
        await form.close()
    if not contents or not contents[0]:
        raise FieldMissing(field="file")
    return PhotoForm(fields, contents)


_FRAME_NAME = re.compile(r"f-([0-9]{1,2})-([0-9]{1,3})")


async def read_record_form(request: Request) -> tuple[bytes, str, dict[tuple[int, int], bytes]]:
    """A kiosk's record: a file `record`, a field `signature`, and the frames as files `f-<n>-<i>`.

    raises   MediaTypeUnsupported, RequestRefused, FieldInvalid, FieldMissing, BodyTooLarge, BodyTooSlow,
             CapacityExceeded
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeUnsupported
    form = await _parsed(request, files=_FRAMES + 1, fields=1)
    try:
        files = [(name, await part.read()) for name, part in form.multi_items() if isinstance(part, UploadFile)]
        texts = _texts(form, frozenset({"signature"}))
    finally:
        await form.close()
    if len({name for name, _ in files}) != len(files):
        raise FieldInvalid("given twice", field="record")
    given = dict(files)
    record = given.pop("record", None)
    if record is None or "signature" not in texts:
        raise FieldMissing(field="signature" if record is not None else "record")
    return record, texts["signature"], {_frame_place(name): data for name, data in given.items()}


def _frame_place(name: str) -> tuple[int, int]:
    """raises FieldInvalid"""
    found = _FRAME_NAME.fullmatch(name)
    if found is None:
        raise FieldInvalid("known: record, signature, f-<n>-<i>")
    return int(found[1]), int(found[2])


def _milliseconds(part: UploadFile | str) -> int:
    """raises FieldInvalid"""
    if not isinstance(part, str) or not (part.isascii() and part.isdigit()) or len(part) > 9:
        raise FieldInvalid("a whole number of ms", field="at_ms")
    return int(part)


class _InMemory(MultiPartParser):
    """The framework's parser without its temporary files: by itself it writes parts above 1 MiB to a disk."""

    spool_max_size = sys.maxsize


async def _parsed(request: Request, files: int, fields: int = _MOST_FIELDS) -> FormData:
    """Nothing of any other media type is read. raises RequestRefused, CapacityExceeded"""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with aclosing(request.stream()) as stream:
            if kind == "multipart/form-data":
                return await _InMemory(
                    request.headers, stream, max_files=files, max_fields=fields, max_part_size=_FIELD_BYTES
                ).parse()
            if kind == "application/x-www-form-urlencoded":
                return await FormParser(
                    request.headers, stream, max_fields=_MOST_FIELDS, max_part_size=_FIELD_BYTES
                ).parse()
    except MultiPartException as error:
        raise RequestRefused("the form cannot be read, or has too many or too large parts") from error
    except CapacityExceeded as full:
        # the frames that it passed hold what was received, and would do so while the rest is drained
        raise full.with_traceback(None) from None
    return FormData()


async def _photo(part: UploadFile) -> bytes:
    """raises ImageTooManyBytes"""
    if (part.size or 0) > PHOTO_BYTES:
        raise ImageTooManyBytes(field="photo")
    return await part.read()


def _texts(form: FormData, allowed: frozenset[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            continue
        if name not in allowed:
            raise FieldInvalid("unknown field; known: " + ", ".join(sorted(allowed)))
        if name in texts:
            raise FieldInvalid("given twice", field=name)
        texts[name] = part
    return texts
