"""Linkage and Splink on one made-up world, measured in one run: how right, how long, and what a row costs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

from auth_service.crosscheck.agreement import compared_record
from auth_service.engines.linkage import Linkage
from auth_service.engines.linkage_splink import MOST_PAIRS, probable_pairs
from auth_service.engines.linkage_tables import PeopleColumns, open_memory, put_people
from tests.crosscheck.truth import by_rule, measured
from tests.crosscheck.world import World

T = TypeVar("T")
_SPLINKS_THRESHOLD = 0.95


def timed(work: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """What work gives, and its seconds: on the clock, and of processors, on which neighbours weigh less."""
    wall, processors = time.perf_counter(), time.process_time()
    found = work()
    return found, {
        "seconds": round(time.perf_counter() - wall, 3),
        "processor_seconds": round(time.process_time() - processors, 3),
    }


def cascade(world: World, columns: PeopleColumns, *, residue: bool) -> dict[str, Any]:
    """The product, from columns to findings; with its optional last stage where asked."""
    gc.freeze()  # the made-up world is not the product's to be swept for garbage
    linkage, load = timed(lambda: Linkage(columns))
    with linkage:
        findings, find = timed(lambda: linkage.findings(world.records))
        document: dict[str, Any] = {
            "people": len(columns.ids), "records": len(world.records), "load": load, "find": find,
            **measured(world, findings), "by_rule": by_rule(world, findings),
        }  # fmt: skip
        if residue:
            more, took = timed(lambda: linkage.residue(world.records, findings))
            document["residue"] = {"took": took, "findings": len(more), **by_rule(world, more).get("L40", {})}
            document["with_residue"] = measured(world, [*findings, *more])
    return document


def splink_alone(world: World, columns: PeopleColumns) -> dict[str, Any]:
    """Splink from the same columns and the same written forms: each record's likeliest person above its threshold."""
    with closing(open_memory(2, 8 * 2**30)) as connection:
        _, load = timed(lambda: put_people(connection, columns))
        compared, forms = timed(lambda: [compared_record(record) for record in world.records])
        pairs, find = timed(lambda: list(probable_pairs(connection, compared, _SPLINKS_THRESHOLD, MOST_PAIRS)))
    best: dict[int, tuple[float, int]] = {}
    for place, person, probability in pairs:
        best[place] = max(best.get(place, (0.0, -1)), (probability, person))
    named = {world.records[place].record_id: columns.ids[person] for place, (_, person) in best.items()}
    right = sum(world.truth[record] == person for record, person in named.items())
    insured = sum(person is not None for person in world.truth.values())
    return {
        "load": load, "forms": forms, "find": find, "found": len(named),
        "precision": round(right / len(named), 5), "recall": round(right / insured, 5),
        "relatives_ids_found": sum(named.get(record) == person for record, person in world.borrowed.items()),
    }  # fmt: skip


def spent(document: dict[str, Any], unit: str) -> float:
    """All of one side, loading and forms too, in `seconds` or `processor_seconds`."""
    return sum(float(document[part][unit]) for part in ("load", "forms", "find") if part in document)


def compared_with(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """Our time over Splink's, without and with the optional stage."""
    found = {}
    for unit in ("seconds", "processor_seconds"):
        mine, whole = spent(ours, unit), spent(theirs, unit)
        found[f"cascade_over_splink_{unit}"] = round(mine / whole, 4)
        found[f"with_residue_over_splink_{unit}"] = round((mine + ours["residue"]["took"][unit]) / whole, 4)
    return found
