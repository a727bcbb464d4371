"""A comparison as a workbook: verdicts, every run, and the edits."""

from __future__ import annotations

import datetime as dt
import statistics
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from dispatch.comparison.words import VERDICTS, sentence
from dispatch.pages import CENTS, TEXT, Column, book_bytes, set_page, write_line, write_table
from scenarios.city import City
from scenarios.compare import MEASURES, Comparison
from scenarios.files import write_whole
from scenarios.paired import TEST

SUMMARY, RUNS, EDITS = "比较 Comparison", "运行 Runs", "改动 Edits"
SUMMARY_COLUMNS = (
    Column("scenario", "情景", "Scenario", TEXT),
    Column("measure", "指标", "Measure", TEXT),
    Column("unit", "单位", "Unit", TEXT),
    Column("mean", "平均", "Mean", CENTS),
    Column("low", "最小", "Least", CENTS),
    Column("high", "最大", "Most", CENTS),
    Column("change", "变化", "Change", CENTS),
    Column("change_low", "下限", "From", CENTS),
    Column("change_high", "上限", "To", CENTS),
    Column("p", "p 值", "p", "0.0000"),
    Column("verdict", "结论", "Verdict", TEXT),
)
SUMMARY_WIDTHS = (24, 36, 8, 14, 14, 14, 13, 13, 13, 9, 26)
EDIT_COLUMNS = (
    Column("scenario", "情景", "Scenario", TEXT),
    Column("zh", "改动", "Edit (Chinese)", TEXT),
    Column("en", "改动", "Edit", TEXT),
)


def write_book(path: Path, city: City, found: Comparison) -> None:
    """Write the workbook; the same comparison gives the same bytes."""
    moment = dt.datetime.combine(found.pairs[0][0], dt.time())
    write_whole(path, book_bytes(comparison_book(city, found), moment))


def comparison_book(city: City, found: Comparison) -> Workbook:
    """Return the workbook of a comparison."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(SUMMARY)
    set_page(sheet, city.name, SUMMARY_WIDTHS)
    row = 1
    for name in found.request.names[1:]:
        write_line(sheet, row, sentence(found, name), bold=True)
        row += 1
    write_line(sheet, row, TEST)
    write_table(sheet, row + 1, SUMMARY_COLUMNS, _summary(found))
    _write_runs(book, city, found)
    sheet = book.create_sheet(EDITS)
    set_page(sheet, city.name, (24, 70, 90))
    told = [
        {"scenario": name, "zh": sentence_.zh, "en": sentence_.en}
        for name, one in zip(found.request.names, found.edited, strict=True)
        for sentence_ in one.told
    ]
    write_table(sheet, 1, EDIT_COLUMNS, told)
    return book


def _summary(found: Comparison) -> list[dict[str, Any]]:
    rows = []
    for name in found.request.names:
        for m in MEASURES:
            values = found.values[name][m.key]
            row: dict[str, Any] = {
                "scenario": name,
                "measure": f"{m.zh} {m.en}",
                "unit": m.unit,
                "mean": statistics.fmean(values),
                "low": min(values),
                "high": max(values),
            }
            verdict = found.verdicts.get(name, {}).get(m.key)
            if verdict is not None:
                row |= {"change": verdict.mean, "change_low": verdict.low, "p": verdict.p}
                row |= {"change_high": verdict.high}
                row["verdict"] = f"{VERDICTS[verdict.word]} {verdict.word}"
            rows.append(row)
    return rows


def _write_runs(book: Workbook, city: City, found: Comparison) -> None:
    columns = (
        Column("scenario", "情景", "Scenario", TEXT),
        Column("date", "日期", "Date", TEXT),
        Column("seed", "种子", "Seed", "0"),
        *(Column(m.key, m.zh, f"{m.en} {m.unit}".strip(), CENTS) for m in MEASURES),
    )
    sheet = book.create_sheet(RUNS)
    set_page(sheet, city.name, (24, 12, 8, *(13 for _ in MEASURES)))
    rows = [
        {
            "scenario": name,
            "date": date.isoformat(),
            "seed": seed,
            **{m.key: found.values[name][m.key][k] for m in MEASURES},
        }
        for name in found.request.names
        for k, (date, seed) in enumerate(found.pairs)
    ]
    write_table(sheet, 1, columns, rows)
