"""Every route of the beneficiary's page with its rule of access: anybody may open it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, FastAPI
from starlette.responses import Response

from auth_service.channels.phone import page
from auth_service.web.access import PUBLIC

VERIFY = "/verify"


def add_phone(app: FastAPI) -> None:
    """Adds the page and its files. They are for people and stand in no API description."""
    pages: tuple[tuple[str, Callable[..., Response]], ...] = (
        (VERIFY, page.verify_page),
        ("/verify/assets/{version}/{file}", page.page_asset),
        ("/certificates/{serial}/qr.svg", page.certificate_qr),
    )
    for path, endpoint in pages:
        app.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            include_in_schema=False,
            response_model=None,
            dependencies=[Depends(PUBLIC)],
        )
