"""Itzï: local inertial flow in compiled loops, driven from memory without GRASS."""

import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
from itzi.const import TemporalType
from itzi.data_containers import SimulationConfig, SurfaceFlowParameters
from itzi.providers.domain_data import DomainData
from itzi.providers.memory_input import MemoryRasterInputProvider, TimedRasterSlice
from itzi.providers.memory_output import MemoryRasterOutputProvider, MemoryVectorOutputProvider
from itzi.simulation_builder import SimulationBuilder

START = datetime(2024, 1, 1)
MM_H_PER_M_S = 3.6e6
AFTER_THE_END_S = 86_400.0
ANY_ERROR = 1.0e9
"""Itzï stops by itself on a volume error that it relates to the inflow alone; here it is only reported."""


def run(case):
    """Run to the end or the limit, walls all around."""
    simulation = build(case)
    simulation.initialize()
    end = START + timedelta(seconds=case.end_s)
    depth = simulation.raster_domain.get_array
    deepest, next_record = np.array(depth("water_depth")), timedelta(seconds=case.record_interval_s)
    steps, started = 0, time.perf_counter()
    while simulation.sim_time < end and time.perf_counter() - started < case.limit_s:
        simulation.update()
        steps += 1
        if case.record_interval_s > 0.0 and simulation.sim_time - START >= next_record:
            np.maximum(deepest, depth("water_depth"), out=deepest)
            next_record += timedelta(seconds=case.record_interval_s)
    return SimpleNamespace(
        time_s=(simulation.sim_time - START).total_seconds(),
        steps=steps,
        wall_s=time.perf_counter() - started,
        water_depth=np.array(depth("water_depth")),
        max_depth=deepest,
    )


def build(case):
    """Return the simulation, its rasters in memory."""
    rows, cols = case.bed.shape
    bed = case.bed.astype(np.float32)
    domain = DomainData(
        north=rows * case.cell_m, south=0, east=cols * case.cell_m, west=0, rows=rows, cols=cols, crs_wkt=""
    )
    fixed = {
        "dem": bed,
        "friction": np.full_like(bed, case.manning_n),
        "water_depth": case.water_depth.astype(np.float32),
    }
    timed = {"rain": rain_slices(case, bed)}
    end = START + timedelta(seconds=case.end_s)
    wanted = {"water_depth": "water_depth"}
    config = SimulationConfig(
        start_time=START,
        end_time=end,
        record_step=timedelta(seconds=case.end_s),
        temporal_type=TemporalType.RELATIVE,
        input_map_names={name: name for name in [*fixed, *timed]},
        output_map_names=wanted,
        surface_flow_parameters=SurfaceFlowParameters(
            hmin=case.dry_m,
            cfl=case.courant,
            theta=case.theta,
            dtmax=case.max_step_s,
            max_error=ANY_ERROR,
        ),
    )
    rasters = MemoryRasterInputProvider(
        {
            "domain_data": domain,
            "simulation_start_time": START,
            "simulation_end_time": end,
            "static_arrays": fixed,
            "timed_arrays": timed,
        }
    )
    return (
        SimulationBuilder(config, np.zeros(bed.shape, bool), np.float32)
        .with_input_provider(rasters)
        .with_raster_output_provider(MemoryRasterOutputProvider({"out_map_names": wanted}))
        .with_vector_output_provider(MemoryVectorOutputProvider())
        .build()
    )


def rain_slices(case, like):
    """Return the rain as rasters, each with its span."""
    ends_s = np.append(case.rain_starts_s[1:], max(case.end_s, case.rain_starts_s[-1]) + AFTER_THE_END_S)
    return [
        TimedRasterSlice(
            start_time=START + timedelta(seconds=float(start_s)),
            end_time=START + timedelta(seconds=float(end_s)),
            array=np.full_like(like, rate_m_s * MM_H_PER_M_S),
        )
        for start_s, end_s, rate_m_s in zip(case.rain_starts_s, ends_s, case.rain_m_s, strict=True)
    ]
