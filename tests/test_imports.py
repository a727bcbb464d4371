"""The direction of imports, proven from the syntax tree."""

from __future__ import annotations

import ast
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "routing": {"routing"},
    "solvers": {"solvers", "routing"},
    "scenarios": {"scenarios", "solvers", "routing"},
    "dispatch": {"dispatch", "scenarios", "solvers", "routing"},
    "benchmarks": {"benchmarks", "solvers", "routing"},
}
KERNEL_LIBRARIES = {"__future__", "math", "typing", "collections", "numpy", "numba"}
DECORATOR_LIBRARIES = KERNEL_LIBRARIES | {"hashlib", "os", "pathlib"}
"""The file of the decorators is not compiled itself and decides where machine code is kept."""


def imported(path: Path) -> set[str]:
    """Return the dotted names of all modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def files(folder: str) -> list[Path]:
    """Return the Python files of a folder; an empty folder would prove nothing."""
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_imports_run_one_way(folder):
    """No file of a folder imports a part of the project that stands above it."""
    for path in files(folder):
        for name in imported(path):
            top = name.split(".")[0]
            own = top in MAY_IMPORT or top in ("cli", "tests")
            assert not own or top in MAY_IMPORT[folder], f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("folder", ["routing/_kernels", "solvers/_kernels", "scenarios/_kernels"])
def test_kernels_import_kernels_only(folder):
    """Compiled code depends on numpy, numba and other kernels alone."""
    for path in files(folder):
        libraries = DECORATOR_LIBRARIES if path.name == "jit.py" else KERNEL_LIBRARIES
        for name in imported(path):
            allowed = name.split(".")[0] in libraries or "._kernels" in f".{name}"
            assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_audit_imports_no_solver():
    """The audit judges plans without any code that made them."""
    banned = ("solvers", "scenarios.day", "scenarios.run", "scenarios.problem", "dispatch.record")
    for path in files("dispatch/audit"):
        assert not [n for n in imported(path) if n.startswith(banned)], path


def test_heavy_packages_are_imported_late():
    """The command line itself imports nothing that takes long to load."""
    tree = ast.parse((ROOT / "cli.py").read_text(encoding="utf-8"))
    top_level = {
        alias.name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {n.module.split(".")[0] for n in tree.body if isinstance(n, ast.ImportFrom) and n.module}
    heavy = {"numpy", "pandas", "numba", "ortools", "osmnx", "networkx", "shapely", "openpyxl"}
    assert not top_level & heavy


def test_no_other_distribution_ships_our_names():
    """No installed distribution has a package of ours among its own."""
    owners = packages_distributions()
    for name in MAY_IMPORT:
        assert set(owners.get(name, ["huanwei"])) == {"huanwei"}
