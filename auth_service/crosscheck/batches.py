"""Whether a file as a whole is odd, beside its own history: an odd one waits until a second person releases it.

A wrong file is the quickest way to stop the pensions of a whole county, and its rows look right one by one. So the
whole is weighed: how old, how long, whom it hits, on which days, and how much of it cannot be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt
from statistics import fmean, stdev

from auth_service.crosscheck.sources import DATED, ENDING, RegistryKind


class Oddity(StrEnum):
    """Why a batch waits. source: issue 7; domain.md D09; trust.md F33"""

    STALE = "stale"
    VOLUME = "volume"
    HALF = "half"
    HITS_JUMP = "hits_jump"
    HITS_SHARE = "hits_share"
    SAME_DATE = "same_date"
    FUTURE = "future"
    BEFORE_BIRTH = "before_birth"
    SHIFTED = "shifted"
    REFUSED = "refused"
    NOBODY = "nobody"


ODDITY_WORDS: dict[Oddity, tuple[str, str]] = {
    Oddity.STALE: ("比已导入的数据旧", "older than what is known already"),
    Oddity.VOLUME: ("行数远多于以往", "many more rows than before"),
    Oddity.HALF: ("行数远少于以往，可能不完整", "many fewer rows than before: perhaps half a file"),
    Oddity.HITS_JUMP: ("命中台账人数骤增", "hits many more people of the ledger than before"),
    Oddity.HITS_SHARE: ("命中台账人数占比过高", "hits too large a part of the ledger"),
    Oddity.SAME_DATE: ("大量记录为同一日期", "many events on one day"),
    Oddity.FUTURE: ("有晚于今天的日期", "dates in the future"),
    Oddity.BEFORE_BIRTH: ("有早于出生的日期", "events before birth"),
    Oddity.SHIFTED: ("疑似列错位", "columns look shifted"),
    Oddity.REFUSED: ("大量行无法使用", "many rows cannot be used"),
    Oddity.NOBODY: ("无人为本次导入负责", "nobody stands for this import"),
}


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When a file of a registry is odd as a whole.

    volume_times       so many times as many rows as files of its kind and source had on average
    volume_rows        a file of fewer rows is never odd for its length
    half_share         less than this share of the rows that files before it had on average
    hits_sigma         so many standard deviations more hits in the ledger than files before it
    hits_share         hits on more than this share of all people in the ledger
    hits_rows          fewer hits are never odd
    odd_share          more than this share of the rows cannot be: in the future, before birth, in shifted columns
    refused_share      more than this share of the rows was refused for whatever reason
    refused_rows       fewer refused rows are never odd
    same_date_share    more than this share of the events lies on one day
    same_date_rows     fewer events on one day are never odd
    stale_days         its newest entry lies more days before the newest that its source has told of
    history            so many files before it are looked at
    least_history      fewer of them tell no standard deviation

    source  volume_times: issue 7; hits_sigma, hits_share, odd_share: trust.md F33; the others are own decisions: half
            of what is usual may be a quiet month and a fifth is not, a tenth of bad rows is a wrong column, a day of
            deaths that many share is a default date, and a monthly file a month behind is last month's
    """

    volume_times: float = 10.0
    volume_rows: int = 20
    half_share: float = 0.2
    hits_sigma: float = 3.0
    hits_share: float = 0.005
    hits_rows: int = 20
    odd_share: float = 0.005
    refused_share: float = 0.1
    refused_rows: int = 20
    same_date_share: float = 0.2
    same_date_rows: int = 20
    stale_days: int = 30
    history: int = 12
    least_history: int = 3

    def __post_init__(self) -> None:
        if self.least_history < 2 or self.history < self.least_history:
            raise ValueError("a standard deviation takes two files at least")
        if min(self.volume_times, self.hits_sigma, self.stale_days) < 1:
            raise ValueError("less than one is never odd")


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What was counted of one file.

    rows        all, the refused among them
    hits        rows whose ID number is somebody's in the ledger
    dated       rows with a whole date of the event, and `same_date` how many of them share the commonest one
    newest      the newest time that the source tells; None where it tells none
    by_person   somebody signed in stands for the import
    """

    kind: RegistryKind
    rows: int = 0
    refused: int = 0
    hits: int = 0
    future: int = 0
    before_birth: int = 0
    shifted: int = 0
    dated: int = 0
    same_date: int = 0
    newest: datetime | None = None
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class PastBatch:
    """One file before it, of the same kind and source, that counts."""

    rows: int
    hits: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchFinding:
    """One reason to wait: what was measured, and from where on that is odd."""

    oddity: Oddity
    measured: float
    limit: float


def odd_in(facts: BatchFacts, past: Sequence[PastBatch], people: int, policy: BatchPolicy) -> tuple[BatchFinding, ...]:
    """Every reason for which a second person must look at a file before it counts; none for most files.

    past     newest first
    people   in the ledger
    """
    past = past[: policy.history]
    found = [
        *_volume(facts, past, policy),
        *_hits(facts, past, people, policy),
        *_dates(facts, policy),
        *_stale(facts, past, policy),
        *_impossible(facts, policy),
    ]
    if not facts.by_person:
        found.append(BatchFinding(Oddity.NOBODY, 0, 1))
    return tuple(found)


def _volume(facts: BatchFacts, past: Sequence[PastBatch], policy: BatchPolicy) -> list[BatchFinding]:
    if not past:
        return []
    usual = fmean(one.rows for one in past)
    most, least = policy.volume_times * usual, policy.half_share * usual
    if facts.rows >= max(most, policy.volume_rows):
        return [BatchFinding(Oddity.VOLUME, facts.rows, most)]
    if len(past) >= policy.least_history and usual >= policy.volume_rows and facts.rows < least:
        return [BatchFinding(Oddity.HALF, facts.rows, least)]
    return []


def _hits(facts: BatchFacts, past: Sequence[PastBatch], people: int, policy: BatchPolicy) -> list[BatchFinding]:
    if facts.kind not in ENDING or facts.hits < policy.hits_rows:
        return []
    found = []
    share = policy.hits_share * people
    if facts.hits > share:
        found.append(BatchFinding(Oddity.HITS_SHARE, facts.hits, share))
    if len(past) >= policy.least_history:
        hits = [one.hits for one in past]
        usual = fmean(hits)
        # counts of what happens by chance scatter by their root at least, even where a few files chanced to agree
        limit = usual + policy.hits_sigma * max(stdev(hits), sqrt(usual))
        if facts.hits > limit:
            found.append(BatchFinding(Oddity.HITS_JUMP, facts.hits, limit))
    return found


def _dates(facts: BatchFacts, policy: BatchPolicy) -> list[BatchFinding]:
    limit = policy.same_date_share * facts.dated
    if facts.kind in DATED and facts.same_date >= policy.same_date_rows and facts.same_date > limit:
        return [BatchFinding(Oddity.SAME_DATE, facts.same_date, limit)]
    return []


def _stale(facts: BatchFacts, past: Sequence[PastBatch], policy: BatchPolicy) -> list[BatchFinding]:
    known = [one.newest for one in past if one.newest is not None]
    if facts.newest is None or not known:
        return []
    days = (max(known) - facts.newest).days
    return [BatchFinding(Oddity.STALE, days, policy.stale_days)] if days > policy.stale_days else []


def _impossible(facts: BatchFacts, policy: BatchPolicy) -> list[BatchFinding]:
    refused = facts.refused if facts.refused >= policy.refused_rows else 0
    counted = (
        (Oddity.FUTURE, facts.future, policy.odd_share),
        (Oddity.BEFORE_BIRTH, facts.before_birth, policy.odd_share),
        (Oddity.SHIFTED, facts.shifted, policy.odd_share),
        (Oddity.REFUSED, refused, policy.refused_share),
    )
    return [
        BatchFinding(oddity, count, share * facts.rows)
        for oddity, count, share in counted
        if count > share * facts.rows
    ]
