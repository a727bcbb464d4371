"""One cell of a table: its text, its value, and the words for what it should hold."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from scenarios.schema import Column

MAX_TIME_S = 48 * 3600
TRUE_WORDS = ("true", "yes", "1", "y", "是")
FALSE_WORDS = ("false", "no", "0", "n", "否")
EMPTY_WORDS = ("nan", "na", "n/a", "none", "null", "nil", "-", "--", "/", "无", "#n/a")
EXCEL_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
EXCEL_DAYS = range(36_526, 73_051)  # 2000-01-01 to 2099-12-31 as Excel counts days
INVISIBLE = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"

EXPECTED = {
    "id": "an identifier",
    "text": "a text",
    "float": "a number",
    "int": "a whole number",
    "time": "a time HH:MM from 00:00 to 48:00",
    "date": "a date YYYY-MM-DD",
    "bool": "true or false",
    "lon": "a longitude from -180 to 180",
    "lat": "a latitude from -90 to 90",
}


def clean(text: str) -> str:
    """Text of a cell without what cannot be seen at its ends."""
    return text.strip(INVISIBLE)


def narrow(text: str) -> str:
    """Text with full-width digits, colons, commas and the like in their common forms."""
    return unicodedata.normalize("NFKC", text).replace("、", ",").replace("。", ".")


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word most like another, or None where nothing is."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(by_lower), 1, cutoff)
    return by_lower[close[0]] if close else None


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows of a frame as named tuples, whose fields may hold anything."""
    return frame.itertuples(index=False)


def parse_time(text: str) -> int:
    """Seconds after 00:00 of ``HH:MM`` or ``HH:MM:SS``, up to 48:00.

    Raises
    ------
    ValueError
        When the text is no such time.
    """
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", narrow(text).strip(), re.ASCII)
    if not match:
        raise ValueError(text)
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    if seconds > MAX_TIME_S:
        raise ValueError(text)
    return seconds


def format_time(seconds: int) -> str:
    """``HH:MM``, with seconds only where there are any."""
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def expected(column: Column, above: bool = False) -> str:
    """Words for what a cell of the column should hold."""
    if column.choices:
        kind = "one or more of" if column.kind == "list" else "one of"
        return f"{kind} {', '.join(column.choices)}"
    word = EXPECTED.get(column.kind, "values joined by ;")
    if above:
        return f"{word} <= {column.maximum:g}"
    return f"{word} >= {column.minimum:g}" if column.minimum is not None else word


def parse_cell(column: Column, text: str) -> Any:
    """Value of a cell that is not empty.

    Raises
    ------
    ValueError
        When the cell does not fit; its text is the remedy, or ``above`` when a maximum is passed.
    """
    if text.upper() in EXCEL_ERRORS:
        raise ValueError("the formula of this cell has failed in the spreadsheet")
    try:
        return _PARSERS[column.kind](column, text)
    except ValueError as error:
        if text.lower() in EMPTY_WORDS and not column.required:
            raise ValueError("leave the cell empty where nothing is known") from error
        raise


def _parse_number(column: Column, text: str) -> float:
    plain = narrow(text).strip()
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain, re.ASCII):
        raise ValueError(_number_remedy(plain))
    value = float(plain)
    if not math.isfinite(value) or (column.minimum is not None and value < column.minimum):
        raise ValueError("")
    if column.maximum is not None and value > column.maximum:
        raise ValueError("above")
    return value


def _number_remedy(text: str) -> str:
    if re.fullmatch(r"-?\d{1,3}([, ']\d{3})+(\.\d+)?", text):
        return "write it without thousands separators"
    if re.fullmatch(r"-?\d+,\d+", text):
        return f"write the decimals after a point: {text.replace(',', '.')}"
    unit = re.fullmatch(r"(-?\d+\.?\d*)\s*([^\W\d_]+[23]?|[%³²]+)", text)
    return f"write the number alone: {unit[1]}" if unit else ""


