"""Tables on A4 pages of a workbook: rows as high as their texts need, bytes that stay the same."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import accumulate
from typing import Any, NamedTuple
from unicodedata import east_asian_width
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

TEXT, WHOLE, TENTHS, CENTS, SHARE = "@", "#,##0", "#,##0.0", "#,##0.00", "0.0%"
TIME = "[hh]:mm"
"""Time of day; runs on past 24:00 for the night after."""

HEAD_FILL, TRIP_FILL, UNLOAD_FILL, ALERT_FILL = "FFE3EDF2", "FFF1F4F6", "FFFBF3E4", "FFF8D7D2"

_FONT = "Microsoft YaHei"
_THIN = Side(style="thin", color="FF9AA5AE")
_THICK = Side(style="medium", color="FF2B3A42")


class _Look(NamedTuple):
    """How a cell is printed; ``fill`` is a color, "" = none."""

    format: str = "General"
    bold: bool = False
    size: int = 10
    side: str | None = None
    wraps: bool = False
    fill: str = ""
    grid: bool = True
    thick_below: bool = False


_styles: WeakKeyDictionary[Workbook, dict[_Look, Any]] = WeakKeyDictionary()
"""The style of each look that a workbook has used: composing one takes longer than all else that a
cell needs, and thousands of cells look alike."""


class Column(NamedTuple):
    """A column of a table: what it holds, its heading, format, and how many columns it spans."""

    key: str
    zh: str
    en: str
    format: str
    span: int = 1
    centered: bool = False


def set_page(
    sheet: Worksheet,
    footer: str,
    widths: Sequence[float],
    *,
    landscape: bool = True,
    title_rows: str | None = None,
) -> None:
    """Set up A4, as wide as the page, with column widths and rows repeated on each page."""
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    setup = sheet.page_setup
    setup.paperSize = 9  # A4
    setup.orientation = "landscape" if landscape else "portrait"
    setup.fitToWidth, setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.45, 0.55
    margins.header = margins.footer = 0.25
    sheet.print_options.horizontalCentered = True
    item = HeaderFooterItem()
    # "&" starts a code in a footer, so a literal one is doubled; Excel takes 255 characters
    item.left.text = clean(footer)[-100:].replace("&", "&&")
    item.center.text, item.right.text = "&A", "&P / &N"
    sheet.oddFooter = item
    sheet.sheet_view.showGridLines = False
    if title_rows:
        sheet.print_title_rows = title_rows


def write_table(
    sheet: Worksheet,
    row: int,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    total: Mapping[str, Any] | None = None,
) -> int:
    """Write headings, rows and a bold last row; return the row after them."""
    write_heading(sheet, row, columns)
    for cells in rows:
        row += 1
        write_row(sheet, row, columns, cells)
    if total is not None:
        row += 1
        write_row(sheet, row, columns, total, bold=True, fill=HEAD_FILL)
    return row + 1


def write_heading(sheet: Worksheet, row: int, columns: Sequence[Column]) -> None:
    """Write the headings, Chinese above English."""
    heads = {column.key: f"{column.zh}\n{column.en}" for column in columns}
    centered = [column._replace(format=TEXT, centered=True) for column in columns]
    write_row(sheet, row, centered, heads, bold=True, fill=HEAD_FILL)


def write_row(
    sheet: Worksheet,
    row: int,
    columns: Sequence[Column],
    cells: Mapping[str, Any],
    *,
    bold: bool = False,
    fill: str = "",
    thick_below: bool = False,
) -> None:
    """Write a row of a table, as high as its longest text needs."""
    lines = 1
    ends = accumulate(column.span for column in columns)
    for column, end in zip(columns, ends, strict=True):
        span = (end - column.span + 1, end)
        value = cells.get(column.key)
        side = "center" if column.centered else None
        put(
            sheet,
            row,
            span,
            value,
            column.format,
            bold=bold,
            fill=fill,
            thick_below=thick_below,
            side=side,
        )
        if isinstance(value, str):
            lines = max(lines, lines_needed(value, _width(sheet, span)))
    sheet.row_dimensions[row].height = 14 * lines + 6


def put(
    sheet: Worksheet,
    row: int,
    span: tuple[int, int],
    value: Any,
    number_format: str = TEXT,
    *,
    bold: bool = False,
    fill: str = "",
    thick_below: bool = False,
    side: str | None = None,
) -> None:
    """Write a value over the columns from the first to the last of ``span``."""
    is_number = number_format not in (TEXT, TIME)
    # "_ " leaves room between a number and the text to its right
    shown = f"{number_format}_ " if is_number else number_format
    usual = "right" if is_number else "center" if number_format == TIME else "left"
    wraps = not is_number or side is not None
    blank = _Look(fill=fill, thick_below=thick_below)
    for column in range(span[0] + 1, span[1] + 1):
        _dress(sheet.cell(row, column), blank)
    look = blank._replace(format=shown, bold=bold, side=side or usual, wraps=wraps)
    _set(sheet, row, span, value, look)


def write_line(
    sheet: Worksheet, row: int, text: str, *, size: int = 10, bold: bool = False
) -> None:
    """Write a text over the whole width of the page, without a grid."""
    span = (1, len(sheet.column_dimensions))
    _set(sheet, row, span, text, _Look(bold=bold, size=size, wraps=True, grid=False))
    lines = lines_needed(text, _width(sheet, span) * 10 / size)
    sheet.row_dimensions[row].height = 1.4 * size * lines + 6


def link(sheet: Worksheet, row: int, title: str) -> None:
    """Make the first cell of a row lead to another tab."""
    cell, quoted = sheet.cell(row, 1), title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!A1")
    cell.font = Font(name=_FONT, size=10, color="FF0B5C8A", underline="single")


def lines_needed(text: str, width: float) -> int:
    """Return how many lines a text of 10 points takes in a column that wraps it.

    Chinese characters are two digits wide and a line may end after any of them; other words
    stay whole unless they are longer than a line.
    """
    lines = 0
    for part in text.split("\n"):
        lines, used = lines + 1, 0
        for word in re.findall(r"[!-~]+|.", part):
            size = sum(2 if east_asian_width(char) in "WFA" else 1 for char in word)
            if used and used + size > width - 1 and word != " ":
                lines, used = lines + 1, 0
            used += size
        lines += max(0, used - 1) // max(1, int(width))
    return lines


def _width(sheet: Worksheet, span: tuple[int, int]) -> float:
    letters = map(get_column_letter, range(span[0], span[1] + 1))
    return float(sum(sheet.column_dimensions[letter].width for letter in letters))


def _set(sheet: Worksheet, row: int, span: tuple[int, int], value: Any, look: _Look) -> None:
    cell = sheet.cell(row, span[0])
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"  # a name that begins with "=" is a name, not a formula
    else:
        cell.value = value
    _dress(cell, look)
    if span[0] < span[1]:
        sheet.merge_cells(start_row=row, start_column=span[0], end_row=row, end_column=span[1])


def _dress(cell: Any, look: _Look) -> None:
    """Give a cell of a sheet its look."""
    styles = _styles.setdefault(cell.parent.parent, {})
    if look in styles:
        cell._style = copy(styles[look])
        return
    cell.font = Font(name=_FONT, size=look.size, bold=look.bold)
    cell.number_format = look.format
    cell.alignment = Alignment(horizontal=look.side, vertical="center", wrap_text=look.wraps)
    if look.fill:
        cell.fill = PatternFill("solid", fgColor=look.fill)
    if look.grid:
        below = _THICK if look.thick_below else _THIN
        cell.border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=below)
    styles[look] = copy(cell._style)


def clean(text: str) -> str:
    """Return the text without the control characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def book_bytes(book: Workbook, moment: dt.datetime) -> bytes:
    """Return the file of a workbook with fixed times, so that it depends on its content alone."""
    book.properties.created = book.properties.modified = moment
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    # saving puts the present moment into the properties
    pattern = rb"(<dcterms:modified[^>]*>)[^<]*"
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(pattern, lambda found: found.group(1) + stamp, body)
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, body)
    return out.getvalue()
