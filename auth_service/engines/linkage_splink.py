"""Splink on DuckDB: the yardstick of the bench, and an optional last stage for records that no rule has placed.

Splink weighs what agrees by how seldom it agrees by chance (Fellegi and Sunter). It is a package of the `reference`
extra: nothing else needs it. What it finds is judged once more, and stays weak.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from auth_service.core.errors import SplinkMissing
from auth_service.crosscheck.agreement import Compared
from auth_service.engines.linkage_tables import put_records, within_room

if TYPE_CHECKING:
    import duckdb

MOST_PAIRS, MOST_PAIRS_QUICKLY = 1e7, 1e6
"""Random pairs from which Splink learns how often fields agree by chance. source: its documentation calls 1e7 often
adequate; 1e6, its default, does for findings that stay weak"""
SEED = 7
"""So that the same rows give the same findings."""
_TRAINING = (("number",), ("name", "town"))
"""What pairs have in common from which it learns how often fields of one person agree."""
_SIDE = """
CREATE OR REPLACE TABLE {table} AS
SELECT {key} AS unique_id, nullif(number, '') AS number, nullif(name, '') AS name, nullif(birth, 0) AS birth,
       substr(name, 1, 1) AS first, town, nullif(sex, 0) AS sex, substr(town, 1, 6) AS county
FROM {source}
"""


def splink_installed() -> bool:
    """Whether the package is there (extra `[reference]`)."""
    return importlib.util.find_spec("splink") is not None


def probable_pairs(
    connection: duckdb.DuckDBPyConnection, compared: Sequence[Compared], least: float, most_pairs: float
) -> Iterator[tuple[int, int, float]]:
    """Pairs (place of the record, place of the person, probability) that Splink thinks likely.

    connection  with the table `people` of linkage_tables; gets tables of Splink's besides
    least       smallest probability of a match
    most_pairs  random pairs that it learns from
    raises      SplinkMissing, LinkageRoomExceeded
    """
    if not splink_installed():
        raise SplinkMissing
    with within_room():
        _sides(connection, compared)
        yield from _predicted(connection, least, most_pairs)


def _sides(connection: duckdb.DuckDBPyConnection, compared: Sequence[Compared]) -> None:
    put_records(connection, compared)
    connection.execute(_SIDE.format(table="splink_people", key="p", source="people"))
    connection.execute(_SIDE.format(table="splink_records", key="r", source="records"))


def _predicted(
    connection: duckdb.DuckDBPyConnection, least: float, most_pairs: float
) -> Iterator[tuple[int, int, float]]:
    from splink import DuckDBAPI, Linker, block_on  # noqa: PLC0415 - optional

    trained = [together for together in _TRAINING if _share(connection, together)]
    if not trained:
        return  # it would have nothing to learn from
    api = DuckDBAPI(connection)
    sides = [
        api.register("splink_people", dataset_display_name="a"),
        api.register("splink_records", dataset_display_name="b"),
    ]
    linker = Linker(sides, _settings(), log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=most_pairs, seed=SEED)
    for together in trained:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*together))
    found = linker.inference.predict(threshold_match_probability=least)
    query = f"SELECT unique_id_r, unique_id_l, match_probability FROM {found.physical_name}"
    yield from connection.execute(query).fetchall()


def _share(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> bool:
    """Whether any person and record have all of these columns in common."""
    query = f"SELECT 1 FROM splink_people JOIN splink_records USING ({', '.join(columns)}) LIMIT 1"
    return bool(connection.execute(query).fetchall())


def _settings() -> Any:
    import splink.comparison_library as comparisons  # noqa: PLC0415 - optional
    from splink import SettingsCreator, block_on  # noqa: PLC0415

    blocks = (("number",), ("name", "birth"), ("birth", "town"), ("name", "town"), ("birth", "first"))
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparisons.LevenshteinAtThresholds("number", [1, 2]),
            comparisons.LevenshteinAtThresholds("name", [1]).configure(term_frequency_adjustments=True),
            _levels("birth", "birth", "levenshtein(birth_l::VARCHAR, birth_r::VARCHAR) <= 1",
                    "birth_l // 10000 = birth_r // 10000"),
            _levels("town", "county", "county_l = county_r"),
            comparisons.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
        retain_matching_columns=False,
    )  # fmt: skip


def _levels(column: str, missing: str, *conditions: str) -> Any:
    """The same text first, then these conditions, then everything else; `missing` says which column may lack."""
    import splink.comparison_level_library as levels  # noqa: PLC0415 - optional
    import splink.comparison_library as comparisons  # noqa: PLC0415

    between = [levels.CustomLevel(condition) for condition in conditions]
    steps: list[Any] = [levels.NullLevel(missing), levels.ExactMatchLevel(column), *between, levels.ElseLevel()]
    return comparisons.CustomComparison(steps, output_column_name=column)
