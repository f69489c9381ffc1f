"""The built-in district: a river hillside generated from a seed, built to flood like a real one."""

from cim_models.district.make import make_district

__all__ = ["make_district"]
