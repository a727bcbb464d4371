"""What an audit found, how many checks it made, and what it could not check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

HASH_CODES = ("map-hash", "tables-hash")
"""Checks that say nothing about the work that is planned."""
MAX_LINES_PER_CODE = 10
"""Findings of one code that ``lines`` prints in full; the rest are counted."""


@dataclass(frozen=True)
class Finding:
    """One broken rule or wrong number.

    ``route`` is the truck's id ("" for the plan as a whole), ``activity_idx`` the position in its
    activities (-1 for the route as a whole), ``code`` the rule in one word.
    """

    code: str
    route: str
    activity_idx: int
    text: str

    def line(self) -> str:
        """Return the finding as one line."""
        where = self.route or "plan"
        if self.activity_idx >= 0:
            where += f" activity {self.activity_idx}"
        return f"{where}: {self.text} [{self.code}]"


@dataclass
class AuditReport:
    """The outcome of an audit.

    Attributes
    ----------
    checked
        Number of checks made, by kind.
    not_checked
        Number of checks that a missing part of the plan made impossible, by kind and what lacks.
    warnings
        What is legal but suspicious.
    """

    findings: list[Finding] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    not_checked: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def num_checks(self) -> int:
        """Number of checks made in all."""
        return sum(self.checked.values())

    @property
    def ok(self) -> bool:
        """Whether the work itself was checked, not only hashes, and nothing was found."""
        hashes = sum(self.checked.get(code, 0) for code in HASH_CODES)
        return not self.findings and self.num_checks > hashes

    def codes(self) -> dict[str, int]:
        """Return the number of findings by code, most frequent first."""
        return dict(Counter(f.code for f in self.findings).most_common())

    def lines(self) -> list[str]:
        """Return the report as lines of text: the verdict, the findings, what was (not) checked."""
        lines = [self._verdict()]
        for code, count in self.codes().items():
            shown = [f for f in self.findings if f.code == code][:MAX_LINES_PER_CODE]
            lines += [f"  {finding.line()}" for finding in shown]
            if count > len(shown):
                lines.append(f"  … and {count - len(shown)} more [{code}]")
        lines += [f"warning: {text}" for text in self.warnings]
        lines.append(f"{len(self.checked)} kinds of rule and number checked")
        lines += [
            f"not checked: {what} ({count} times)" for what, count in self.not_checked.items()
        ]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        return {
            "ok": self.ok,
            "findings": [vars(finding) for finding in self.findings],
            "checked": dict(sorted(self.checked.items())),
            "not_checked": dict(self.not_checked),
            "warnings": list(self.warnings),
        }

    def _verdict(self) -> str:
        if not self.num_checks:
            return "audit: nothing could be checked"
        if self.findings:
            return f"audit: {len(self.findings)} findings in {self.num_checks} checks"
        return f"audit: sound, {self.num_checks} checks"


class Recorder:
    """Counts checks and keeps findings while an audit runs."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.checked: Counter[str] = Counter()
        self.not_checked: Counter[str] = Counter()
        self.warnings: list[str] = []

    def check(self, holds: bool, code: str, text: str, route: str = "", idx: int = -1) -> bool:
        """Count one check of the rule ``code``; keep a finding unless it holds."""
        self.checked[code] += 1
        if not holds:
            self.findings.append(Finding(code, route, idx, text))
        return holds

    def equal(
        self, stated: object, computed: object, code: str, what: str, route: str = "", idx: int = -1
    ) -> bool:
        """Check a number of the plan against the recomputed one; None counts as not checked."""
        if stated is None:
            self.skip(f"{code}: {what} is not stated")
            return True
        text = f"{what} is stated as {stated}, recomputed as {computed}"
        return self.check(stated == computed, code, text, route, idx)

    def skip(self, what: str) -> None:
        """Count a check that could not be made."""
        self.not_checked[what] += 1

    def warn(self, text: str) -> None:
        """Keep what is legal but suspicious."""
        self.warnings.append(text)

    def report(self) -> AuditReport:
        """Return what was recorded."""
        return AuditReport(self.findings, dict(self.checked), dict(self.not_checked), self.warnings)
