from collections import Counter

import pytest

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError
from twin.rain import design_storm, formula_names, intensity_formula, peak_position

OFFICIAL = [
    (name, float(minutes), float(years), depth)
    for name, entry in load_catalogue("rainstorm")["formulas"].items()
    for minutes, depths in entry.get("official_depth_mm", {}).items()
    for years, depth in depths.items()
]


def test_there_are_official_depths_of_two_cities():
    count = Counter(name for name, *_ in OFFICIAL)
    assert count == {
        "guangzhou_central": 9,
        "shenzhen_west": 4,
        "shenzhen_central": 20,
        "shenzhen_east": 2,
        "shenzhen_shenshan": 2,
    }


@pytest.mark.parametrize(("name", "minutes", "years", "depth_mm"), OFFICIAL)
def test_official_depth(name, minutes, years, depth_mm):
    assert float(intensity_formula(name, years).depth_mm(minutes)) == pytest.approx(depth_mm, rel=0.005)


@pytest.mark.parametrize(
    ("years", "depths_mm"),
    [(2, (47.5, 67.0, 81.3)), (20, (82.4, 116.4, 141.0)), (100, (106.9, 150.9, 182.8))],
)
def test_jiangbei_general_form(years, depths_mm):
    depths = intensity_formula("chongqing_jiangbei", years).depth_mm([60.0, 120.0, 180.0])
    assert depths == pytest.approx(depths_mm, rel=0.005)


@pytest.mark.parametrize(
    ("name", "years", "depths_mm"),
    [
        ("chongqing_yuzhong", 1, (33.80, 45.90)),
        ("chongqing_yuzhong", 50, (88.83, 120.61)),
        ("chongqing_nanan", 1, (33.72, 43.37)),
        ("chongqing_nanan", 50, (83.38, 107.26)),
        ("qingdao", 2, (38.68, 49.16)),
        ("qingdao", 50, (80.14, 101.86)),
    ],
)
def test_other_general_forms_at_one_and_two_hours(name, years, depths_mm):
    """Worked out apart from the program, from q = A1 (1 + C lg P) / (t + b)^n and h = q t / 167."""
    assert intensity_formula(name, years).depth_mm([60.0, 120.0]) == pytest.approx(depths_mm, abs=0.006)


def test_a_storm_on_hearsay_says_so():
    assert "unverified" in design_storm("qingdao", 5, 7200.0).notes[0]
    assert not design_storm("guangzhou_central", 5, 7200.0).notes


@pytest.mark.parametrize(("minutes", "summit"), [(120, 35), (180, 57)])
def test_official_peak_of_guangzhou(minutes, summit):
    storm = design_storm("guangzhou_central", 10, minutes * 60.0)
    assert storm.rates_mm_h.argmax() in (summit - 1, summit)
    assert peak_position("guangzhou_central", minutes * 60.0) == pytest.approx(summit / minutes)
    assert peak_position("guangzhou_central", 24 * 3600.0) == pytest.approx(57 / 180)
    assert peak_position("chongqing_jiangbei", 7200.0) == 0.4


@pytest.mark.parametrize("name", formula_names())
@pytest.mark.parametrize("years", [(1, 1.5, 2, 4, 5, 7, 9.9), (10, 12, 20, 40, 50, 70, 100)])
def test_depth_grows_with_duration_and_return_period(name, years):
    """Within an interval; Shenzhen's two intervals differ by 2 % where they meet, at 10 years."""
    depths = [float(intensity_formula(name, year).depth_mm(120.0)) for year in years]
    assert depths == sorted(depths)
    rising = intensity_formula(name, years[-1]).depth_mm([5.0, 60.0, 180.0])
    assert (rising[1:] > rising[:-1]).all()


@pytest.mark.parametrize("name", [name for name in formula_names() if name.startswith(("guang", "shen"))])
@pytest.mark.parametrize("years", [2, 3, 5, 20, 30, 50])
def test_interval_form_agrees_with_the_table_beside_it(name, years):
    beside, table = (float(intensity_formula(name, year).depth_mm(120.0)) for year in (years * 1.0001, years))
    assert beside == pytest.approx(table, rel=0.005)


def test_unknown_names_and_return_periods():
    with pytest.raises(InputError, match="'guangzhou_huangpu'; expected one of guangzhou_central"):
        intensity_formula("guangzhou_huangpu", 10)
    with pytest.raises(InputError, match="200 years; expected 1 to 100"):
        intensity_formula("guangzhou_central", 200)
