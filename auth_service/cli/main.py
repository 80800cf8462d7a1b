"""All commands together."""

from __future__ import annotations

import typer

from auth_service.cli.bench import benching
from auth_service.cli.demo import demonstration
from auth_service.cli.evaluate import evaluate_app
from auth_service.cli.life import life
from auth_service.cli.people import api_keys, staff
from auth_service.cli.records import audit, certificates, enrolment, ledger, references
from auth_service.cli.verify import verification
from auth_service.cli.weights import models

app = typer.Typer(
    name="auth-service",
    help="Benefit-eligibility authentication service (社会保险待遇领取资格认证).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)
for group in (demonstration, life, enrolment, verification, benching):
    app.add_typer(group)
app.add_typer(staff, name="staff")
app.add_typer(api_keys, name="api-keys")
app.add_typer(ledger, name="ledger")
app.add_typer(references, name="references")
app.add_typer(models, name="models")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(audit, name="audit")
app.add_typer(certificates, name="certificates")
