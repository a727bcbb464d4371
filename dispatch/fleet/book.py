"""A fleet study as a workbook: mixes, the curve, every run, replacements."""

from __future__ import annotations

import datetime as dt
import statistics
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from dispatch.comparison.words import VERDICTS
from dispatch.fleet.study import FleetStudy
from dispatch.fleet.words import mix_text
from dispatch.pages import CENTS, SHARE, TEXT, WHOLE, Column, book_bytes, set_page, write_table
from scenarios.files import write_whole
from scenarios.fleet.search import MEASURES, Judged

FIGURES = (
    Column("trucks", "车辆数", "Trucks", WHOLE),
    Column("served", "最低收运率", "Least share served", SHARE),
    Column("holds", "达标", "Holds", TEXT),
    Column("cost", "成本", "Cost a day", CENTS),
    Column("overtime_h", "加班", "Overtime h", CENTS),
    Column("unserved_t", "未收运", "Unserved t", CENTS),
    Column("unserved_stops", "未收运点", "Unserved points", CENTS),
    Column("km", "里程", "Km", CENTS),
    Column("co2_kg", "二氧化碳", "CO2 kg", CENTS),
)
CURVE = (
    Column("type", "车型", "Type", TEXT),
    Column("change", "增减", "Change", WHOLE),
    *FIGURES,
    Column("delta", "成本变化", "Change of cost", CENTS),
    Column("low", "下限", "From", CENTS),
    Column("high", "上限", "To", CENTS),
    Column("p", "p 值", "p", "0.0000"),
    Column("verdict", "结论", "Verdict", TEXT),
)
REPLACED = (
    Column("truck", "车辆", "Truck", TEXT),
    Column("new", "新车型", "New type", TEXT),
    Column("age", "车龄", "Age", WHOLE),
    Column("emission", "排放", "Emissions", TEXT),
    Column("km", "年里程", "Km a year", WHOLE),
    Column("driven", "运行节省", "Driving saved a year", WHOLE),
    Column("upkeep", "维修节省", "Upkeep saved a year", WHOLE),
    Column("price", "购价", "Price", WHOLE),
    Column("payback", "回收年限", "Payback years", CENTS),
    Column("co2", "年减碳", "CO2 t a year", CENTS),
    Column("verdict", "结论", "Verdict", TEXT),
)


def write_book(path: Path, study: FleetStudy) -> None:
    """Write the workbook; the same study gives the same bytes."""
    moment = dt.datetime.combine(study.request.dates[0], dt.time())
    write_whole(path, book_bytes(fleet_book(study), moment))


def fleet_book(study: FleetStudy) -> Workbook:
    """Return the workbook of a study."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(book, study, "配置 Mixes", (Column("mix", "配置", "Mix", TEXT), *FIGURES), _mixes(study))
    _sheet(book, study, "曲线 Curve", CURVE, _curve(study))
    runs = (
        Column("mix", "配置", "Mix", TEXT),
        Column("date", "日期", "Date", TEXT),
        Column("seed", "种子", "Seed", WHOLE),
        *(column for column in FIGURES if column.key in MEASURES),
    )
    _sheet(book, study, "运行 Runs", runs, _runs(study))
    if study.replaced:
        _sheet(book, study, "更新 Replacement", REPLACED, _replaced(study))
    return book


def _sheet(
    book: Workbook,
    study: FleetStudy,
    title: str,
    columns: tuple[Column, ...],
    rows: list[dict[str, Any]],
) -> None:
    sheet = book.create_sheet(title)
    set_page(sheet, study.city.name, [40 if c.key == "mix" else 14 for c in columns])
    write_table(sheet, 1, columns, rows)


def _figures(one: Judged) -> dict[str, Any]:
    means = {name: statistics.fmean(one.values[name]) for name in MEASURES}
    holds = "是 yes" if one.holds else "否 no"
    return {"trucks": one.size, "served": one.served, "holds": holds, **means}


def _mixes(study: FleetStudy) -> list[dict[str, Any]]:
    found = study.found
    named = {"选定 chosen": found.chosen, "现有 today": found.today, "最少 fewest": found.smallest}
    rows = [
        {"mix": f"{name}: {mix_text(study, one.mix)}", **_figures(one)}
        for name, one in named.items()
    ]
    return rows + [{"mix": mix_text(study, one.mix), **_figures(one)} for one in found.tried]


def _curve(study: FleetStudy) -> list[dict[str, Any]]:
    rows = []
    for step in study.found.curve:
        verdict = step.verdicts["cost"]
        rows.append(
            {
                "type": study.offer.types[step.type_idx].type_id,
                "change": step.change,
                **_figures(step.judged),
                "trucks": step.judged.mix[step.type_idx],
                "delta": verdict.mean,
                "low": verdict.low,
                "high": verdict.high,
                "p": verdict.p,
                "verdict": f"{VERDICTS[verdict.word]} {verdict.word}",
            }
        )
    return rows


def _runs(study: FleetStudy) -> list[dict[str, Any]]:
    found = study.found
    mixes = {one.mix: one for one in (found.chosen, found.today, found.smallest)}
    mixes |= {step.judged.mix: step.judged for step in found.curve}
    return [
        {
            "mix": mix_text(study, mix),
            "date": date.isoformat(),
            "seed": seed,
            **{name: one.values[name][k] for name in MEASURES},
        }
        for mix, one in mixes.items()
        for k, (date, seed) in enumerate(found.pairs)
    ]


def _replaced(study: FleetStudy) -> list[dict[str, Any]]:
    return [
        {
            "truck": one.owned.truck_id,
            "new": one.new_type,
            "age": one.age,
            "emission": one.owned.emission_class,
            "km": one.km_year,
            "driven": one.driven_year,
            "upkeep": one.upkeep_year,
            "price": one.price,
            "payback": one.payback_years,
            "co2": one.co2_t_year,
            "verdict": f"{VERDICTS[one.verdict.word]} {one.verdict.word}",
        }
        for one in study.replaced
    ]
