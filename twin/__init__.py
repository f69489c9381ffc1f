"""The physical city in time: surface water, sewers, roads and what joins them."""

from twin.compilation import prepare_numba

prepare_numba()
