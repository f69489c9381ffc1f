"""Kinds of events of lifelines that fail without a hydraulic model, such as the pipes of an inventory."""

from cim_models.event_kind import EventKind

LIFELINE_EVENTS = (
    EventKind(
        "lifeline.failed",
        "lifeline",
        "管线故障",
        "Lifeline failed",
        {
            "kind": "kind of catalogue failure_rates",
            "asset": "id of the pipe, site or sensor",
            "network": "supply, sewer, gas or heat; empty for sites and sensors",
            "material": "of a pipe; empty for others",
            "diameter_m": "of a pipe, m; null for others",
            "class_code": "event class of the case that mends it; empty for none",
            "x": "m",
            "y": "m",
            "sensors": "ids of the sensors that it shows at, the nearest first",
        },
    ),
    EventKind(
        "lifeline.repaired",
        "lifeline",
        "管线修复",
        "Lifeline repaired",
        {
            "kind": "kind of catalogue failure_rates",
            "after_s": "since it failed, s",
            "how": "crew or by itself",
        },
    ),
    EventKind(
        "lifeline.recovered",
        "lifeline",
        "运行恢复",
        "Lifeline back to normal",
        {"kind": "kind of catalogue failure_rates", "after_s": "since it failed, s"},
    ),
)
