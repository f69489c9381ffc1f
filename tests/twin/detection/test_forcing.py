"""Rain and dry weather flow put into the text of a sewer's model."""

from datetime import datetime

import numpy as np
import pytest

from cim_models.errors import InputError
from tests.twin.detection.tree import ORIGIN, tree_inp, tree_rain
from twin.detection.blockages.forcing import own_forcing, rain_forcing
from twin.rain import RainSeries
from twin.sewer.swmm_input import SwmmInput


def series(inp: str, name: str) -> list[tuple[str, ...]]:
    return [row[1:] for row in SwmmInput.parse(inp).rows("TIMESERIES") if row[0] == name]


def test_rain_takes_the_place_of_the_gauges_own() -> None:
    rain = RainSeries(np.array([0.0, 600.0, 900.0]), np.array([[6.0], [12.0]]))
    inp = rain_forcing(tree_inp(), rain, ORIGIN).inp
    assert SwmmInput.parse(inp).rows("RAINGAGES") == (
        ("G", "INTENSITY", "0:05", "1.0", "TIMESERIES", "citytwin_G"),
    )
    assert series(inp, "citytwin_G") == [
        ("06/03/2024", "00:00", "6"),
        ("06/03/2024", "00:05", "6"),
        ("06/03/2024", "00:10", "12"),
    ]


def test_a_model_in_feet_gets_inches_an_hour() -> None:
    rain = RainSeries(np.array([0.0, 300.0]), np.array([[25.4]]))
    inp = rain_forcing(tree_inp().replace("FLOW_UNITS CMS", "FLOW_UNITS CFS"), rain, ORIGIN).inp
    assert series(inp, "citytwin_G") == [("06/03/2024", "00:00", "1")]


def test_rain_and_dry_weather_flow_are_scaled_apart() -> None:
    plain = rain_forcing(tree_inp(), tree_rain(1), ORIGIN)
    wet, dry = plain.scaled(rain=1.5), plain.scaled(dry=2.0)
    rates = [float(row[2]) for row in series(plain.inp, "citytwin_G")]
    assert [float(row[2]) for row in series(wet.inp, "citytwin_G")] == [1.5 * rate for rate in rates]
    assert series(dry.inp, "citytwin_G") == series(plain.inp, "citytwin_G")
    assert {row[2] for row in SwmmInput.parse(dry.inp).rows("DWF")} == {"0.002"}
    assert {row[2] for row in SwmmInput.parse(wet.inp).rows("DWF")} == {"0.001"}


def test_pairs_of_times_and_values_are_scaled_with_and_without_dates() -> None:
    text = "[TIMESERIES]\na 0:00 2 0:05 4\na 06/03/2024 0:10 6 0:15 8\nb 0:00 1\n"
    scaled = SwmmInput.parse(text).with_scaled_series({"a"}, 0.5).rows("TIMESERIES")
    assert scaled == (
        ("a", "0:00", "1", "0:05", "2"),
        ("a", "06/03/2024", "0:10", "3", "0:15", "4"),
        ("b", "0:00", "1"),
    )


def test_rain_without_dates_cannot_be_the_models_own() -> None:
    with pytest.raises(InputError, match="got rain that is not in the model, or without dates"):
        own_forcing(tree_inp(), ORIGIN)
    dated = tree_inp().replace("none 0:00 0", "none 06/03/2024 0:00 0")
    assert own_forcing(dated, ORIGIN).origin == datetime(2024, 6, 3)


def test_rain_of_seconds_is_refused() -> None:
    rain = RainSeries(np.array([0.0, 90.0, 180.0]), np.array([[6.0], [12.0]]))
    with pytest.raises(
        InputError, match="got intervals of 90 s; expected times and intervals in whole minutes"
    ):
        rain_forcing(tree_inp(), rain, ORIGIN)
