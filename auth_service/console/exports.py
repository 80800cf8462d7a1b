"""Tables of the console as files: CSV and XLSX with the same cells as on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from auth_service.core.errors import NotFound
from auth_service.web.services import services_of

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_file(request: Request, name: str, form: str, rows: Sequence[Sequence[str]]) -> Response:
    """The rows, the head among them, as `NAME.csv` or `NAME.xlsx`; no cell runs as a formula.

    form     csv or xlsx
    raises   NotFound: another form
    """
    oversight = services_of(request).oversight
    writers = {"csv": (oversight.csv, _CSV), "xlsx": (oversight.xlsx, _XLSX)}
    if form not in writers:
        raise NotFound
    write, media_type = writers[form]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(write(rows), headers=headers, media_type=media_type)
