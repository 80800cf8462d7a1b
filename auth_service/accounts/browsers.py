"""Browsers that an account has signed in from before: a stranger's guesses elsewhere must not shut them out.

The browser keeps a random name of its own and, for each account, a mark that only the service can make. Nothing is
stored here. A mark says who guesses, never who is signed in: a password is needed all the same.

source   OWASP, Slow Down Online Guessing Attacks with Device Cookies
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from auth_service.accounts.credentials import new_token, same_token

_MOST_MARKS = 8
"""Accounts that one browser remembers: colleagues at one counter. source: own decision"""
_MARK = 32
"""Hex characters of a mark, 128 bits."""
_FORM = re.compile(rf"[A-Za-z0-9_-]{{43}}(?:\.[0-9a-f]{{{_MARK}}}){{0,{_MOST_MARKS}}}")


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser. `name` is random; `marks` are of the accounts that signed in from it, the last one first."""

    name: str
    marks: tuple[str, ...] = ()

    def knows(self, mark: str) -> bool:
        """mark: of an account on this browser, as the service makes it"""
        return any(same_token(mark[:_MARK], held) for held in self.marks)

    def with_mark(self, mark: str) -> Browser:
        """After a sign-in."""
        others = [held for held in self.marks if held != mark[:_MARK]]
        return replace(self, marks=(mark[:_MARK], *others)[:_MOST_MARKS])

    def text(self) -> str:
        """For a cookie."""
        return ".".join((self.name, *self.marks))


def read_browser(text: str | None) -> Browser:
    """A new one for what is none."""
    if text is None or not _FORM.fullmatch(text):
        return Browser(new_token())
    name, *marks = text.split(".")
    return Browser(name, tuple(marks))
