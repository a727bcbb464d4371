"""The proof of siting on a whole map."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from cli import main
from dispatch.sitepage import site_page, write_choice
from dispatch.siteproof import BUILD, CANDIDATES, SiteProof, prove_sites
from scenarios.runs.days import Budget
from scenarios.siting.search import Effort


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> SiteProof:
    """The sample city's forty candidates with a small effort."""
    folder = tmp_path_factory.mktemp("proof")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", str(folder / "cache"))
        effort = Effort(Budget(60), seeds=1, rounds=1, proposals=2, final_seeds=1, rivals=True)
        return prove_sites(None, folder / "city", effort, (None, 2), lambda text: None)


def test_eight_of_forty_beside_all_rivals(proof: SiteProof) -> None:
    """Greedy, straight lines and twenty by chance are there, and none of the latter is cheaper."""
    found = proof.sited.found
    assert len(proof.sited.candidates) == CANDIDATES
    assert len(found.chosen.design) == BUILD
    names = [rival.name for rival in found.rivals]
    assert names[:2] == ["greedy", "straight-line median"]
    assert len(names) == 22
    assert not [name for name in proof.beaten if name.startswith("chance")]


def test_its_city_has_no_station_of_its_own(proof: SiteProof) -> None:
    """The tables as written hold no transfer station; plants are still there."""
    kinds = set(pd.read_csv(proof.sited.city.folder / "facilities.csv")["kind"])
    assert "transfer" not in kinds
    assert "plant" in kinds


def test_what_it_says(proof: SiteProof) -> None:
    """Time, rivals that were cheaper, and whether the last fit is near enough."""
    told = proof.lines()[-3:]
    assert "CPU seconds, rivals included" in told[0]
    assert told[1].startswith("simpler designs cheaper than the choice: ")
    assert told[2].endswith(("kept", "missed"))


def test_the_page_draws_the_choice(proof: SiteProof) -> None:
    """Eight sites built, the others not; a dot for the waste of each cell, in its site's color."""
    page = site_page(proof.sited)
    assert page.count('class="built"') == BUILD
    assert page.count('class="not-built"') == CANDIDATES - BUILD
    dots = re.findall(r"<title>[0-9.]+ t → (\S+)</title><circle [^>]*fill=\"(#\w+)\"", page)
    assert len(dots) == len(proof.sited.ground.mass_kg)
    chosen = proof.sited.ground.named(proof.sited.found.chosen.design)
    colors = {to: {color for name, color in dots if name == to} for to in chosen}
    assert all(len(found) <= 1 for found in colors.values())
    used = [next(iter(found)) for found in colors.values() if found]
    assert len(set(used)) == len(used) > 1
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_stands_beside_the_scenarios(proof: SiteProof) -> None:
    """The command's files: the page, and two scenarios that can be compared."""
    files = write_choice(proof.sited)
    assert [path.name for path in files] == ["sites.html", "sites_1.toml", "sites_2.toml"]
    assert all(path.is_file() for path in files)


def test_a_map_that_is_none_is_explained(tmp_path: Path) -> None:
    """The command says what is wrong with the file."""
    words = ["bench", "site", str(tmp_path / "none.osm"), "--folder", str(tmp_path / "city")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code in (2, 3)
    assert "none.osm" in done.output
