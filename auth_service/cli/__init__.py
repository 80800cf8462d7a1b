"""The command line: `auth-service`, one file per command group. Each takes `--json` and exits 1 on an error."""
