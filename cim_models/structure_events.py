"""Kinds of events of monitored structures and their gauges."""

from cim_models.event_kind import EventKind

_TURN = {
    "structure": "id",
    "quantity": "of catalogue monitoring",
    "score": "deviation over the limit of the chart",
    "residual": "reading less what temperature and load explain, in the unit of the gauge",
}

STRUCTURE_EVENTS = (
    EventKind(
        "structure.watched",
        "structure",
        "结构纳入监测",
        "Structure watched",
        {
            "kind": "bridge, tunnel or slope",
            "x": "m",
            "y": "m",
            "road": "id of the road on it or below it; empty for none",
            "gauges": "ids",
        },
    ),
    EventKind(
        "structure.damaged",
        "structure",
        "结构损伤",
        "Structure damaged",
        {
            "damage": "id",
            "jump": "severity at once; 1 is what anybody would close it for",
            "per_day": "severity that it gains a day",
            "x": "m",
            "y": "m",
        },
    ),
    EventKind(
        "structure.creeping",
        "structure",
        "边坡蠕动",
        "Slope creeping",
        {
            "wetness_mm": "rain that has fallen and not drained, mm",
            "severity": "gained so far",
            "x": "m",
            "y": "m",
        },
    ),
    EventKind(
        "structure.rests",
        "structure",
        "边坡停止蠕动",
        "Slope at rest",
        {"wetness_mm": "rain that has fallen and not drained, mm", "severity": "gained so far"},
    ),
    EventKind(
        "structure.secured", "structure", "结构排险加固", "Structure secured", {"grade": "of health before"}
    ),
    EventKind(
        "structure.graded",
        "structure",
        "结构健康等级变化",
        "Health of a structure",
        {
            "grade": "A (nothing found) to D, U where no gauge says anything",
            "was": "grade before",
            "in_alarm": "ids of the gauges that deviate",
            "gauges": "how many there are",
        },
    ),
    EventKind(
        "structure.reported",
        "structure",
        "结构健康报告",
        "Health report",
        {
            "grade": "A to D, or U",
            "readings": "since the start",
            "missing": "readings that should have been made",
            "outside_share": "share of the readings outside their limits; null without readings",
            "worst_gauge": "id of the gauge with the largest deviation",
            "worst_score": "that deviation over the limit of its chart",
            "in_alarm": "ids of the gauges that deviate",
            "silent": "ids of the gauges that say nothing",
        },
    ),
    EventKind("gauge.deviates", "gauges", "结构响应异常", "Structure deviates", _TURN),
    EventKind("gauge.settled", "gauges", "结构响应恢复", "Structure as before", _TURN),
    EventKind(
        "gauge.failed",
        "gauges",
        "监测仪器故障",
        "Gauge fails",
        {
            "step": "that it says too much at once, in its unit",
            "per_day": "that it says too much more each day, in its unit",
            "silent": "whether it says nothing",
            "x": "m",
            "y": "m",
        },
    ),
    EventKind("gauge.restored", "gauges", "监测仪器恢复", "Gauge in order again", {}),
    EventKind(
        "gauge.silent",
        "gauges",
        "监测仪器离线",
        "Gauge silent",
        {"structure": "id", "silent_s": "time since its last reading, s"},
    ),
    EventKind("gauge.heard", "gauges", "监测仪器上线", "Gauge heard again", {"structure": "id"}),
)
