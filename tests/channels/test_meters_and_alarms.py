"""What an operator watches: every meter of the dashboard and the alarms is there, and tells the truth."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from auth_service.cli.worker import Worker
from auth_service.core.errors import DatabaseUnavailable
from auth_service.core.jobs import Job
from auth_service.core.retention import BackupPolicy
from auth_service.engines.pool import InferencePool
from auth_service.web.readiness import ReadinessProbe
from tests.channels.service import EILEEN, Deployment
from tests.conftest import ROOT

DASHBOARD = ROOT / "deploy" / "grafana" / "auth-service.json"
ALARMS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
_METER = re.compile(r"auth_service_[a-z0-9_]+")


def _expressions(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "expr":
                yield str(value)
            yield from _expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from _expressions(value)


def _meters(text: str) -> set[str]:
    """Names that can be asked for, from HELP and TYPE lines."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        found |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    return found


def _value(text: str, meter: str) -> float:
    return float(re.search(rf"^{re.escape(meter)} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]


@pytest.mark.parametrize("file", [DASHBOARD, ALARMS], ids=lambda path: path.name)
def test_every_meter_named_is_exposed_by_a_running_service(service: Deployment, file: Path) -> None:
    service.wiring.settings = service.wiring.settings.model_copy(
        update={"backup": BackupPolicy(str(service.wiring.settings.home / "backups"))}
    )
    del service.wiring.__dict__["measures"]  # made before the backup folder was set
    service.app.state.services = dataclasses.replace(service.services, metrics=service.wiring.measures)
    Worker(service.wiring.store, service.wiring.jobs()).once()
    exposed = _meters(service.client().get("/metrics").text)
    read = json.loads(file.read_text("utf-8")) if file.suffix == ".json" else yaml.safe_load(file.read_text("utf-8"))
    named = {name for expression in _expressions(read) for name in _METER.findall(expression)}
    assert len(named) > 10
    assert named - exposed == set()


def test_every_alarm_says_what_it_is_in_both_languages_and_how_grave() -> None:
    rules = [rule for group in yaml.safe_load(ALARMS.read_text("utf-8"))["groups"] for rule in group["rules"]]
    guide = (ROOT / "docs" / "operations" / "monitoring.md").read_text("utf-8")
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert re.search(r"[一-鿿]", rule["annotations"]["summary"]), rule["alert"]
        assert f"**{rule['alert']}**" in guide, "docs/operations/monitoring.md says what to do"


def test_the_dashboard_begins_with_what_hurts_people_and_its_panels_have_own_places() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert "hurts people" in panels[0]["title"]
    assert "channel" in panels[1]["targets"][0]["expr"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)


def test_attempts_decisions_and_reasons_are_counted_by_channel(service: Deployment) -> None:
    service.verify(EILEEN, service.portraits.eileen_later, attested_by="c.7")
    service.verify(EILEEN, service.portraits.no_face, attested_by="c.7")
    text = service.client().get("/metrics").text
    assert _value(text, 'auth_service_attempts_total{channel="agency_api"}') == 2
    assert _value(text, 'auth_service_decisions_total{channel="agency_api",outcome="qualified"}') == 1
    reason = 'auth_service_failures_to_acquire_total{channel="agency_api",reason="no_face_found"}'
    assert _value(text, reason) == 1
    assert _value(text, 'auth_service_errors_total{code="no_face_found"}') == 1


def test_whoever_waits_for_a_reader_is_measured() -> None:
    class Spec:
        def build(self) -> Any:
            return SimpleNamespace(
                identity=SimpleNamespace(engine="none"),
                read=lambda data: time.sleep(0.05),
                room=None,
                share=lambda room: None,
            )

    waits: list[float] = []
    pool = InferencePool(Spec(), workers=1, waiting=4, waited=waits.append)
    threads = [threading.Thread(target=pool.read, args=(b"",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 3
    assert max(waits) > 0.05
    assert pool.places == 5


def test_a_failing_and_a_late_job_are_seen(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DatabaseUnavailable

    jobs = (Job("faces.count", 0.0, broken),)
    before = service.client().get("/metrics").text
    assert _value(before, 'auth_service_job_overdue_seconds{job="faces.count"}') >= 0
    worker = Worker(service.wiring.store, jobs)
    worker.once()
    worker.once()
    time.sleep(0.02)
    text = service.client().get("/metrics").text
    assert _value(text, 'auth_service_job_failures{job="faces.count"}') >= 1
    assert _value(text, 'auth_service_job_overdue_seconds{job="faces.count"}') > 0
    assert "job_last_success_age_seconds{" not in text


def test_stored_faces_are_those_of_the_last_count(service: Deployment) -> None:
    Worker(service.wiring.store, service.wiring.jobs()).once()
    text = service.client().get("/metrics").text
    assert _value(text, 'auth_service_stored_faces{what="people"}') == 2
    assert _value(text, 'auth_service_stored_faces{what="usable"}') == 2


@pytest.mark.asvs("16.5.2")
def test_a_database_that_does_not_answer_is_told_and_nothing_old_is_shown(
    service: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(service.wiring.store._database, "reading", away)
    text = service.client().get("/metrics").text
    assert _value(text, 'auth_service_ready{check="database"}') == 0
    assert _value(text, 'auth_service_ready{check="engine"}') == 1
    assert "auth_service_audit_rows" not in text
    ready = service.client().get("/readyz")
    assert ready.status_code == 503
    assert "database" in ready.json()["missing"]


def test_a_part_that_hangs_is_missing_in_time_and_holds_one_round_of_threads() -> None:
    release, calls = threading.Event(), []

    def hangs() -> bool:
        calls.append(1)
        return release.wait(10)

    probe = ReadinessProbe((("database", hangs), ("engine", lambda: True)), patience_seconds=0.05)
    started = time.monotonic()
    for _ in range(10):
        assert probe().missing == ("database",)
    assert time.monotonic() - started < 2
    assert len(calls) == 1
    release.set()
    end = time.monotonic() + 5
    while not probe().ready:
        assert time.monotonic() < end


def test_a_late_audit_witness_is_told_and_keeps_nobody_from_being_served(
    service: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.client().get("/readyz").json()["attention"] == []
    monkeypatch.setattr(service.wiring, "audit_problems", lambda: ("witness_late",))
    answer = service.client().get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["attention"]) == (200, True, ["audit"])


def test_refused_tombstones_ask_for_attention(service: Deployment) -> None:
    """As the hourly job ended, and until it ends otherwise."""
    job = Job("erasures", 3600, dict)
    for code, attention in (("tombstone_refused", ["erasures"]), (None, [])):
        with service.wiring.store.unit() as unit:
            unit._work.connection.execute(text("UPDATE job_leases SET next_due_at = '2020-01-01 00:00:00'"))
            claim = unit.jobs.claim(job, "worker", 60)
            assert claim is not None
            assert unit.jobs.finish(claim, job, {}, code)
        assert service.client().get("/readyz").json()["attention"] == attention


def test_a_full_disk_and_a_closing_pool_are_not_ready(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.wiring.readiness().ready
    monkeypatch.setattr(service.wiring, "disk_free", lambda: 1000.0)
    assert service.wiring.readiness().missing == ("disk",)
    monkeypatch.setattr(service.wiring.pool, "_closed", True)
    assert service.wiring.readiness().missing == ("engine", "disk")
