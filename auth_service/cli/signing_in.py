"""Members of staff prove at the terminal who they are: one person at a shell cannot be two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from auth_service.accounts.credentials import StaffMember
from auth_service.flows.sign_in import Caller
from auth_service.wiring import Wiring

_TERMINAL = Caller(terminal=True)
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin, do not ask; one line for each person.")
]


@contextmanager
def signed_in(wiring: Wiring, username: str, *, stdin: bool) -> Iterator[StaffMember]:
    """The member of staff who gave the right password. raises CredentialsInvalid, SignInThrottled"""
    with all_signed_in(wiring, [username], stdin=stdin) as (member,):
        yield member


@contextmanager
def all_signed_in(wiring: Wiring, usernames: Sequence[str], *, stdin: bool) -> Iterator[tuple[StaffMember, ...]]:
    """Several, each by a password of their own, signed out again at the end.

    stdin    one password in each line, in the order of the names
    raises   CredentialsInvalid, SignInThrottled
    """
    with ExitStack() as signed:
        members = []
        for username, password in zip(usernames, _passwords(usernames, stdin=stdin), strict=True):
            token, _ = wiring.sign_in.begin(username, password, _TERMINAL)
            signed.callback(wiring.sign_in.end, token)
            members.append(wiring.sign_in.session(token)[0])
        yield tuple(members)


def _passwords(usernames: Sequence[str], *, stdin: bool) -> Iterator[str]:
    stream = typer.get_text_stream("stdin") if stdin else None  # one for all: each may read ahead
    for username in usernames:
        if stream is not None:
            yield stream.readline().rstrip("\n")
        else:
            yield typer.prompt(f"Password of {username}", hide_input=True, err=True)
