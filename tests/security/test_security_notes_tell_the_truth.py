"""The notes for assessors say what the code does: every number in them is compared."""

from __future__ import annotations

import re
from functools import cache

import pytest

from auth_service.accounts.credentials import AccountPolicy
from auth_service.accounts.roles import Permission, Scope
from auth_service.channels.agency.description import describe
from auth_service.cli.worker import LEASE_SECONDS
from auth_service.connectors.passwords import PasswordProfile
from auth_service.connectors.witness_url import _SECONDS as WITNESS_SECONDS
from auth_service.core.jobs import RETRY_LONGEST, RETRY_SECONDS
from auth_service.core.keys import KeyPolicy
from auth_service.core.limits import LimitPolicy
from auth_service.core.retention import FACT_DAYS
from auth_service.flows import sign_in
from auth_service.settings import Settings
from auth_service.storage import database
from auth_service.storage.sealing import CACHE_SECONDS
from auth_service.web.limits import PHOTOS, SMALL_BYTES_AT_ONCE, BodyPolicy
from auth_service.web.logging import FIELDS
from tests.asvs import FOLDER
from tests.channels.service import Deployment


@cache
def section(title: str) -> str:
    text = (FOLDER / "security-notes.md").read_text("utf-8")
    found = re.search(rf"^## {re.escape(title)}.*?$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


@pytest.mark.asvs("2.1.1", "2.1.2", "5.1.1")
def test_validation_is_written_down(service: Deployment) -> None:
    words = section("Validation")
    settings = Settings()
    assert f"{settings.max_photo_bytes // 1024**2} MiB and {settings.max_photo_pixels:,} pixels" in words
    assert f"At most {PHOTOS} photos" in words
    schema = describe(service.app)
    for path in ("/v1/verifications", "/v1/enrollments"):
        form = schema["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert form["properties"]


@pytest.mark.asvs("2.1.3", "6.1.1", "15.1.3")
def test_limits_are_written_down_as_they_are() -> None:
    words, limits, accounts, bodies = section("Limits"), LimitPolicy(), AccountPolicy(), BodyPolicy()
    for line in (
        f"| {limits.person_per_day} a day",
        f"| {limits.person_on_key_per_day} a day",
        f"| {limits.device_per_hour} an hour, {limits.device_people_per_hour} people",
        f"| {limits.key_per_minute} a minute",
        f"| {limits.sign_in_per_minute} a minute",
        f"| {accounts.failures_free}, then {accounts.delay_seconds} s doubling to 15 min",
        f"| {accounts.failures_free_elsewhere}, then the same",
        f"| {Settings().queue} |",
        f"{bodies.small_bytes // 1024} KiB without photos, {bodies.photo_bytes / 1024**2:g} MiB with",
        f"MiB with, {bodies.seconds:g} s |",
        f"| {Settings().photo_bytes_at_once // 1024**2} MiB with photos, {SMALL_BYTES_AT_ONCE // 1024**2} MiB without",
        f"({sign_in._HASHED_AT_ONCE} at a time, a wait of {sign_in._WAIT_SECONDS:g} s)",
    ):
        assert line in words, line
    assert accounts.retry_after(1000).total_seconds() == 15 * 60


@pytest.mark.asvs("6.1.3", "8.1.1", "8.1.2", "6.3.4", "6.5.7")
def test_ways_in_are_written_down_and_a_face_is_none_of_them(service: Deployment) -> None:
    words = section("Ways of signing in")
    posts = {route.path for route in service.app.routes if "POST" in getattr(route, "methods", ())}
    assert {path for path in posts if "sign-in" in path} == {"/console/sign-in"}, "one way in for people"
    assert Scope.METRICS.value in words
    assert Permission.SEE_FLAG_PHOTOS.value in words
    assert "beneficiaries" in words


@pytest.mark.asvs("7.1.1", "7.1.2", "7.1.3")
def test_sessions_are_written_down() -> None:
    words, accounts = section("Sessions"), AccountPolicy()
    assert f"{accounts.idle_minutes} idle minutes and after {accounts.absolute_minutes} minutes" in words


@pytest.mark.asvs("11.1.1", "11.1.2", "11.2.3", "13.1.4")
def test_keys_are_written_down() -> None:
    words, cost = section("Keys"), PasswordProfile()
    assert f"Argon2id, {cost.memory_kib // 1024} MiB, {cost.passes} passes" in words
    for algorithm in ("AES-256", "HMAC-SHA-256", "Ed25519", "X25519"):
        assert algorithm in words
    assert CACHE_SECONDS == 300, "13.3.3 in asvs.toml says five minutes"


@pytest.mark.asvs("11.1.4", "11.2.2")
def test_the_way_to_another_algorithm_is_written_down() -> None:
    words = section("Replacing an algorithm")
    assert {"ML-DSA", "ML-KEM", "SM2"} <= set(re.findall(r"[A-Z]+-[A-Z]+|SM\d", words))


@pytest.mark.asvs("13.1.1", "13.1.2", "13.1.3")
def test_connections_are_written_down_as_they_are() -> None:
    words = section("Whom the service talks to")
    most = database._POOL["pool_size"] + database._POOL["max_overflow"]
    assert f"{most} connections per process | {database.WAIT_SECONDS} s" in words
    assert f"{KeyPolicy().seconds:g} s a call" in words
    assert f"| {WITNESS_SECONDS:g} s | 1, 2, 4 ... 300 s" in words
    assert f"a lease of {LEASE_SECONDS:g} s" in words
    assert f"{RETRY_SECONDS:g} s after a failure" in words
    assert RETRY_LONGEST == 3600


@pytest.mark.asvs("14.1.1", "14.1.2")
def test_data_are_classified_with_their_protection() -> None:
    words = section("Data and their protection")
    for name in ("biometric", "identity", "bank", "decision", "consent", "audit", "staff", "secrets"):
        assert f"| {name} |" in words
    assert FACT_DAYS >= 3 * 365


@pytest.mark.asvs("16.1.1", "16.2.3")
def test_logging_is_written_down_with_its_fields() -> None:
    words = " ".join(section("Logs").split())
    listed = re.search(r"\(`([a-z_ ]+)`\)", words)
    assert listed is not None
    assert set(listed[1].split()) == FIELDS
    assert "standard error" in words


@pytest.mark.asvs("15.1.1")
def test_terms_for_vulnerable_parts_are_written_down() -> None:
    words = section("Vulnerable parts")
    assert [int(days) for days in re.findall(r"(\d+) days", words)] == [7, 7, 30, 90]
