"""All commands together."""

from __future__ import annotations

import typer

from auth_service.cli.arrangements import accommodations, contacts, proxies
from auth_service.cli.audit import audit
from auth_service.cli.backup import backup_app, restoring
from auth_service.cli.bench import benching
from auth_service.cli.calibrate import calibrate_app
from auth_service.cli.cases import cases
from auth_service.cli.certificates import certificates
from auth_service.cli.compliance import compliance
from auth_service.cli.demo import demonstration
from auth_service.cli.devices import devices
from auth_service.cli.doctor import doctor_app
from auth_service.cli.duplicates import duplicates
from auth_service.cli.evaluate import evaluate_app
from auth_service.cli.evaluate_pad import evaluating_pad
from auth_service.cli.evaluate_replay import evaluate_replay_app
from auth_service.cli.flash import flash_app
from auth_service.cli.keys import keys, public_keys
from auth_service.cli.kiosk_bridge import kiosk
from auth_service.cli.kiosk_simulate import simulating
from auth_service.cli.life import life
from auth_service.cli.notices import notices
from auth_service.cli.payments import payments
from auth_service.cli.people import api_keys, staff
from auth_service.cli.pilot import pilot_app
from auth_service.cli.policy import policy_app
from auth_service.cli.poverty import poverty
from auth_service.cli.privacy import privacy
from auth_service.cli.proposals import proposals
from auth_service.cli.reconciliation import reconciling
from auth_service.cli.records import enrolment, ledger, references
from auth_service.cli.reembedding import reembedding
from auth_service.cli.regions import regions
from auth_service.cli.registry import registry
from auth_service.cli.registry_links import linking
from auth_service.cli.retention import retention_app
from auth_service.cli.rules import rules
from auth_service.cli.simulate import simulation
from auth_service.cli.sweeping import evidence, outages, rehearsing, sweeping
from auth_service.cli.tags import tags
from auth_service.cli.verify import verification
from auth_service.cli.weights import models
from auth_service.cli.worker import worker_app

app = typer.Typer(
    name="auth-service",
    help="Benefit-eligibility authentication service (社会保险待遇领取资格认证).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)
for group in (demonstration, life, doctor_app, enrolment, verification, worker_app, restoring, benching, simulation):
    app.add_typer(group)
app.add_typer(backup_app, name="backup")
app.add_typer(retention_app, name="retention")
app.add_typer(calibrate_app, name="calibrate")
app.add_typer(flash_app, name="flash")
app.add_typer(pilot_app, name="pilot")
app.add_typer(policy_app, name="policy")
app.add_typer(staff, name="staff")
app.add_typer(api_keys, name="api-keys")
app.add_typer(devices, name="devices")
devices.registered_commands.extend(reconciling.registered_commands)
app.add_typer(ledger, name="ledger")
ledger.add_typer(payments, name="payments")
app.add_typer(registry, name="registry")
registry.registered_commands.extend(linking.registered_commands)
app.add_typer(poverty, name="poverty")
app.add_typer(proposals, name="proposals")
app.add_typer(notices, name="notices")
app.add_typer(cases, name="cases")
ledger.add_typer(evidence, name="evidence")
ledger.add_typer(contacts, name="contacts")
ledger.add_typer(tags, name="tags")
ledger.add_typer(proxies, name="proxies")
ledger.add_typer(accommodations, name="accommodations")
policy_app.registered_commands.extend(rehearsing.registered_commands)
app.add_typer(outages, name="outages")
app.add_typer(regions, name="regions")
app.add_typer(sweeping, name="sweep")
app.add_typer(rules, name="rules")
app.add_typer(duplicates, name="duplicates")
app.add_typer(references, name="references")
references.registered_commands.extend(reembedding.registered_commands)
app.add_typer(models, name="models")
app.add_typer(evaluate_app, name="evaluate")
evaluate_app.registered_commands.extend(evaluating_pad.registered_commands)
evaluate_app.registered_commands.extend(evaluate_replay_app.registered_commands)
app.add_typer(audit, name="audit")
app.add_typer(certificates, name="certificates")
certificates.registered_commands.extend(public_keys.registered_commands)
app.add_typer(keys, name="keys")
app.add_typer(kiosk, name="kiosk")
kiosk.registered_commands.extend(simulating.registered_commands)
app.add_typer(privacy, name="privacy")
app.add_typer(compliance, name="compliance")
