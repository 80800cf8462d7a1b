"""Photos, references, evidence, certificates, captures and consents."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_2_attempts"
down_revision = "2026_11_23_1_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('reference', 'review')", name=op.f("ck_photos_purpose")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_photos_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("file_name", name=op.f("uq_photos_file_name")),
    )
    op.create_index(op.f("ix_photos_person_id"), "photos", ["person_id"], unique=False)
    op.create_table(
        "reference_photos",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.Boolean(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("photo_hash_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pixel_index", sa.LargeBinary(), nullable=False),
        sa.Column("file_index", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "source IN ('officer', 'id_chip', 'register', 'card', 'self_upload')",
            name=op.f("ck_reference_photos_source"),
        ),
        sa.CheckConstraint("images >= 1", name=op.f("ck_reference_photos_images")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reference_photos_person_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_reference_photos")),
        sa.UniqueConstraint("id", name=op.f("uq_reference_photos_id")),
        sa.UniqueConstraint(
            "person_id",
            "engine",
            "weights_digest",
            "pixel_index",
            name=op.f("uq_reference_photos_person_id_engine_weights_digest_pixel_index"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_reference_photos_person_id_file_index"), "reference_photos", ["person_id", "file_index"], unique=False
    )
    op.create_index(op.f("ix_reference_photos_pixel_index"), "reference_photos", ["pixel_index"], unique=False)
    op.create_table(
        "reference_sets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("images", sa.Integer(), nullable=True),
        sa.Column("mirrored", sa.Boolean(), nullable=True),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reference_sets_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_sets")),
    )
    op.create_index(op.f("ix_reference_sets_person_id"), "reference_sets", ["person_id"], unique=False)
    op.create_index(
        "uq_reference_sets_active",
        "reference_sets",
        ["person_id", "engine", "weights_digest"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "reference_set_photos",
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("photo_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["reference_photos.id"], name=op.f("fk_reference_set_photos_photo_id")),
        sa.ForeignKeyConstraint(["set_id"], ["reference_sets.id"], name=op.f("fk_reference_set_photos_set_id")),
        sa.PrimaryKeyConstraint("set_id", "position", name=op.f("pk_reference_set_photos")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("pad_verdict", sa.String(length=64), nullable=False),
        sa.Column("pad_reasons", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("engine", sa.String(length=64), nullable=True),
        sa.Column("calibration", sa.String(length=200), nullable=True),
        sa.Column("accept_at", sa.Double(), nullable=True),
        sa.Column("grey_at", sa.Double(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("has_reference", sa.Boolean(), nullable=False),
        sa.Column("probe_images", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attested_by", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decision_zone", sa.String(length=64), nullable=True),
        sa.CheckConstraint("channel IN ('counter', 'agency_api', 'phone', 'kiosk')", name=op.f("ck_evidence_channel")),
        sa.CheckConstraint(
            "decision_zone IS NULL OR decision_zone IN ('match', 'grey', 'non_match')",
            name=op.f("ck_evidence_decision_zone"),
        ),
        sa.CheckConstraint("kind IN ('face', 'assisted', 'photo')", name=op.f("ck_evidence_kind")),
        sa.CheckConstraint(
            "outcome <> 'qualified' OR (kind <> 'photo' AND zone IS NOT NULL AND zone = 'match')",
            name=op.f("ck_evidence_qualified_needs_more_than_a_photo"),
        ),
        sa.CheckConstraint("outcome IN ('qualified', 'retry', 'refer')", name=op.f("ck_evidence_outcome")),
        sa.CheckConstraint(
            "pad_verdict IN ('bona_fide', 'inconclusive', 'attack_suspected', 'none')",
            name=op.f("ck_evidence_pad_verdict"),
        ),
        sa.CheckConstraint("zone IS NULL OR zone IN ('match', 'grey', 'non_match')", name=op.f("ck_evidence_zone")),
        sa.CheckConstraint("(zone IS NULL) = (similarity IS NULL)", name=op.f("ck_evidence_comparison")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_evidence_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_person_id_taken_at"), "evidence", ["person_id", "taken_at"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('face', 'assisted', 'photo')", name=op.f("ck_certificates_kind")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_certificates_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_certificates_person_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_certificates")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_certificates_evidence_id")),
    )
    op.create_index(op.f("ix_certificates_person_id"), "certificates", ["person_id"], unique=False)
    op.create_table(
        "captures",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("photo_id", sa.String(length=32), nullable=True),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("photo_hash_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("images >= 1", name=op.f("ck_captures_images")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_captures_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_captures_person_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_captures_photo_id")),
        sa.PrimaryKeyConstraint("evidence_id", "place", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_person_id"), "captures", ["person_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("text_version", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("basis IN ('separate_consent', 'statutory_duty')", name=op.f("ck_consents_basis")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_person_id"), "consents", ["person_id"], unique=False)
