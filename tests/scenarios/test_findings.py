"""How findings are ordered, folded and worded."""

from __future__ import annotations

from scenarios.findings import SHOWN, Findings, about, at


def test_order_of_files_and_rows() -> None:
    """Files come in the order expected, what concerns the whole first, then rows; ties as found."""
    found = Findings()
    found.expect("a.csv", "b.csv")
    found.add([at("b.csv", 3, "x = 1; y"), at("a.csv", 7, "x = 2; y"), at("a.csv", 2, "z = 3; y")])
    found.add(about("a.csv", "has no rows"))
    found.add(at("a.csv", 2, "w = 4; y"))
    assert found.told() == [
        "a.csv has no rows",
        "a.csv row 2: z = 3; y",
        "a.csv row 2: w = 4; y",
        "a.csv row 7: x = 2; y",
        "b.csv row 3: x = 1; y",
    ]


def test_one_finding_a_cell() -> None:
    """A second finding on the same cell follows from the first and is dropped."""
    found = Findings()
    found.add([at("a.csv", 2, "x = 1; expected 2"), at("a.csv", 2, "x = 1; expected 3")])
    assert found.told() == ["a.csv row 2: x = 1; expected 2"]


def test_folding_counts_each_column_of_each_file() -> None:
    """Only what exceeds the limit is folded, by column; exactly the limit is told in full."""
    found = Findings()
    found.add(at("a.csv", row, "x = 1; y") for row in range(2, 2 + SHOWN))
    found.add(at("a.csv", row, "z = 1; y") for row in range(2, 5 + SHOWN))
    told = found.told()
    assert len(told) == 2 * SHOWN + 1
    assert told[-1] == "a.csv: … and 3 more of z"


def test_nothing_found_is_false() -> None:
    """An empty collection is false, and asks nothing of a file."""
    found = Findings()
    assert not found
    assert not found.concern("a.csv")
    found.add(at("a.csv", 2, "x = 1; y"))
    assert found
    assert not found.concern("a.csv")
    found.add(about("a.csv", "is missing"))
    assert found.concern("a.csv")
