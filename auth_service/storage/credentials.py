"""Passwords that systemd hands to one unit alone: credentials, read here and not by libpq.

A URL names one by a `passfile` without a folder. libpq cannot read it for us: it refuses a file that a group may read,
and newer systemd lets the unit's user in by an access list, which shows as mode 0440 (systemd issue 29435).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy import URL

from auth_service.core.errors import SettingInvalid

FOLDER_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Where systemd says to a unit's processes that its credentials lie."""
_LINE = re.compile(r"\A" + ":".join([r"((?:\\.|[^\\:])*)"] * 5))
_USUAL_PORT = 5432


def with_password(url: URL) -> URL:
    """The URL with the password of the credential that it names; any other URL as it is.

    raises   SettingInvalid: the unit has no such credential, or no line of it is for this role, host and database
    source   PostgreSQL's manual, 34.16 The Password File
    """
    named = url.query.get("passfile")
    if not isinstance(named, str) or not named or Path(named).name != named:
        return url
    asked = (url.host or "localhost", str(url.port or _USUAL_PORT), url.database or "", url.username or "")
    for line in _read(named).splitlines():
        fields = None if line.startswith("#") else _LINE.match(line)
        if fields is None:
            continue
        *wanted, password = (re.sub(r"\\(.)", r"\1", field) for field in fields.groups())
        if password and all(given in ("*", value) for given, value in zip(wanted, asked, strict=True)):
            return url.difference_update_query(["passfile"]).set(password=password)
    raise SettingInvalid(f"{named} has no line for {url.username} at {asked[0]}:{asked[1]}", field="database_url")


def _read(named: str) -> str:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        raise SettingInvalid(f"{named} is a credential, and this process was given none", field="database_url")
    try:
        return (Path(folder) / named).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"the credential {named} cannot be read", field="database_url") from error
