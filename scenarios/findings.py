"""What is found in the files of a city: told in the order of files and rows, and not too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = 20
"""Findings of one kind in one file that are told; the rest are counted."""
BARE = ("is ", "has ", "cannot ", "looks ", "row ", "line ", "repeats ")
"""A sentence that begins so follows the name of its file, or its row, without a colon."""


@dataclass(frozen=True)
class Finding:
    """One sentence about a file, or about a row of it.

    Attributes
    ----------
    where
        File or sheet.
    row
        Row as a spreadsheet shows it, the header being row 1; 0 = the file as a whole.
    text
        The sentence without the file and the row.
    column
        The column concerned, or a word for what is wrong; findings are counted by it.
    """

    where: str
    row: int
    text: str
    column: str


def at(where: str, row: int, text: str, column: str = "") -> Finding:
    """Return a finding about a row; its column is what stands before the first `` = ``."""
    return Finding(where, int(row), text, column or text.partition(" = ")[0])


def about(where: str, text: str) -> Finding:
    """Return a finding about a file as a whole, one that is never folded with others."""
    return Finding(where, 0, text, text)


@dataclass
class Findings:
    """All findings about a city.

    Attributes
    ----------
    lines
        Line of the file at which each row begins, by file, for files where they differ.
    """

    found: list[Finding] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)
    _order: dict[str, int] = field(default_factory=dict)
    _seen: set[tuple[str, int, str]] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.found)

    def expect(self, *files: str) -> None:
        """Fix the order in which files are told of."""
        for name in files:
            self._order.setdefault(name, len(self._order))

    def add(self, findings: Finding | Iterable[Finding]) -> None:
        """Take findings; a second one on the same cell is dropped, as it follows from the first."""
        for finding in [findings] if isinstance(findings, Finding) else findings:
            key = (finding.where, finding.row, finding.column)
            if key not in self._seen:
                self._seen.add(key)
                self.expect(finding.where)
                self.found.append(finding)

    def concern(self, where: str) -> bool:
        """Whether anything was found about a file as a whole."""
        return any(finding.where == where and not finding.row for finding in self.found)

    def told(self) -> list[str]:
        """Return all sentences, ordered by file and row; many of one kind end in a count."""
        told: list[str] = []
        ordered = sorted(self.found, key=lambda f: (self._order[f.where], f.row))
        totals = Counter((f.where, f.column) for f in ordered)
        counts: Counter[tuple[str, str]] = Counter()
        for finding in ordered:
            kind = (finding.where, finding.column)
            counts[kind] += 1
            if counts[kind] <= SHOWN:
                told.append(self._sentence(finding))
            elif counts[kind] == totals[kind]:
                rest = totals[kind] - SHOWN
                told.append(f"{finding.where}: … and {rest} more of {finding.column}")
        return told

    def _sentence(self, finding: Finding) -> str:
        colon = "" if finding.text.startswith(BARE) else ":"
        if not finding.row:
            return f"{finding.where}{colon} {finding.text}"
        lines = self.lines.get(finding.where, [])
        line = lines[finding.row - 1] if finding.row <= len(lines) else finding.row
        aside = "" if line == finding.row else f" (line {line})"
        return f"{finding.where} row {finding.row}{aside}{colon} {finding.text}"
