#!/bin/sh
# Known vulnerabilities in what is locked. Fails on one. Where the source of vulnerabilities cannot be reached, or knows
# none of the packages, nothing was audited, and that is what it says: exit 0 unless AUTH_SERVICE_REQUIRE_AUDIT=1.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-.venv/bin/python}" deploy/audit_dependencies.py "$@"
