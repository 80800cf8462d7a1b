#!/bin/sh
# Writes both lock files. --no-emit-index-url keeps registry hosts out of them; the override drops dlib, which
# face-recognition asks for and which would compile for a quarter of an hour (dlib-bin takes its place).
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
compile() { "$uv" pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
  --override deploy/lock-overrides.txt pyproject.toml "$@"; }
compile --extra demo --extra hsm --group build -o requirements.lock
compile --extra demo --extra hsm --extra reference --extra telemetry --group dev -c requirements.lock -o requirements-dev.lock
