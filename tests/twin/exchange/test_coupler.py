"""Gullies and manholes placed on the grid, and the volumes that they move."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Point

from cim_models.errors import BundleError
from twin.exchange import ExchangeSettings, SewerExchange, nearest_open_cells
from twin.exchange.placement import cells_within
from twin.sewer import SewerEngine
from twin.surface import SurfaceSolver


@pytest.fixture
def open_cells(tiny_city):
    return np.isfinite(tiny_city.terrain.elevation)


@pytest.fixture
def surface(tiny_city):
    return SurfaceSolver(tiny_city.terrain.elevation, tiny_city.terrain.cell_size_m)


@pytest.fixture
def engine(tiny_city, surface, tmp_path):
    with SewerEngine(tiny_city.sewer, tmp_path, 1.0, unit_m3=surface.unit_m3) as sewer:
        yield sewer


def make_exchange(city, open_cells, engine, **settings):
    nodes = city.sewer.nodes.geometry
    xy = np.column_stack([nodes.x, nodes.y])
    return SewerExchange(
        city.terrain, open_cells, city.layer("gullies"), engine, xy, ExchangeSettings(**settings)
    )


def test_what_the_street_gives_is_what_the_sewer_gets(tiny_city, open_cells, surface, engine):
    surface.set_water_depth(np.full(tiny_city.terrain.shape, 0.05))
    exchange = make_exchange(tiny_city, open_cells, engine)
    before = surface.volume_m3()
    units = exchange.step(surface, engine, 1.0)
    assert units.sum() * surface.unit_m3 > 0.01
    assert units.sum() * surface.unit_m3 == before - surface.volume_m3()
    assert exchange.to_sewer_units == units.sum()
    # J3 has two gullies, the outfall none
    assert units[2] == pytest.approx(2 * units[0], rel=1e-6)
    assert units[3] == 0


def test_blocked_gully_takes_nothing_until_it_is_cleared(tiny_city, open_cells, surface, engine):
    surface.set_water_depth(np.full(tiny_city.terrain.shape, 0.05))
    exchange = make_exchange(tiny_city, open_cells, engine)
    exchange.set_blockage("G1", 1.0)
    assert exchange.step(surface, engine, 1.0)[0] == 0
    exchange.set_blockage("G1", 0.0)
    assert exchange.step(surface, engine, 1.0)[0] > 0


def test_surcharged_sewer_returns_its_water_to_the_street(tiny_city, open_cells, surface, engine):
    exchange = make_exchange(tiny_city, open_cells, engine)
    for second in range(1, 121):
        engine.inject_units(exchange.step(surface, engine, 1.0))
        engine.inject(np.array([0.5, 0.0, 0.0, 0.0]))
        engine.advance_to(float(second))
        surface.advance_to(float(second))
    returned = exchange.to_surface_units - exchange.to_sewer_units
    assert exchange.to_surface_units * surface.unit_m3 > 20.0
    assert surface.volume_m3() == returned * surface.unit_m3
    # the head stands above the street by no more than drives the outflow
    assert 0.1 < engine.heads[0] - engine.ground_m[0] < 0.5


def test_sealed_node_holds_pressure_and_has_no_manhole(tiny_city, open_cells, surface, tmp_path):
    """A surcharge depth in the file marks the end of a rising main."""
    row = next(line for line in tiny_city.sewer.inp.splitlines() if line.startswith("J1 "))
    sealed = tiny_city.sewer.inp.replace(row, " ".join([*row.split()[:4], "9999", "0"]), 1)
    city = replace(tiny_city, sewer=replace(tiny_city.sewer, inp=sealed))
    city = replace(city, layers={k: v for k, v in city.layers.items() if k != "gullies"})
    with SewerEngine(city.sewer, tmp_path, 1.0, unit_m3=surface.unit_m3) as engine:
        exchange = make_exchange(city, open_cells, engine)
        assert engine.is_sealed.tolist() == [True, False, False, False]
        for second in range(1, 31):
            units = exchange.step(surface, engine, 1.0)
            assert units[0] == 0
            engine.inject_units(units)
            engine.inject(np.array([0.4, 0.0, 0.0, 0.0]))
            engine.advance_to(float(second))
        assert engine.heads[0] > engine.ground_m[0]
        assert engine.account.losses == 0.0


@pytest.mark.parametrize(("manholes", "takes"), [("lidded", False), ("open", True), ("sealed", False)])
def test_manholes_take_street_water_only_when_open(tiny_city, open_cells, surface, engine, manholes, takes):
    city = replace(tiny_city, layers={k: v for k, v in tiny_city.layers.items() if k != "gullies"})
    surface.set_water_depth(np.full(city.terrain.shape, 0.05))
    units = make_exchange(city, open_cells, engine, manholes=manholes).step(surface, engine, 1.0)
    assert (units.sum() > 0) == takes


def test_cover_levels_are_carried_over_to_the_terrain(tiny_city, open_cells, surface, engine):
    """A survey 0.8 m above the terrain must not press water out of a sewer that has room."""
    engine.ground_m = engine.ground_m + 0.8
    engine.heads += 0.8
    exchange = make_exchange(tiny_city, open_cells, engine)
    engine.heads[:] = engine.ground_m - 0.1
    exchange.step(surface, engine, 1.0)
    assert exchange.to_surface_units == 0


def test_gully_of_an_unknown_node_is_named(tiny_city, open_cells, engine):
    gullies = tiny_city.layers["gullies"].assign(node=["J1", "J2", "X9", "J3"])
    with pytest.raises(BundleError, match=r"Gully 'G3'.*X9"):
        make_exchange(tiny_city.with_layer("gullies", gullies), open_cells, engine)


def test_gully_off_the_grid_is_left_out_and_listed(tiny_city, open_cells, engine):
    gullies = tiny_city.layers["gullies"].copy()
    gullies.loc[0, "geometry"] = Point(0.0, 0.0)
    exchange = make_exchange(tiny_city.with_layer("gullies", gullies), open_cells, engine)
    assert exchange.unplaced_gullies == ("G1",)


def test_point_in_a_wall_finds_the_nearest_open_cell(tiny_city):
    terrain = tiny_city.terrain
    open_cells = np.ones(terrain.shape, bool)
    open_cells[10:20, 10:20] = False
    x, y = terrain.centre(12, 11)
    found = nearest_open_cells(terrain, open_cells, x, y, 8.0)
    assert np.unravel_index(found[0], terrain.shape) == (12, 9)
    assert nearest_open_cells(terrain, open_cells, x, y, 3.0)[0] == -1


def test_cells_within_a_radius_are_those_whose_centres_are(tiny_city):
    terrain = tiny_city.terrain
    x, y = terrain.centre(20, 20)
    cells = cells_within(terrain, np.ones(terrain.shape, bool), float(x), float(y), 4.0)
    row, col = np.divmod(cells, terrain.shape[1])
    assert len(cells) == 13
    assert (np.hypot(row - 20, col - 20) * terrain.cell_size_m <= 4.0).all()
    assert cells_within(terrain, np.ones(terrain.shape, bool), 0.0, 0.0, 4.0).size == 0
