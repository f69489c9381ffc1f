"""The benchmark of the coupled run: parts add up, cases can be run."""

import time

import numpy as np
import pytest

from benchmarks.bellinge import bellinge_city
from benchmarks.coupled import CoupledPlan, measure_coupled, report_lines
from benchmarks.part_clock import PartClock
from cim_models.bundle import write_city
from cim_models.checks import Severity, check_city
from cim_models.errors import InputError


class _Work:
    def outer(self):
        time.sleep(0.01)
        self.inner()

    def inner(self):
        time.sleep(0.03)


def test_a_part_does_not_count_the_parts_inside_it():
    clock, outer = PartClock(), _Work.outer
    with clock.watching(((_Work, "outer", "a"), (_Work, "inner", "b"))), clock.within("rest"):
        _Work().outer()
        _Work().inner()
    assert clock.calls == {"rest": 1, "a": 1, "b": 2}
    assert 0.01 <= clock.wall_s["a"] < clock.wall_s["b"]
    assert clock.wall_s["b"] >= 0.06
    assert _Work.outer is outer


def test_a_city_is_run_and_its_time_accounted_for(tiny_city, tmp_path):
    write_city(tiny_city, tmp_path / "city")
    figures = measure_coupled(CoupledPlan(city=tmp_path / "city", duration="1min"), lambda _: None)
    assert sum(figures["parts_s"].values()) == pytest.approx(figures["wall_s"])
    assert figures["calls"]["sewer"] == figures["calls"]["exchange"] == 60
    assert figures["surface_error_units"] == figures["coupled_error_units"] == 0
    assert any(line.lstrip().startswith("surface") for line in report_lines(figures))


def test_unknown_case_is_refused():
    with pytest.raises(InputError, match="santboi, bellinge"):
        CoupledPlan(case="atlantis")


@pytest.mark.shared_data
def test_bellinge_can_be_simulated(shared_data):
    city = bellinge_city(shared_data("bellinge"))
    assert not [defect for defect in check_city(city) if defect.severity is Severity.ERROR]
    assert len(city.layer("gullies")) == 995
    assert np.isfinite(city.terrain.elevation).all()


def test_missing_data_set_is_named(tmp_path):
    with pytest.raises(InputError, match="CITYTWIN_DATA"):
        bellinge_city(tmp_path)
