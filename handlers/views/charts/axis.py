"""Where axes put their ticks and labels; knows no picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from handlers.views import numbers
from services.domain.market import EXACT

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MINUTE, _DAY, _MONTH = 60, 86_400, 30 * 86_400
# Round steps of a clock and a calendar in seconds; a month stands for a calendar month.
_TIME_STEPS = (
    *(_MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)),
    *(_DAY * days for days in (1, 2, 3, 7, 14)),
    *(_MONTH * months for months in (1, 2, 3, 6, 12)),
)


def round_ticks(low: Decimal, high: Decimal, parts: int) -> tuple[Decimal, list[Decimal]]:
    """Return a round step that cuts a range into at most `parts`, and its multiples in there."""
    rough = EXACT.divide(high - low, Decimal(parts))
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(unit * factor for factor in _STEPS if unit * factor >= rough)
    first = int(EXACT.divide(low, step).to_integral_value(ROUND_CEILING))
    last = int(EXACT.divide(high, step).to_integral_value(ROUND_FLOOR))
    return step, [index * step for index in range(first, last + 1)]


def time_ticks(
    times: Sequence[datetime], time_zone: str, language: str, parts: int
) -> Iterator[tuple[int, str]]:
    """Yield index and label of the times at which a round step of the viewer's clock begins.

    A label is the time of day, or the date where the day is another than at the tick before, or
    the month with its year where the span is as long as that.

    Args:
        times: Oldest first, at least one.
        time_zone: IANA name.
        language: For the dates.
        parts: Into how many the step cuts the whole span at most.
    """
    local = [time.astimezone(ZoneInfo(time_zone)) for time in times]
    span = (times[-1] - times[0]).total_seconds()
    step = next((step for step in _TIME_STEPS if span <= step * parts), _TIME_STEPS[-1])
    periods = enumerate(pairwise(_period(time, step) for time in local), start=1)
    begins = [index for index, (before, now) in periods if before != now]
    day = local[0].date()
    for index in begins:
        is_new_day, day = local[index].date() != day, local[index].date()
        if step >= _MONTH:
            yield index, numbers.month(times[index], time_zone, language)
        elif step >= _DAY or is_new_day:
            yield index, numbers.day(times[index], time_zone, language)
        else:
            yield index, f"{local[index]:%H:%M}"


def spread(wanted: Sequence[float], size: float, low: float, high: float) -> list[float | None]:
    """Return centres near the wanted ones, at least `size` apart, from `low` to `high`.

    Earlier wishes are more important: what finds no room is None, from the last one on.
    """
    room = int((high - low) // size) + 1 if high >= low else 0
    kept = sorted(range(min(room, len(wanted))), key=lambda index: wanted[index])
    centres: dict[int, float] = {}
    for index in kept:
        centres[index] = low = max(wanted[index], low)
        low += size
    for index in reversed(kept):
        centres[index] = high = min(centres[index], high)
        high -= size
    return [centres.get(index) for index in range(len(wanted))]


def _period(local: datetime, step: int) -> int:
    if step >= _MONTH:
        return (local.year * 12 + local.month - 1) // (step // _MONTH)
    if step >= _DAY:
        return local.toordinal() // (step // _DAY)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return local.toordinal() * (_DAY // step) + seconds // step
