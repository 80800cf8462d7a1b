"""Templates of a second engine made from photos on record: expand only, an older release works on.

A re-embedded photo's row names the picture it was made from, and a re-embedded set the set it took over. A set's
template may be destroyed, which can only ever send people to a counter; everything else about a set stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_6_reembedding"
down_revision = "2026_11_24_5_limits"
branch_labels = None
depends_on = None

KEPT = ("id", "person_id", "engine", "weights_digest", "images", "mirrored", "active_since", "derived_from")


def upgrade() -> None:
    op.add_column("reference_photos", sa.Column("picture_id", sa.String(32), nullable=True))
    op.add_column("reference_sets", sa.Column("derived_from", sa.String(32), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS reference_sets_no_update ON reference_sets")
        op.execute(
            "CREATE TRIGGER reference_sets_no_update BEFORE UPDATE ON reference_sets FOR EACH ROW "
            f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute("DROP TRIGGER IF EXISTS reference_sets_no_update")
        op.execute(
            f"CREATE TRIGGER reference_sets_no_update BEFORE UPDATE ON reference_sets WHEN NOT ({_allowed('IS')}) "
            "BEGIN SELECT RAISE(ABORT, 'reference_sets is append-only'); END"
        )


def _allowed(same: str) -> str:
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    ended = f"(NEW.superseded_at {same} OLD.superseded_at OR OLD.superseded_at IS NULL)"
    destroyed = f"(NEW.template_sealed {same} OLD.template_sealed OR NEW.template_sealed IS NULL)"
    return f"{kept} AND {ended} AND {destroyed}"
