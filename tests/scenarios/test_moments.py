"""Moments of a scenario as times of its run, and what is said of those that are none."""

import pytest

from cim_models.errors import ScenarioError
from scenarios.moments import check_time
from scenarios.schema import load_scenario
from scenarios.schema.quantities import duration_text, parse_duration

KEY = "failures.2.gauge_damage.until"


@pytest.fixture(scope="module")
def scenario():
    """Thirty hours on watch; the third failure is a gauge that falls silent for twelve hours."""
    return load_scenario("bridge_watch", ["duration=16h"]).scenario


def test_a_moment_within_the_run_is_a_time(scenario):
    assert check_time(scenario, "+16h", KEY, "bridge_watch") == 57600.0
    assert check_time(scenario, "03:00", KEY, "bridge_watch", after=("at", 3600.0)) == 10800.0


def test_a_run_that_is_too_short_is_named_with_the_key_that_makes_it_longer(scenario):
    with pytest.raises(ScenarioError) as refused:
        check_time(scenario, "+22h", KEY, "bridge_watch", after=("at", 36000.0))
    assert str(refused.value) == (
        "Scenario 'bridge_watch', key 'failures.2.gauge_damage.until' (gauge 'GA-06'): "
        "got '+22h', 22h after the start; expected a time within the run of 16h. "
        "Set 'duration' to 22h or more, or change the time."
    )


def test_an_end_before_its_beginning_is_said_so(scenario):
    with pytest.raises(
        ScenarioError, match="later than 'at' \\(10h after the start\\)\\. Change the time\\."
    ):
        check_time(scenario, "+9h", KEY, "bridge_watch", after=("at", 36000.0))


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [(79200.0, "22h"), (5400.0, "90min"), (75.0, "75s"), (0.0, "0s"), (0.5, "0.5s"), (90000.0, "25h")],
)
def test_durations_are_written_as_a_scenario_takes_them(duration_s, text):
    assert duration_text(duration_s) == text
    assert parse_duration(text) == duration_s
