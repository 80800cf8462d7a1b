"""Alembic's entry. The connection, with its transaction open, comes from storage/schema_version.py."""

from alembic import context

from auth_service.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
