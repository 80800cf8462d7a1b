"""The two tables of docs/operations/limits.md, from the settings and the constants themselves.

python -m tests.architecture.limits_page    prints them
"""

from __future__ import annotations

import sys

from auth_service.connectors import tables, workbook, workbook_check, workbook_child
from auth_service.engines import containers, decode_child, decoder, pixel_room
from auth_service.enrollment.references import ADDED_WITHIN_DAYS, MOST_ADDED
from auth_service.flows.verify_terms import MOST_PHOTOS
from auth_service.settings import described
from auth_service.web import connections, forms
from auth_service.web.limits import FILE_BYTES_AT_ONCE, SMALL_BYTES_AT_ONCE, BodyPolicy

STAGES = ("LIMITS__", "CONNECTIONS__", "DECODING__", "ACCOUNTS__", "OFFLINE__", "DEVICES__")
SINGLE = (
    "TRUSTED_PROXIES", "READERS", "QUEUE", "MAX_PHOTO_BYTES", "MAX_PHOTO_PIXELS", "PHOTO_PIXELS_AT_ONCE",
    "PHOTO_BYTES_AT_ONCE", "COPIES__MOST_CAPTURES", "CAPTURE__ATTEMPTS_PER_DAY", "STEPS__MOST_FRAMES",
    "STEPS__MOST_BYTES", "STEPS__MOST_FRAME_BYTES", "STEPS__LOOKS_A_STEP",
)  # fmt: skip


def settings_table() -> str:
    lines = ["| setting | default | what it bounds |", "|---|---|---|"]
    for name, default, meaning, _ in described():
        short = name.removeprefix("AUTH_SERVICE_")
        if short in SINGLE or short.startswith(STAGES):
            lines.append(f"| `{name}` | {default} | {meaning.partition('; source')[0]} |")
    return "\n".join(lines) + "\n"


def fixed_table() -> str:
    bodies = BodyPolicy()
    rows: list[tuple[str, object, str]] = [
        ("photos in one request", MOST_PHOTOS, "`flows/verify_terms.py`"),
        (
            f"photos that keys add to one enrolled person in {ADDED_WITHIN_DAYS} days",
            MOST_ADDED,
            "`enrollment/references.py`",
        ),
        ("bytes of a request with photos", bodies.photo_bytes, "`web/limits.py`"),
        ("bytes of one step of a capture session", bodies.step_bytes, "`web/limits.py`"),
        ("bytes of any other request", bodies.small_bytes, "`web/limits.py`"),
        ("bytes of a file of a registry, with its form", bodies.file_bytes, "`web/limits.py`"),
        ("bytes of such files that one process holds at once", FILE_BYTES_AT_ONCE, "`web/limits.py`"),
        ("bytes of all other requests that one process holds at once", SMALL_BYTES_AT_ONCE, "`web/limits.py`"),
        ("seconds for a whole body", bodies.seconds, "`web/limits.py`"),
        ("seconds for a step of a capture session", bodies.step_seconds, "`web/limits.py`"),
        ("seconds without a byte of a body", bodies.idle_seconds, "`web/limits.py`"),
        ("fields of a form", forms._MOST_FIELDS, "`web/forms.py`"),
        ("bytes of one field", forms._FIELD_BYTES, "`web/forms.py`"),
        ("bytes of a request's headers", connections.MOST_HEADER_BYTES, "`web/connections.py`"),
        ("headers of a request", connections.MOST_HEADERS, "`web/connections.py`"),
        ("scans of a JPEG", containers._MOST_SCANS, "`engines/containers.py`"),
        ("pixels from which a photo waits for room", decode_child.LARGE_PIXELS, "`engines/decode_child.py`"),
        ("seconds that it waits", pixel_room._LONGEST_WAIT, "`engines/pixel_room.py`"),
        ("tries with a photo that ends its decoder", decoder._TRIES, "`engines/decoder.py`"),
        ("bytes of an imported file", tables.MAX_BYTES, "`connectors/tables.py`"),
        ("rows of an imported file", tables.MAX_ROWS, "`connectors/tables.py`"),
        ("bytes of one cell", tables.MAX_CELL_BYTES, "`connectors/tables.py`"),
        ("rows of an XLSX sheet", workbook_child.MOST_ROWS, "`connectors/workbook_child.py`"),
        ("columns of an XLSX sheet", workbook_child.MOST_COLUMNS, "`connectors/workbook_child.py`"),
        ("parts of an XLSX", workbook_check.MOST_PARTS, "`connectors/workbook_check.py`"),
        ("bytes of an XLSX, unpacked", workbook_check.MOST_UNPACKED, "`connectors/workbook_check.py`"),
        ("times that a part of it may unpack to", workbook_check.MOST_RATIO, "`connectors/workbook_check.py`"),
        ("bytes between two of its tags", workbook_check.MOST_TEXT, "`connectors/workbook_check.py`"),
        ("private memory of its reader, bytes", workbook.WORKBOOK_FENCES.data_bytes, "`connectors/workbook.py`"),
        ("processor seconds of its reader", workbook.WORKBOOK_FENCES.cpu_seconds, "`connectors/workbook.py`"),
    ]
    lines = ["| bound | value | where |", "|---|---|---|"]
    lines += [f"| {what} | {value} | {where} |" for what, value, where in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(settings_table() + "\n" + fixed_table())
