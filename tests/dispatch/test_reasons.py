"""Reasons: every one that a plan can give has a sentence in both languages, and no other."""

from __future__ import annotations

import re

import pytest

from dispatch.reasons import WORDS, reason_words
from scenarios.cleaning.chains import CHAIN_REASONS
from scenarios.snow.haul import LOADER_BARRED, NO_LOADER
from solvers.reasons import (
    DAY_LIMIT,
    DURATION,
    FLEET_BUSY,
    NO_VEHICLE,
    OTHER_VISITS,
    PRICE,
    REASONS,
)

BEFORE_SOLVING = {"cut_off", "gated", "off_network", "stays_aboard"}
"""Given to stops that no street leads to, or only one behind a gate, and to loads left aboard."""


def test_words_for_every_reason_and_no_other() -> None:
    """The solver's reasons and those found before it are the ones with words."""
    others = {FLEET_BUSY, NO_VEHICLE, PRICE, DAY_LIMIT, DURATION, OTHER_VISITS}
    snow = {NO_LOADER, LOADER_BARRED}
    assert set(WORDS) == {*REASONS.values(), *others, *BEFORE_SOLVING, *CHAIN_REASONS, *snow}


@pytest.mark.parametrize("reason", WORDS)
def test_sentences_in_both_languages(reason: str) -> None:
    """One whole sentence each: English without Chinese characters, Chinese without English ones."""
    english, chinese = reason_words(reason)
    assert re.fullmatch(r"[A-Z][ -~]+\.", english)
    assert re.fullmatch(r"[^A-Za-z]+。", chinese)


def test_sentences_differ() -> None:
    """Two reasons never read the same."""
    for language in (0, 1):
        assert len({words[language] for words in WORDS.values()}) == len(WORDS)


def test_unknown_reason_is_an_error() -> None:
    """A reason without words is a fault of the program, not an empty sentence."""
    with pytest.raises(KeyError):
        reason_words("bad luck")
