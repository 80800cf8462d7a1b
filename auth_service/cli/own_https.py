"""`serve --https`: the camera of a phone on the same network, while one develops or shows the service around."""

from __future__ import annotations

import socket
from pathlib import Path

from auth_service.connectors.own_certificate import network_address, own_certificate
from auth_service.core.errors import SettingInvalid
from auth_service.settings import Profile, load_settings

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a comparison, not a bind


def reached_at(host: str, *, https: bool) -> str:
    """Where people find a service that listens on `host`: others on the network where it is meant for a phone."""
    if host not in _ANY:
        return host
    return network_address() if https else "127.0.0.1"


def self_made_certificate(host: str) -> tuple[Path, Path]:
    """raises SettingInvalid: production has a certificate that somebody vouches for"""
    settings = load_settings()
    if settings.profile is Profile.PRODUCTION:
        raise SettingInvalid("--https is for development; production names --certificate and --private-key")
    names = (socket.gethostname(), "localhost", "127.0.0.1", reached_at(host, https=True))
    return own_certificate(settings.home / "development", names)
