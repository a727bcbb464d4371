"""Environments of peers are made by one command, and what went wrong is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import GROUPS, Peer, choose, find_python, install, main, why_missing
from routing.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache; no peer is there."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path))
    return tmp_path / "peers"


def stand_in(path: Path, body: str) -> Path:
    """A shell script that plays an interpreter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def maker(folder: Path, pip: str) -> Path:
    """An interpreter whose environments hold an interpreter that does ``pip``."""
    inner = f'mkdir -p "$3/bin"; printf \'#!/bin/sh\\n{pip}\\n\' > "$3/bin/python"'
    return stand_in(folder / "maker", f'{inner}; chmod +x "$3/bin/python"')


def test_a_missing_peer_names_the_command_that_installs_it(folder):
    """The group is found by the peer's name."""
    assert (
        why_missing("pandana") == "not installed; python -m benchmarks.peers install roads pandana"
    )
    assert why_missing("pyvrp").endswith("install vrp pyvrp")


def test_an_installed_peer_is_ready(folder, tmp_path):
    """What was asked of pip is the peer and what it needs; nothing is missing then."""
    python = maker(tmp_path, f"echo $* > {tmp_path}/asked")
    assert install(Peer("networkit", needs=("numpy", "scipy")), python) == ""
    assert why_missing("networkit") == ""
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:3] == ["-m", "pip", "install"]
    assert asked[-3:] == ["numpy", "scipy", "networkit"]


def test_why_an_installation_failed_is_kept(folder, tmp_path):
    """The last words of pip come back later, and no half of an environment stays."""
    fault = install(Peer("pandana"), maker(tmp_path, "echo no wheel for you >&2; exit 1"))
    assert fault == "no wheel for you"
    assert why_missing("pandana") == "could not be installed here: no wheel for you"
    assert not (folder / "pandana").exists()
    assert install(Peer("pandana"), maker(tmp_path, "exit 0")) == ""
    assert why_missing("pandana") == ""


def test_an_interpreter_that_cannot_be_run_is_named(folder, tmp_path):
    """The fault names the file."""
    assert "nowhere cannot be run" in install(Peer("pandana"), tmp_path / "nowhere")


def test_a_peer_that_needs_a_later_python_says_so(folder, monkeypatch):
    """Where no interpreter is new enough, the version that would be is told."""
    monkeypatch.setattr(peers, "_interpreters", lambda: iter(()))
    fault = install(Peer("osrm-bindings", python=(3, 12)))
    assert fault == "it needs Python 3.12 or later, and none was found"


def test_the_first_interpreter_that_is_new_enough_is_taken(tmp_path, monkeypatch):
    """Too old, broken and too new ones are passed over."""
    said = {"old": "echo 3 11", "broken": "exit 1", "new": "echo 3 14", "right": "echo 3 12"}
    found = [stand_in(tmp_path / name, body) for name, body in said.items()]
    monkeypatch.setattr(peers, "_interpreters", lambda: iter([tmp_path / "none", *found]))
    assert find_python((3, 12)) == tmp_path / "right"
    assert find_python((3, 13)) is None


def test_this_interpreter_is_tried_first():
    """It serves all peers that ask for no later one."""
    assert find_python(sys.version_info[:2]) == Path(sys.executable)


def test_the_command_tells_each_peer_and_fails_for_a_missing_one(folder, tmp_path):
    """``install`` then ``list``: 0 only when all that was asked for is there."""
    told = []
    python = maker(tmp_path, "exit 0")
    assert main(["install", "roads", "scipy", "--python", str(python)], told.append) == 0
    assert told == [f"scipy: installing into {folder / 'scipy'}", "scipy: ready"]
    told.clear()
    assert main(["list", "roads"], told.append) == 1
    assert "scipy: ready" in told
    assert len(told) == len(GROUPS["roads"])


def test_strange_names_are_refused():
    """Groups and peers that there are not are named, with those that there are."""
    with pytest.raises(InputError, match="group = 'x'; expected one of roads, vrp"):
        choose("x", [])
    with pytest.raises(InputError, match="no peer nobody in roads; expected pyroutingkit"):
        choose("roads", ["scipy", "nobody"])


def test_peers_are_chosen_by_name_or_all():
    """In the order asked for; all of the group without names."""
    assert [peer.name for peer in choose("roads", ["scipy", "igraph"])] == ["scipy", "igraph"]
    assert choose("vrp", []) == list(GROUPS["vrp"])


def test_every_peer_of_roads_can_be_run():
    """The script that runs peers knows each of the group, and no other."""
    from benchmarks.roads_peer import PEERS

    assert set(PEERS) == {peer.name for peer in GROUPS["roads"]}
