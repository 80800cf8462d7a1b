"""What a table file can do to a value before we see it."""

from __future__ import annotations

from collections.abc import Mapping

from auth_service.core.errors import DigitsLost


class LostDigits(str):
    """Text of a number cell with more digits than a spreadsheet keeps; the last ones are zeros that nobody typed.

    source   IEEE 754 double: spreadsheets keep 15 significant digits, an ID number has 18
    """

    __slots__ = ()


def refuse_lost_digits(values: Mapping[str, str]) -> None:
    """raises DigitsLost, with the column: no such value may pass for what was typed"""
    for column, text in values.items():
        if isinstance(text, LostDigits):
            raise DigitsLost(field=column)
