"""The parts of the choice: the table, the model, the fit."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import InputError
from scenarios.defaults import Used
from scenarios.siting.candidates import read_candidates
from scenarios.siting.location import Rules, Terms, assign, best_designs
from scenarios.siting.refit import fit_terms
from tests.cities import place
from tests.scenarios.siting.grounds import HEAD, by_chance, ground_of


def test_the_model_finds_the_best_of_all_designs(tmp_path: Path) -> None:
    """The designs proposed are those that a try of all of them puts first, in order."""
    ground = ground_of(*by_chance(tmp_path, 2, sizes="5;12"))
    terms = Terms(np.full(len(ground.zones), 0.8), 1000.0)
    every = [
        tuple(zip(sites, sizes, strict=True))
        for sites in itertools.combinations(range(len(ground.names)), 2)
        for sizes in itertools.product((0, 1), repeat=2)
    ]
    told = {d: assign(ground, d, terms).predicted(ground, d, terms) for d in every}
    by_sites: dict[tuple[int, ...], float] = {}
    for design, value in told.items():
        sites = tuple(c for c, _ in design)
        by_sites[sites] = min(value, by_sites.get(sites, np.inf))
    found = best_designs(ground, terms, Rules(2), 3)
    assert [told[d] for d in found] == pytest.approx(sorted(by_sites.values())[:3], rel=2e-3)


def test_waste_stays_within_capacity(tmp_path: Path) -> None:
    """No site takes more than its size, all waste goes somewhere, and only where it is accepted."""
    ground = ground_of(*by_chance(tmp_path, 4, sizes="3"))
    terms = Terms(np.ones(len(ground.zones)))
    (design,) = best_designs(ground, terms, Rules(3), 1)
    flow = assign(ground, design, terms).flow_kg
    assert flow.sum() == pytest.approx(ground.mass_kg.sum())
    for c, s in design:
        assert flow[:, ground.site_of[c]].sum() <= ground.capacity_kg[c][s] + 1e-6
    assert not flow[~np.isfinite(ground.cost)].any()


def test_radius_closes_what_is_far(tmp_path: Path) -> None:
    """With a radius fewer pairs are open, and every unit keeps at least one site."""
    city, path = by_chance(tmp_path, 5)
    free, bound = ground_of(city, path), ground_of(city, path, radius_km=0.25)
    assert np.isfinite(bound.cost).sum() < np.isfinite(free.cost).sum()
    assert np.isfinite(bound.cost).any(axis=1).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_fit_recovers_what_made_the_costs(seed: int) -> None:
    """Costs made by one common term and a constant are told exactly."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(50, 150, (12, 4))
    terms = fit_terms(list(features), (900 + 1.7 * features.sum(axis=1)).tolist())
    assert terms.by_zone == pytest.approx(np.full(4, 1.7))
    assert terms.constant == pytest.approx(900)


def test_setback_rules_sizes_out(tmp_path: Path) -> None:
    """A size that must stand farther from dwellings than there is room for is dropped and told."""
    city, _ = by_chance(tmp_path, 0)
    path = tmp_path / "c.csv"
    path.write_text(HEAD + f"A,{place(1, 1)},other,100;200,1;2,,12,T1\n", encoding="utf-8")
    found, notes = read_candidates(path, city, Used())
    assert [size.capacity_t_day for size in found[0].sizes] == [100]
    assert "200 t a day would stand nearer" in notes[0]


def test_faults_of_the_table_are_told_together(tmp_path: Path) -> None:
    """Lists of other lengths, known names and unknown plants come with row and remedy."""
    city, _ = by_chance(tmp_path, 0)
    path = tmp_path / "c.csv"
    rows = (
        f"T1,{place(1, 1)},other,100,1,,,\n"
        f"B,{place(1, 1)},other,100;x,1;2,,,\n"
        f"C,{place(1, 1)},other,100;200,1,,,T9\n"
    )
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_candidates(path, city, Used())
    assert str(caught.value).split("\n") == [
        "c.csv row 2: candidate_id = 'T1'; expected a name that no facility has yet",
        "c.csv row 3: sizes_t_day = '100;x'; expected numbers >= 0.1 joined by ;",
        "c.csv row 4: build_cost = '1'; expected 2 numbers, one a size",
        "c.csv row 4: haul_to = 'T9'; expected a plant",
    ]
