#!/usr/bin/env bash
# Gives the three roles their passwords from secret files. Run once by the PostgreSQL image, after roles.sql, over its own
# socket and with statement logging off. No password stands on a command line, and the server keeps SCRAM verifiers only.
set -euo pipefail

for role in front ledger owner; do
    export SECRET="/run/secrets/${role}_password"
    test -s "$SECRET"
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set role="auth_service_${role}" <<'SQL'
SET password_encryption = 'scram-sha-256';
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
\set password `cat "$SECRET"`
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
