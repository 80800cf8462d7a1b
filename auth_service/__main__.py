"""`python -m auth_service` and the `auth-service` command."""

from __future__ import annotations


def main() -> None:
    """Runs the command line. Imported late so that spawned reading processes start light."""
    from auth_service.cli.main import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
