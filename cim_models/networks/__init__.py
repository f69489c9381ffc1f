"""Pipe networks: tables read from the text of SWMM 5.2 and EPANET 2.2 input files."""

from cim_models.networks.sewer import read_sewer
from cim_models.networks.supply import read_supply

__all__ = ["read_sewer", "read_supply"]