def _parse_int(column: Column, text: str) -> int:
    value = _parse_number(column, text)
    plain = narrow(text).strip()
    if not value.is_integer() or abs(value) > 2**62:
        raise ValueError("")
    # beyond 2**53 a float is no longer exact
    return int(plain) if re.fullmatch(r"[+-]?\d+", plain, re.ASCII) else int(value)


def _parse_place(column: Column, text: str) -> float:
    plain = narrow(text).strip()
    value = float(plain) if re.fullmatch(r"[+-]?\d+(\.\d*)?", plain, re.ASCII) else math.nan
    limit = 180 if column.kind == "lon" else 90
    if math.isfinite(value) and limit < abs(value) <= 180:
        raise ValueError("lon and lat look swapped")
    if not abs(value) <= limit:
        raise ValueError("write decimal degrees, such as 112.2041")
    return value


def _parse_time_cell(column: Column, text: str) -> int:
    try:
        return parse_time(text)
    except ValueError:
        share = re.fullmatch(r"[01]?\.\d+", text, re.ASCII)
        hint = format_time(round(float(text) * 1440) * 60) if share else ""
        remedy = f"format the cell as a time; {text} of a day is {hint}" if share else ""
        raise ValueError(remedy) from None


def _parse_date(column: Column, text: str) -> dt.datetime:
    plain = re.sub(r"[年月]", "-", narrow(text)).removesuffix("日")
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?", plain)
    if not match or not 1900 <= int(match[1]) <= 2200:
        raise ValueError(_date_remedy(plain))
    try:
        return dt.datetime(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError("the calendar has no such day") from None


def _date_remedy(text: str) -> str:
    if text.isdecimal() and int(text) in EXCEL_DAYS:
        day = EXCEL_DAY_ZERO + dt.timedelta(days=int(text))
        return f"format the cell as a date; {text} is how Excel counts {day}"
    if re.fullmatch(r"\d{4}\D\d{1,2}\D\d{1,2}[ T]\d{1,2}:.*", text):
        return "write the time into a column of its own"
    return ""


def _parse_bool(column: Column, text: str) -> bool:
    word = narrow(text).lower()
    if word not in (*TRUE_WORDS, *FALSE_WORDS):
        raise ValueError("")
    return word in TRUE_WORDS


def _parse_choice(column: Column, text: str) -> str:
    word = narrow(text).strip()
    if word not in column.choices:
        close = nearest(word, column.choices)
        raise ValueError(f"did you mean {close}?" if close else "")
    return word


def _parse_list(column: Column, text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[;,|]", narrow(text)) if part.strip()]
    if column.choices:
        for part in parts:
            _parse_choice(column, part)
    return tuple(dict.fromkeys(parts))


def _parse_text(column: Column, text: str) -> str:
    return text


def _parse_id(column: Column, text: str) -> str:
    for sign in text:
        # Cc, Cf: control characters and invisible ones, which no one could type again
        if unicodedata.category(sign) in ("Cc", "Cf"):
            raise ValueError(f"it holds an invisible character (U+{ord(sign):04X}); type it anew")
    return text


_PARSERS: dict[str, Callable[[Column, str], Any]] = {
    "id": _parse_id,
    "text": _parse_text,
    "float": _parse_number,
    "int": _parse_int,
    "time": _parse_time_cell,
    "date": _parse_date,
    "bool": _parse_bool,
    "list": _parse_list,
    "choice": _parse_choice,
    "lon": _parse_place,
    "lat": _parse_place,
}


def format_cell(column: Column, value: Any) -> str:
    """Text of a value as a table holds it; what is missing becomes empty."""
    if isinstance(value, tuple | list | frozenset | set):
        return ";".join(value if isinstance(value, tuple | list) else sorted(value))
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    if column.kind == "time":
        return format_time(int(value))
    if column.kind == "date":
        return pd.Timestamp(value).date().isoformat()
    if column.kind == "bool":
        return "true" if value else "false"
    if column.kind == "int":
        return str(int(value))
    if column.kind in ("float", "lon", "lat"):
        return repr(float(value)).removesuffix(".0")
    return str(value)
