"""Monitored structures: readings of gauges, dynamic thresholds, damage, reports of health.

`twin.monitoring.readings` makes up what gauges read when all is well, or takes what somebody has recorded;
`twin.monitoring.baseline` learns what temperature and load explain, `twin.monitoring.chart` says when the
rest has left what it was, `twin.monitoring.damage` lets structures get worse, and `twin.monitoring.watch`
follows all gauges of a city in time and grades its structures.
"""

from twin.monitoring.chart import EwmaChart
from twin.monitoring.health import GaugeReading, StructureHealth
from twin.monitoring.recorded import RecordedReadings, read_recorded
from twin.monitoring.settings import MonitoringSettings, Quantity, monitoring_settings
from twin.monitoring.structures import Gauge, GaugeFault, Structure, StructureDamage, structures_of
from twin.monitoring.watch import StructureWatch, Troubles

__all__ = [
    "EwmaChart",
    "Gauge",
    "GaugeFault",
    "GaugeReading",
    "MonitoringSettings",
    "Quantity",
    "RecordedReadings",
    "Structure",
    "StructureDamage",
    "StructureHealth",
    "StructureWatch",
    "Troubles",
    "monitoring_settings",
    "read_recorded",
    "structures_of",
]
