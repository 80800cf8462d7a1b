"""When the next pass is due."""

from __future__ import annotations

import calendar
from datetime import date

DEFAULT_PERIOD_MONTHS = 12
"""source: domain.md 2.1, 12 months from the last pass on any channel; other cycles become policy data later."""


def due_date(passed_on: date, months: int = DEFAULT_PERIOD_MONTHS) -> date:
    """Last day of the month `months` after the month of the pass.

    source   domain.md finding 3: passed in July 2018 -> due 31 July 2019 -> unpaid from August 2019
    """
    index = passed_on.year * 12 + passed_on.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])
