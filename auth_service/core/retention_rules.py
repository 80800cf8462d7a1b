"""The table of periods: each kind of record, how long it is kept, from when that counts, and why no longer."""

from __future__ import annotations

from dataclasses import dataclass

KEYS_PART_DAYS = 30
"""source: trust.md 2.7 crypto-erase, short-lived backups (<= 30 days)"""
PRINT_DAYS = 425
"""source: docs/liveness-replay.md: one whole certification year, and two months"""

UPLOAD_DAYS = 30
"""source: own decision; the text phone_consent/2026-11-29 promises it"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    kind     stable name: counts of the job go by it
    records  what, and where it lies
    days     field of RetentionPolicy, or the fixed number of days; None where the job removes nothing
    hours    in place of days, for what goes sooner
    starts   from when the days count; where the job removes nothing, how long it is kept and what ends it
    ends     what is done
    source   why so long and no longer
    """

    kind: str
    records: str
    days: str | int | None
    starts: str
    ends: str
    source: str
    hours: int | None = None


_LAW = "trust.md 3"
RULES = (
    Rule(
        "frames",
        "photos of an attempt that needs no look",
        0,
        "the answer",
        "never written to a disk",
        f"{_LAW}: 0-24 h",
    ),
    Rule(
        "review_pictures",
        "pictures kept for a look (`photos`, purpose review; HOME/photos)",
        "review_days",
        "the last judgement of the flags that show it and the end of its review, or the attempt where there is neither;"
        " undecided flags and captures on the desk hold it",
        "file removed, row marked erased",
        f"{_LAW}: decision + 60 days of appeal",
    ),
    Rule(
        "uploaded_photos",
        "photos left for staff to check (`photos`, purpose review, of a request in `other_ways`)",
        UPLOAD_DAYS,
        "left; at once where staff accept it, which makes it an enrolled photo, refuse it, or the person takes it back",
        "file removed, row marked erased; the request stays",
        "own decision: a month for staff to answer; the text phone_consent/2026-11-29 promises it",
    ),
    Rule(
        "replaced_pictures",
        "pictures of enrolled photos out of force (`photos`, purpose reference)",
        "replaced_days",
        "the day the last set that holds it was superseded",
        "file removed, row marked erased",
        f"{_LAW}: shortest storage; the appeal period",
    ),
    Rule(
        "replaced_averages",
        "templates of whole sets out of force (`reference_sets`)",
        "replaced_days",
        "superseded",
        "template destroyed, row stays as history",
        f"{_LAW}: shortest storage; the appeal period",
    ),
    Rule(
        "replaced_templates",
        "templates and hashes of enrolled photos out of force (`reference_photos`)",
        "capture_days",
        "the day the last set that holds it was superseded",
        "template, hashes and indexes destroyed",
        "decision 0011: copies are recognised among photos that left the set; two yearly passes",
    ),
    Rule(
        "captures",
        "templates and hashes of earlier attempts (`captures`)",
        "capture_days",
        "the attempt",
        "row deleted",
        "trust.md 0 and 1.5 L5: last year's recording is the commonest replay; two yearly passes",
    ),
    Rule(
        "replay_prints",
        "prints of sessions' films and keyed hashes of their frames (`replay_prints`, `replay_cells`)",
        PRINT_DAYS,
        "the attempt",
        "rows deleted; an erased person's at once",
        "trust.md 0: last year's recording is the commonest replay; a face can be drawn from a print, so one"
        " year and no second",
    ),
    Rule(
        "unfinished_sessions",
        "capture sessions without a decision, with their frames (`capture_sessions`, `capture_moves`,"
        " `capture_steps`, sealed)",
        None,
        "opened; nobody can hand one in after 14 minutes; what a kiosk captured without a line waits for its decision",
        "rows deleted by the worker within the hour; at once where the person ended it",
        f"{_LAW}: frames 0-24 h",
        hours=2,
    ),
    Rule(
        "sessions",
        "decided capture sessions, with the frames of those that a person may look at (`capture_sessions`,"
        " `capture_moves`, `capture_steps`)",
        "review_days",
        "the decision, and the end of its review; frames of a pass go with the decision itself",
        "rows deleted",
        f"{_LAW}: decision + 60 days of appeal",
    ),
    Rule(
        "other_ways",
        "requests for another way (`other_ways`)",
        366,
        "the answer of staff; of a number in no ledger, to whom nobody can answer, the request",
        "row deleted",
        "own decision: a year shows that people were answered",
    ),
    Rule(
        "facts",
        "scores, verdicts, certificates, findings of liveness (`evidence`, `certificates`, `pad_findings`,"
        " `chip_comparisons`)",
        "fact_days",
        "the attempt",
        "rows deleted; the database refuses to delete younger ones",
        f"{_LAW}: 3 years",
    ),
    Rule(
        "references",
        "templates and pictures of enrolled photos in force (`reference_set_photos`)",
        None,
        "while the person draws a benefit, + 30 days; ended by erasure, or by the ledger once it tells an end",
        "the person's key is destroyed, in backups too",
        f"{_LAW}: template while eligible + 30 days",
    ),
    Rule(
        "ledger",
        "`people`, `benefits`, `bank_references`, `person_keys`",
        None,
        "as the agency's own ledger; ended by erasure",
        "the person's key is destroyed",
        "Social Insurance Law; the agency's file rules",
    ),
    Rule(
        "lives",
        "events, tags, outages and standings (`life_events`, `tag_changes`, `life_states`, `outages`, `sweeps`)",
        None,
        "as the agency's own ledger; they name nobody, and after an erasure stay under a random id",
        "kept: due dates are computed from them",
        "Social Insurance Law; domain.md 5: five fields of an event and no more",
    ),
    Rule(
        "consents",
        "consents and their references (`consents`)",
        None,
        "at least 3 years after the end",
        "unreadable once the person's key is destroyed",
        f"{_LAW}: consent and impact file",
    ),
    Rule(
        "flags",
        "`flags`, `flag_people`, `flag_devices`, `judgements`, `reviews` (notes sealed with the person's key)",
        None,
        "10 years, as supervision files",
        "kept; nothing in them names anybody",
        "rules on social insurance files (10 years) [U]",
    ),
    Rule(
        "money",
        "`payments`, `payment_proposals`, `payment_decisions`, `payment_files`, `payment_sent`, `payment_answers`,"
        " `contests`, `contest_acts` (notes sealed with the person's key)",
        None,
        "10 years, as files of the fund",
        "kept: who was paid what is owed an account; nothing in them names anybody",
        "rules on social insurance files (10 years) [U]",
    ),
    Rule(
        "audit",
        "`audit_rows`, `audit_head`, `audit_base`, `audit_checkpoints`, `audit_witnesses`, `erasures`",
        None,
        "10 years",
        "kept as pseudonyms and numbers",
        f"{_LAW}: audit 10 years",
    ),
    Rule(
        "accounts",
        "`staff`, `api_keys`, `devices`",
        None,
        "while the audit trail names them",
        "disabled or revoked, never deleted",
        "accountability; no citizens' data",
    ),
    Rule(
        "measurements",
        "`calibrations`, `calibration_activations`, `policies`, `policy_activations`, `flash_measurements`, "
        "`flash_acts`, `face_thresholds`",
        None,
        "10 years",
        "kept: counts and rates, nobody's data",
        "accuracy statement; filing duty",
    ),
    Rule(
        "operation",
        "`service_keys`, `wrapping_keys`, `job_leases`, `schema_reach`",
        None,
        "while the service lives",
        "kept: nobody's data",
        "operations",
    ),
    Rule(
        "saved_answers",
        "answers kept under an Idempotency-Key (`saved_answers`, sealed)",
        "answer_days",
        "the answer",
        "row deleted",
        "trust.md 4: at least 24 h; 2.3: offline kiosks repeat for 72 h",
    ),
    Rule(
        "sign_in_failures",
        "failed sign-ins (`sign_in_failures`, name as keyed hash)",
        "failure_days",
        "the try",
        "row deleted",
        "the longest delay is 15 min; the audit trail keeps the event",
    ),
    Rule(
        "staff_sessions",
        "sign-ins of staff (`staff_sessions`, token as hash)",
        "session_days",
        "the sign-in",
        "row deleted",
        "trust.md 2.3: 8 h absolute",
    ),
    Rule(
        "device_nonces",
        "nonces of devices' signatures (`device_nonces`)",
        None,
        "10 minutes after the signature's end",
        "row deleted by the worker within the hour",
        "trust.md 2.3: nonces at least 10 minutes",
        hours=1,
    ),
    Rule(
        "offline_tickets",
        "tickets for captures without a line (`offline_tickets`)",
        7,
        "the ticket's end",
        "row deleted",
        "trust.md F19, F30: what comes later than 72 hours is held by its age, whatever ticket it names",
    ),
    Rule(
        "offline_records",
        "places of records in their kiosk's chain, and what was answered (`offline_records`); the record itself is"
        " sealed, and goes with its session",
        "fact_days",
        "the receipt",
        "row deleted; the database refuses to delete younger ones",
        "trust.md F17: a copied kiosk is found by the records that are there",
    ),
    Rule(
        "reconciliations",
        "daily counts of kiosks (`reconciliations`), nobody's data",
        "fact_days",
        "the report",
        "row deleted",
        "own decision: as long as the records that they count",
    ),
    Rule(
        "imports",
        "records of imports (`imports`, file name sealed)",
        "import_days",
        "the import",
        "row deleted",
        f"{_LAW}: 3 years",
    ),
    Rule(
        "reject_files",
        "files of refused rows (HOME/rejects)",
        "reject_days",
        "written",
        "file removed",
        f"{_LAW}: registry extracts 30 days",
    ),
    Rule(
        "pilot_sessions",
        "frames of a pilot's sessions, in clear (AUTH_SERVICE_PILOT_FOLDER)",
        "pilot_days",
        "handed in",
        "files removed; at once where the consent is withdrawn",
        "own decision: time to film 30 people and to measure; the consent text says at most 30 days",
    ),
    Rule(
        "orphan_files",
        "photo files that no record names (HOME/photos)",
        "orphan_days",
        "written",
        "file set aside; more than 100 and 1 % of all files, or with an empty database: left, and told",
        "left by an interrupted run; a day is longer than any run",
    ),
    Rule(
        "set_aside_files",
        "photo files set aside (HOME/photos/set-aside)",
        "set_aside_days",
        "set aside",
        "file removed; an erased person's at once",
        "two weeks to notice that the database was the wrong one",
    ),
    Rule(
        "keys_parts",
        "keys parts of backups (AUTH_SERVICE_BACKUP__FOLDER)",
        KEYS_PART_DAYS,
        "the backup",
        "file removed, the newest never",
        "trust.md 2.7: at most 30 days",
    ),
    Rule(
        "data_parts",
        "data parts of backups",
        None,
        "the operator's media plan, at most 3 years",
        "an erased person's data in it is unreadable without a keys part",
        f"{_LAW}: 3 years",
    ),
    Rule(
        "job_runs",
        "history of the worker's jobs (`job_runs`)",
        30,
        "the run",
        "row deleted by the worker",
        "operations",
    ),
    Rule(
        "limit_counts",
        "counts of requests (`limit_counts`, keyed hashes)",
        1,
        "the request",
        "row deleted by the worker within the hour",
        "trust.md 2.5: the longest window is a day",
    ),
    Rule(
        "limit_counts",
        "counts against limits (keyed hashes)",
        1,
        "the window's end",
        "row deleted by the worker",
        "trust.md 2.5: the longest window is a day",
    ),
)
