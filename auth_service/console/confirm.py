"""Before a decision: the same person once more, when the password was given longer than five minutes ago.

source  trust.md 2.3 (staff, re-authentication at most 5 minutes before a decision); ASVS 5.0, 7.5.3
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.browsers import read_browser
from auth_service.core.errors import ConfirmationNeeded
from auth_service.flows.sign_in import Caller
from auth_service.web.access import Visitor, client_of
from auth_service.web.cookies import device_cookie_name, session_cookie_name, set_cookie
from auth_service.web.services import services_of

PASSWORD = "password"  # noqa: S105 - the name of a field
"""The form's field."""


def needs_password(request: Request, visitor: Visitor) -> bool:
    """Whether a decision on this page will ask for the password."""
    return not services_of(request).sign_in.is_confirmed(visitor.session)


def confirm(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Visitor:
    """The visitor in a session that is fresh enough; a new one where the password was asked for, which `carrying` gives
    to the browser.

    raises   ConfirmationNeeded (no password in the form), CredentialsInvalid, SignInThrottled, RateLimited
    """
    if not needs_password(request, visitor):
        return visitor
    password = form.get(PASSWORD, "")
    if not password:
        raise ConfirmationNeeded(field=PASSWORD)
    services = services_of(request)
    secure = services.cookie_secure
    caller = Caller(client_of(request), read_browser(request.cookies.get(device_cookie_name(secure=secure))))
    services.limit.sign_in(caller.client)
    token, session = services.sign_in.confirm(request.cookies[session_cookie_name(secure=secure)], password, caller)
    request.state.confirmed = token
    request.state.visitor = Visitor(visitor.staff, session)
    return Visitor(visitor.staff, session)


def carrying(request: Request, response: Response) -> Response:
    """The response with the new session, if `confirm` began one: the old one has ended."""
    token = getattr(request.state, "confirmed", None)
    if token is not None:
        secure = services_of(request).cookie_secure
        set_cookie(response, session_cookie_name(secure=secure), token, secure=secure)
    return response
