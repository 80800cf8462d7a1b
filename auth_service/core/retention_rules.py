"""The table of periods: each kind of record, how long it is kept, from when that counts, and why no longer."""

from __future__ import annotations

from auth_service.core.retention_files import FILES
from auth_service.core.retention_rule import Rule

PRINT_DAYS = 425
"""source: docs/liveness-replay.md: one whole certification year, and two months"""

UPLOAD_DAYS = 30
"""source: own decision; the text phone_consent/2026-11-29 promises it"""


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
        "face_scans",
        "pairs of a scan of faces that goes on (`face_scan_pairs`)",
        None,
        "found; a scan that was cut short goes on or is begun anew within a week",
        "rows deleted at the scan's end; an erased person's at once; in no backup, nor is a scan that has not ended:"
        " a restored service begins it anew",
        "own decision: what was not put before a monitor is nothing that is known of anybody",
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
    *FILES,
)
