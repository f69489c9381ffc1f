"""The city bundle: a folder of ordinary files that each opens in its own people's tool.

::

    city.toml       name, CRS, datum, time zone, layers, sources and licences, CIM levels
    terrain.tif     ground elevation, m
    landcover.tif   optional: classes whose Manning's n, ground class or both city.toml states
    city.gpkg       vector layers, as `cim_models.layers` declares them
    sewer.inp       optional: SWMM 5.2
    supply.inp      optional: EPANET 2.2
"""

from cim_models.bundle.digest import digest_city
from cim_models.bundle.reading import read_city
from cim_models.bundle.writing import write_city

__all__ = ["digest_city", "read_city", "write_city"]
