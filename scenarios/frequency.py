"""How often something is due, and on which days, as a pure function of its key and the date."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY_NAMES = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
WEEKDAYS_ZH = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
PERIODS_ZH = {"日": "day", "天": "day", "周": "week", "星期": "week", "月": "month"}
COUNTS_ZH = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
MAX_COUNT = {"day": 12, "week": 7, "month": 28}
EXPECTED = "daily, 3/week, mon,thu, 2/day or 1/month"


@dataclass(frozen=True)
class Frequency:
    """``count`` times a day, week or month, or once on each of the named weekdays (0 = Monday)."""

    period: Literal["day", "week", "month", "weekdays"]
    count: int
    weekdays: tuple[int, ...] = ()


def parse_frequency(text: str) -> Frequency:
    """Frequency that a cell of the tables names.

    Parameters
    ----------
    text
        ``daily``, ``n/day``, ``n/week``, ``n/month`` or weekdays such as ``mon,thu``; also the
        same in Chinese, such as ``每天``, ``每周3次``, ``3次/周`` or ``周一、周四``, and with
        full-width digits and commas.

    Returns
    -------
    Frequency
        The same in parts.

    Raises
    ------
    ValueError
        When the text is none of these or the count is out of range.
    """
    word = re.sub(r"[、，]", ",", unicodedata.normalize("NFKC", text)).strip().lower()
    if word in ("daily", "每天", "每日"):
        return Frequency("day", 1)
    match = re.fullmatch(r"(\d{1,3})\s*/\s*(day|week|month)", word, re.ASCII)
    if match:
        return _counted(text, int(match[1]), match[2])
    chinese = _chinese_count(word)
    if chinese is not None:
        return _counted(text, *chinese)
    days = _weekdays(word)
    if days:
        return Frequency("weekdays", len(days), days)
    raise ValueError(f"frequency {text!r}; expected {EXPECTED}")


def _chinese_count(word: str) -> tuple[int, str] | None:
    """Return count and period of words such as 每周3次, 每日两次, 3次/周 or 1/月."""
    unit, number = "日|天|周|星期|月", r"\d{1,3}|[一两二三四五六七]"
    match = re.fullmatch(rf"每(?P<unit>{unit})(?P<n>{number})次", word) or re.fullmatch(
        rf"(?P<n>{number})\s*次?\s*/\s*(?P<unit>{unit})", word
    )
    if match is None:
        return None
    count = COUNTS_ZH.get(match["n"])
    return int(match["n"]) if count is None else count, PERIODS_ZH[match["unit"]]


def _weekdays(word: str) -> tuple[int, ...]:
    """Return the numbers of the weekdays that a word names, 0 = Monday; none where it is unfit."""
    signs = "".join(WEEKDAYS_ZH)
    if re.fullmatch(rf"每?(周|星期|礼拜)(每?(周|星期|礼拜)?[{signs}]+[\s,;|]*)+", word):
        bare = re.sub("每|周|星期|礼拜", "", word)
        return tuple(sorted({WEEKDAYS_ZH[sign] for sign in bare if sign in WEEKDAYS_ZH}))
    names = {name: i % 7 for i, name in enumerate((*WEEKDAYS, *WEEKDAY_NAMES))}
    parts = [part for part in re.split(r"[\s,;|]+", word) if part]
    if not all(part in names for part in parts):
        return ()
    return tuple(sorted({names[part] for part in parts}))


def _counted(text: str, count: int, period: str) -> Frequency:
    most = MAX_COUNT[period]
    if not 1 <= count <= most:
        raise ValueError(f"frequency {text!r}; expected 1 to {most} times a {period}")
    if period == "day":
        return Frequency("day", count)
    return Frequency("week" if period == "week" else "month", count)


def due(frequency: Frequency | str, key: str, date: dt.date) -> int:
    """How many times ``key`` is due on ``date``.

    ``n/week`` falls on exactly n days of every ISO week and ``n/month`` on exactly n days of every
    calendar month, spaced evenly; a stable hash of ``key`` shifts the pattern, so that many keys
    spread over all days alike.

    Parameters
    ----------
    frequency
        Frequency, or its text.
    key
        Identifier of what is due.
    date
        Day asked for.

    Returns
    -------
    int
        0 when it is not due.

    Raises
    ------
    ValueError
        When the text is no frequency.
    """
    rule = parse_frequency(frequency) if isinstance(frequency, str) else frequency
    if rule.period == "day":
        return rule.count
    if rule.period == "weekdays":
        return int(date.weekday() in rule.weekdays)
    if rule.period == "week":
        shift = _hash(key) % 7
        return int(date.weekday() in {(shift + i * 7 // rule.count) % 7 for i in range(rule.count)})
    return int(date.day - 1 in _month_days(rule.count, key, date))


def _month_days(count: int, key: str, date: dt.date) -> set[int]:
    """Days of the month counted from 0: one in each of ``count`` equal parts, at the same place."""
    num_days = calendar.monthrange(date.year, date.month)[1]
    place = _hash(key) % 4096
    return {(i * 4096 + place) * num_days // (count * 4096) for i in range(count)}


def _hash(key: str) -> int:
    # Python's own hash differs from process to process
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
