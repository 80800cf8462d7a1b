"""What the ledger knows of an erased person is emptied by a function of the owner, once their key is destroyed.

The role that serves may write neither people nor bank references, and needs no more than this to carry an erasure
out: the function looks itself whether the key is gone and the tombstone stands. SQLite knows no roles; there the
service does the same with statements of its own. Expand only: an older release works on.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2_forgetting"
down_revision = "2026_11_28_1_calibration_guards"
branch_labels = None
depends_on = None

EMPTIED = ("id_number_sealed", "name_sealed")
DROPPED = (
    "birth_date_sealed", "village_sealed", "address_sealed", "phone_sealed", "contact_name_sealed",
    "contact_phone_sealed", "tags_sealed", "phone_index", "birth_year", "sex",
)  # fmt: skip
NOISE = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
"""244 random bits: an index that no name and no number ever gives."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    sealed = ", ".join([*(f"{name} = ''::bytea" for name in EMPTIED), *(f"{name} = NULL" for name in DROPPED)])
    # pg_temp last: nobody's temporary table may stand in for ours while the function runs with the owner's rights
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    op.execute(f"""
        CREATE FUNCTION forget_erased(
            erased text, moment timestamptz, OUT rows_emptied integer, OUT banks_dropped integer
        )
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM person_keys WHERE person_id = erased AND destroyed_at IS NOT NULL)
               OR NOT EXISTS (SELECT 1 FROM erasures WHERE person_id = erased) THEN
                RAISE EXCEPTION 'a person who was not erased cannot be forgotten' USING ERRCODE = 'restrict_violation';
            END IF;
            UPDATE people
               SET {sealed}, id_number_index = {NOISE}, name_index = {NOISE},
                   person_key = 'erased-' || left(encode({NOISE}, 'hex'), 24), changed_at = moment
             WHERE id = erased AND id_number_sealed <> ''::bytea;
            GET DIAGNOSTICS rows_emptied = ROW_COUNT;
            DELETE FROM bank_references WHERE person_id = erased;
            GET DIAGNOSTICS banks_dropped = ROW_COUNT;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION forget_erased(text, timestamptz) FROM PUBLIC")
