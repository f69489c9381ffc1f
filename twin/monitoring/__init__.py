"""Monitored structures: readings of gauges, dynamic thresholds, reports of health.

`twin.monitoring.baseline` learns what temperature explains, `twin.monitoring.chart` says when the rest has
left what it was, `twin.monitoring.watch` follows all gauges of a city in time and grades its structures.
"""

from twin.monitoring.chart import EwmaChart
from twin.monitoring.settings import MonitoringSettings, monitoring_settings
from twin.monitoring.watch import GaugeFault, StructureHealth, StructureWatch

__all__ = [
    "EwmaChart",
    "GaugeFault",
    "MonitoringSettings",
    "StructureHealth",
    "StructureWatch",
    "monitoring_settings",
]
