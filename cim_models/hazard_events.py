"""Kinds of events of gas, cavities below roads and monitored structures."""

from cim_models.event_kind import EventKind
from cim_models.structure_events import STRUCTURE_EVENTS

_CAVITY = {
    "x": "m",
    "y": "m",
    "road": "id of the road above",
    "volume_m3": "m3",
    "area_m2": "in plan, m2",
    "cover_m": "soil between its top and the pavement, m",
}

HAZARD_EVENTS = (
    EventKind(
        "gas.leaking",
        "gas leak",
        "燃气泄漏",
        "Gas leaking",
        {
            "x": "m",
            "y": "m",
            "source": "id of the main or cabinet",
            "hole_m": "diameter of the hole, m",
            "flow_m3_h": "that it lets out, m3/h",
            "pressure_kpa": "gauge pressure of the main at the leak, kPa",
        },
    ),
    EventKind("gas.sealed", "gas leak", "燃气泄漏封堵", "Gas leak sealed", {"released_m3": "in all, m3"}),
    EventKind(
        "gas.alarm",
        "hazard_sites",
        "可燃气体报警",
        "Gas alarm",
        {
            "level": "3 to 1 (most urgent)",
            "lel": "methane reading, share of the lower explosive limit",
            "hydrogen_sulphide_ppm": "reading, ppm",
            "kind": "septic_tank, manhole or regulator",
            "x": "m",
            "y": "m",
        },
    ),
    EventKind(
        "gas.alarm_over",
        "hazard_sites",
        "可燃气体报警解除",
        "Gas alarm over",
        {"peak_lel": "largest reading, share of the LEL", "lel": "reading, share of the LEL"},
    ),
    EventKind(
        "gas.diagnosed",
        "hazard_sites",
        "气源研判",
        "Source of gas judged",
        {
            "verdict": "leak, marsh_gas or unclear",
            "leak_probability": "0 to 1",
            "evidence": "logarithm of the likelihood ratio, leak over marsh gas, by signal",
        },
    ),
    EventKind(
        "gas.ventilation_started",
        "hazard_sites",
        "通风启动",
        "Ventilation started",
        {"by": "fan or crew", "lel": "reading, share of the LEL"},
    ),
    EventKind(
        "gas.ventilation_stopped",
        "hazard_sites",
        "通风停止",
        "Ventilation stopped",
        {"by": "fan or crew", "lel": "reading, share of the LEL"},
    ),
    EventKind(
        "cavity.found",
        "cavity",
        "探明地下空洞",
        "Cavity found",
        _CAVITY | {"probability": "of being found in this pass, 0 to 1"},
    ),
    EventKind(
        "cavity.collapsed",
        "cavity",
        "路面塌陷",
        "Road collapsed",
        _CAVITY | {"wetness": "of the ground, 0 to 1"},
    ),
    EventKind(
        "cavity.filled",
        "cavity",
        "空洞回填",
        "Cavity filled",
        {"volume_m3": "m3", "road": "id of the road above"},
    ),
    *STRUCTURE_EVENTS,
)
