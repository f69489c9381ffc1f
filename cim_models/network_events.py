"""Kinds of events of the networks with a hydraulic model: sewer (SWMM) and supply (EPANET)."""

from cim_models.event_kind import EventKind

SEWER_EVENTS = (
    EventKind(
        "sewer.surcharged",
        "sewer",
        "检查井水位升至地面",
        "Manhole surcharged to the ground",
        {"head_m": "m", "ground_m": "m"},
    ),
    EventKind(
        "sewer.relieved",
        "sewer",
        "检查井恢复",
        "Manhole recovered",
        {"head_m": "m", "since_s": "when the water had fallen, s since start: it has stayed low ever since"},
    ),
    EventKind(
        "sewer.blocked",
        "sewer",
        "排水管堵塞",
        "Sewer blocked",
        {
            "blocked": "share of the section that it comes to, 0 to 1",
            "now": "share at this moment, 0 to 1",
            "x": "m or null",
            "y": "m or null",
        },
    ),
    EventKind(
        "sewer.collapsed",
        "sewer",
        "排水管塌陷",
        "Sewer collapsed",
        {
            "blocked": "share of the section that is lost, 0 to 1",
            "now": "the same",
            "x": "m or null",
            "y": "m or null",
        },
    ),
    EventKind(
        "sewer.unblocked",
        "sewer",
        "排水管疏通",
        "Sewer unblocked",
        {
            "was_blocked": "share of the section, 0 to 1",
            "fault": "kind of the event that it ends",
            "since_s": "when that was, s since start",
        },
    ),
    EventKind(
        "sewer.rebuilt",
        "sewer",
        "排水管修复",
        "Sewer rebuilt",
        {
            "was_blocked": "share of the section, 0 to 1",
            "fault": "kind of the event that it ends",
            "since_s": "when that was, s since start",
        },
    ),
    EventKind(
        "sewer.pump_stopped",
        "sewer",
        "排水泵停机",
        "Sewer pump stopped",
        {"x": "m or null", "y": "m or null"},
    ),
    EventKind(
        "sewer.pump_started",
        "sewer",
        "排水泵恢复",
        "Sewer pump running again",
        {"since_s": "since when it stood still, s since start", "x": "m or null", "y": "m or null"},
    ),
    EventKind(
        "sewer.outfall_drowned",
        "sewer",
        "排口淹没",
        "Outfall drowned",
        {"level_m": "of the water outside, m", "crown_m": "of its pipe, m"},
    ),
    EventKind(
        "sewer.outfall_freed",
        "sewer",
        "排口恢复",
        "Outfall free again",
        {"level_m": "of the water outside, m", "crown_m": "of its pipe, m"},
    ),
)

SUPPLY_EVENTS = (
    EventKind(
        "supply.burst",
        "supply",
        "供水管爆裂",
        "Main burst",
        {
            "x": "m or null",
            "y": "m or null",
            "area_fraction": "hole over cross-section; absent where an opened valve lets water out again",
            "diameter_m": "of the pipe, m",
            "depth_m": "of the pipe, m",
            "flow_m3_h": "that escapes at once, m3/h",
        },
    ),
    EventKind(
        "supply.leaking",
        "supply",
        "供水管渗漏",
        "Main leaking",
        {
            "x": "m or null",
            "y": "m or null",
            "diameter_m": "of the pipe, m",
            "hole_m": "diameter of the hole when full-grown, m",
            "grows_s": "how long it takes to grow, s; 0 where it is full-grown at once",
            "depth_m": "of the pipe, m",
            "flow_m3_h": "that escapes at once, m3/h; 0 where it has yet to grow",
        },
    ),
    EventKind("supply.pump_stopped", "supply", "供水泵停机", "Supply pump stopped"),
    EventKind("supply.pump_started", "supply", "供水泵恢复", "Supply pump running again"),
    EventKind("supply.valve_failed", "supply", "阀门故障", "Valve failed", {"state": "shut or open"}),
    EventKind("supply.valve_restored", "supply", "阀门修复", "Valve in order again"),
    EventKind(
        "supply.isolated",
        "supply",
        "爆管已隔离",
        "Main cut off",
        {"escaped_m3": "so far, m3", "valves": "ids of the shut valves around it"},
    ),
    EventKind("supply.repaired", "supply", "管道修复", "Main repaired", {"escaped_m3": "in all, m3"}),
    EventKind("supply.refilled", "supply", "管道充水完成", "Main full again", {"volume_m3": "m3"}),
    EventKind("supply.restored", "supply", "供水恢复", "Main in service again"),
    EventKind(
        "supply.customers_out",
        "supply",
        "用户停水",
        "People without water",
        {
            "nodes": "ids of nodes",
            "persons": "at these nodes",
            "persons_out": "without water in all",
            "since_s": "when their tap ran dry, s since start",
        },
    ),
    EventKind(
        "supply.customers_back",
        "supply",
        "用户恢复供水",
        "People have water again",
        {
            "nodes": "ids of nodes",
            "persons": "at these nodes",
            "persons_out": "without water in all",
            "since_s": "when their tap began to run again, s since start: it has run ever since",
        },
    ),
)
