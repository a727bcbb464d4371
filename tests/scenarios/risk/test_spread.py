"""Factors against laws whose quantiles are known, and what too short a history is told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import InputError
from scenarios.city import City, read_city
from scenarios.risk.spread import Factors, checked_share, correlation_of, spread_of, weighed_factors
from tests.cities import written
from tests.scenarios.edits.towns import edited, town_city


def weighed(folder: Path, rows: list[str]) -> City:
    """The good city with weighings."""
    town_city(folder)
    head = "date,point_id,stream,mass_kg\n"
    written("weighings.csv", head + "".join(f"{row}\n" for row in rows))(folder)
    return read_city(folder)


def test_the_lognormal_law_has_its_own_quantiles():
    """Median, 95 % and the chance to exceed them are those of the law with mean 1."""
    factors = Factors(0.5)
    sigma = math.sqrt(math.log(1.25))
    assert factors.quantile(0.5) == pytest.approx(math.exp(-sigma * sigma / 2))
    assert factors.quantile(0.95) == pytest.approx(math.exp(1.6448536 * sigma - sigma * sigma / 2))
    assert factors.exceeded(factors.quantile(0.95)) == pytest.approx(0.05)
    assert factors.exceeded(0) == 1
    assert [Factors(0.0).exceeded(x) for x in (0.9, 1.0, 1.1)] == [1, 0, 0]


def test_enough_weighings_have_quantiles_of_their_own():
    """Of 400 uniform weighings the quantiles are those of the uniform law, not the lognormal."""
    draws = np.sort(np.random.default_rng(3).uniform(0.8, 1.2, 400))
    factors = Factors(float(draws.std(ddof=1)), tuple(draws.tolist()))
    for share in (0.05, 0.5, 0.8, 0.95):
        assert factors.quantile(share) == pytest.approx(0.8 + 0.4 * share, abs=0.02)
        assert factors.exceeded(0.8 + 0.4 * share) == pytest.approx(1 - share, abs=0.04)
    # beyond the reach of 400 weighings the law takes over
    assert factors.quantile(0.9999) == pytest.approx(Factors(factors.cv).quantile(0.9999))


def test_few_weighings_give_a_spread_but_no_quantiles():
    """Six weighings are a lognormal law with their variation."""
    own = Factors(0.3, (0.6, 0.8, 0.9, 1.1, 1.2, 1.4))
    assert own.quantile(0.9) == Factors(0.3).quantile(0.9)
    assert own.exceeded(1.3) == Factors(0.3).exceeded(1.3)


@given(st.floats(0.01, 2), st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_quantiles_rise(cv, share, more):
    """A higher share has a higher quantile, and is exceeded less often."""
    low, high = Factors(cv).quantile(share), Factors(cv).quantile(share + more)
    assert low < high
    assert Factors(cv).exceeded(low) == pytest.approx(1 - share, abs=1e-9)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, math.nan])
def test_quantiles_lie_between_0_and_1(share):
    """Anything else is refused with what is expected."""
    with pytest.raises(InputError, match="expected a number between 0 and 1"):
        checked_share(share)


def test_a_common_part_is_found_again():
    """The correlation of 30 points over 200 days comes out as put in; few pairs tell none."""
    rng = np.random.default_rng(5)
    for rho in (0.0, 0.3, 0.7):
        common, own = rng.normal(size=(200, 1)), rng.normal(size=(200, 30))
        logs = 0.2 * (math.sqrt(rho) * common + math.sqrt(1 - rho) * own)
        assert correlation_of(pd.DataFrame(np.exp(logs))) == pytest.approx(rho, abs=0.06)
    assert correlation_of(pd.DataFrame(np.exp(rng.normal(size=(200, 2))))) is None
    assert correlation_of(pd.DataFrame(np.exp(rng.normal(size=(7, 9))))) is None


def test_weighings_are_read_by_point(tmp_path):
    """Five days make a spread; two weighings of one day are one mass; fewer days make none."""
    rows = [f"2024-11-{10 + k},P1,other,{m}" for k, m in enumerate((80, 90, 100, 110))]
    rows += ["2024-11-14,P1,other,50", "2024-11-14,P1,other,70", "2024-11-10,P2,other,9"]
    city = weighed(tmp_path, rows)
    assert list(weighed_factors(city.weighings)["P1"]) == [0.8, 0.9, 1.0, 1.1, 1.2]
    spread = spread_of(city)
    assert set(spread.of_point) == {"P1"}
    assert spread.of("P1").cv == pytest.approx(math.sqrt(250) / 100)
    assert spread.of("P2") == spread.declared
    assert spread.declared.cv == city.settings.demand_cv
    assert not spread.estimated
    assert spread_of(city, "declared").of_point == {}


def test_a_history_too_short_is_told(tmp_path):
    """Where weighings are asked for and none are enough, the most there is is named."""
    city = weighed(tmp_path, ["2024-11-10,P1,other,80", "2024-11-11,P1,other,90"])
    with pytest.raises(InputError, match=r"no point has 5 weighings \(the most is 2\)"):
        spread_of(city, "weighed")


def test_the_spread_is_a_setting_and_an_edit(tmp_path):
    """city.toml and set_spread declare it; only where it is set does it change the hash."""
    city = town_city(tmp_path / "a")
    written("city.toml", 'name="x"\nosm="map.osm"\nseed=3\n[risk]\ndemand_cv = 0.4\n')(
        tmp_path / "a"
    )
    other = read_city(tmp_path / "a")
    assert spread_of(other).declared.cv == 0.4
    assert other.settings_hash != city.settings_hash
    text = '[[edit]]\ndo = "set_spread"\ndemand_cv = 0.3\ncorrelation = 0.5\n'
    done = edited(tmp_path / "b", text)
    assert (done.city.settings.demand_cv, done.city.settings.demand_correlation) == (0.3, 0.5)
    assert "varies by 0.3 and goes together by 0.5" in done.told[0].en
    with pytest.raises(InputError, match="expected demand_cv or correlation"):
        edited(tmp_path / "c", '[[edit]]\ndo = "set_spread"\n')
    with pytest.raises(InputError, match="correlation"):
        edited(tmp_path / "d", '[[edit]]\ndo = "set_spread"\ncorrelation = 1.5\n')
