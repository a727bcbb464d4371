"""Values of OSM tags as people write them."""

from __future__ import annotations

import pytest

from routing.network import ArcFlag, NodeFlag, Tally
from routing.tags import (
    DoubtfulValue,
    Limits,
    UnreadableValue,
    access_flags,
    direction_of,
    highway_class,
    lanes_of,
    limits_of,
    node_flags,
    parse_length_cm,
    parse_speed_kmh,
    parse_weight_kg,
    street_name,
    traits_of,
)


@pytest.mark.parametrize(
    ("text", "kg"),
    [
        ("3.5", 3_500),
        ("3.5 t", 3_500),
        ("3,5t", 3_500),
        ("7500 kg", 7_500),
        ("10 st", 9_072),
        ("6000 lbs", 2_722),
        (" 12 ", 12_000),
        ("none", 0),
        ("unsigned", 0),
    ],
)
def test_weights(text, kg):
    """Tonnes are the unit of a bare number; other units are converted."""
    assert parse_weight_kg(text) == kg


@pytest.mark.parametrize(
    ("text", "cm"),
    [
        ("4", 400),
        ("4.0 m", 400),
        ("4,2", 420),
        ("15'0\"", 457),
        ("13'6\"", 411),
        ("13 ft 6 in", 411),
        ("15'", 457),
        ("450 cm", 450),
        ("default", 0),
        ("below_default", 0),
    ],
)
def test_lengths(text, cm):
    """Metres are the unit of a bare number; feet and inches are converted."""
    assert parse_length_cm(text) == cm


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("30 mph", 48),
        ("CN:urban", 50),
        ("DE:rural", 80),
        ("DE:motorway", 0),
        ("DE:zone30", 30),
        ("walk", 7),
        ("none", 0),
    ],
)
def test_speeds(text, kmh):
    """Numbers, miles and national defaults are read."""
    assert parse_speed_kmh(text) == kmh


@pytest.mark.parametrize("parse", [parse_weight_kg, parse_length_cm, parse_speed_kmh])
@pytest.mark.parametrize("text", ["high", "-3", "3.5.1 t", "3 bananas", "t", ""])
def test_nonsense_is_refused(parse, text):
    """What is no number with a known unit is never guessed at."""
    with pytest.raises(UnreadableValue):
        parse(text)


def test_doubtful_numbers_carry_the_likely_value():
    """7500 tonnes and 380 metres can only be kilograms and centimeters."""
    with pytest.raises(DoubtfulValue) as weight:
        parse_weight_kg("7500")
    assert weight.value.value == 7_500
    with pytest.raises(DoubtfulValue) as height:
        parse_length_cm("380")
    assert height.value.value == 380


def test_strictest_limit_wins_and_the_rest_is_counted():
    """Several keys and values count together; unreadable ones are reported with their place."""
    tally = Tally("map")
    tags = {
        "maxweight": "7.5;12",
        "maxweightrating:hgv": "5 t",
        "maxheight": "low",
        "maxwidth": "250",
    }
    assert limits_of(tags, tally, "way 7") == Limits(5_000, 0, 250)
    assert tally.counts == {"values_unreadable": 1, "values_doubtful": 1}
    assert tally.examples["values_unreadable"] == ["way 7: maxheight = 'low'"]


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "true"}, 1),
        ({"oneway": "1"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "no"}, 0),
        ({"oneway": "reversible"}, None),
        ({"oneway": "alternating"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, 0),
    ],
)
def test_direction(tags, direction):
    """One-way streets in all their spellings; circles and motorways are one-way by nature."""
    assert direction_of(tags) == direction


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({}, 0),
        ({"access": "no"}, ArcFlag.NO_MOTOR),
        ({"access": "no", "motor_vehicle": "yes"}, 0),
        ({"access": "yes", "motor_vehicle": "no"}, ArcFlag.NO_MOTOR),
        ({"motor_vehicle": "no", "hgv": "yes"}, 0),
        ({"access": "private"}, ArcFlag.PRIVATE),
        ({"access": "destination"}, ArcFlag.DELIVERY),
        ({"hgv": "no"}, ArcFlag.NO_HGV),
        ({"hgv": "delivery"}, ArcFlag.DELIVERY),
        ({"access": "private", "hgv": "no"}, ArcFlag.PRIVATE | ArcFlag.NO_HGV),
    ],
)
def test_access(tags, flags):
    """The key for the narrower group of vehicles wins."""
    assert access_flags(tags) == flags


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({"highway": "traffic_signals"}, NodeFlag.SIGNALS),
        ({"highway": "turning_circle"}, NodeFlag.TURNING),
        ({"barrier": "bollard"}, NodeFlag.BLOCKED),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, 0),
        ({"barrier": "gate"}, NodeFlag.GATE),
        ({"barrier": "lift_gate", "access": "private"}, NodeFlag.GATE | NodeFlag.PRIVATE_GATE),
        ({"barrier": "toll_booth"}, 0),
    ],
)
def test_nodes(tags, flags):
    """Bollards close a street, gates delay, private gates need access."""
    assert node_flags(tags) == flags


def test_names_and_classes():
    """name, then name:zh, then the number; unknown classes are not drivable."""
    assert street_name({"ref": "G207", "name:zh": "象山大道"}) == "象山大道"
    assert street_name({"ref": "G207"}) == "G207"
    assert highway_class({"highway": "footway"}) == -1
    assert highway_class({"highway": "road"}) == highway_class({"highway": "unclassified"})


def test_lanes():
    """Lanes are told by direction, halves of the total where nothing else is said."""
    assert lanes_of({"lanes": "4"}, 0) == (2, 2)
    assert lanes_of({"lanes": "3"}, 1) == (3, 3)
    assert lanes_of({"lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}, 0) == (2, 1)
    assert lanes_of({"lanes": "many"}, 0) == (0, 0)


def test_traits_of_excluded_ways():
    """Squares, building sites and footways are counted, not read."""
    tally = Tally("map")
    assert traits_of(1, {"highway": "construction"}, tally) is None
    assert traits_of(2, {"highway": "service", "area": "yes"}, tally) is None
    assert traits_of(3, {"highway": "service", "oneway": "reversible"}, tally) is None
    assert tally.counts == {"ways_excluded": 2, "oneway_reversible": 1}


def test_speed_by_direction():
    """maxspeed:forward binds one direction only."""
    traits = traits_of(
        1, {"highway": "primary", "maxspeed": "60", "maxspeed:forward": "40"}, Tally("map")
    )
    assert (traits.speed_forward, traits.speed_backward) == (40, 60)
