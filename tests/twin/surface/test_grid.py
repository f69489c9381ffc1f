import numpy as np

from twin.surface.grid import building_cells, rain_weights


def test_building_cells_are_those_whose_centre_is_covered(tiny_city):
    cells = building_cells(tiny_city)
    area = tiny_city.layers["buildings"].geometry.area.sum()
    assert cells.sum() * tiny_city.terrain.cell_size_m**2 == np.float64(area).round()
    rows, cols = np.nonzero(cells)
    x, y = tiny_city.terrain.centre(rows[0], cols[0])
    from shapely.geometry import Point

    assert tiny_city.layers["buildings"].geometry.contains(Point(x, y)).any()


def test_roofs_shed_all_their_rain_to_open_ground(tiny_city):
    buildings = building_cells(tiny_city)
    weights = rain_weights(tiny_city.terrain, buildings)
    assert weights.sum() == np.isfinite(tiny_city.terrain.elevation).sum()
    assert not weights[buildings].any()
    assert weights[~buildings].min() == 1.0
    assert weights.max() > 1.0
