"""Event kinds: the vocabulary of the event log, declared once.

The event log is the one record of a run. Scores, screens and reports are derived from it, so an
event's data must say all that a reader needs; the registry below names the keys with units. Large families
of kinds have modules of their own, such as `cim_models.alarm_events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cim_models.alarm_events import ALARM_EVENTS
from cim_models.event_kind import EventKind
from cim_models.hazard_events import HAZARD_EVENTS
from cim_models.lifeline_events import LIFELINE_EVENTS
from cim_models.network_events import SEWER_EVENTS, SUPPLY_EVENTS
from cim_models.values import ValueKind


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the event log.

    Parameters
    ----------
    id
        Running number, from 1.
    t_s
        Simulated time, s since the scenario's start.
    kind
        Name of an `EventKind`.
    subject
        Id of what the event is about.
    cause
        Id of the event that caused this one, or None.
    value_kind
        Whether the event was observed, simulated or assumed.
    data
        Keys as the kind declares them; plain JSON values.
    """

    id: int
    t_s: float
    kind: str
    subject: str
    cause: int | None = None
    value_kind: ValueKind = ValueKind.SIMULATED
    data: Mapping[str, Any] = field(default_factory=dict)


class EventSink(Protocol):
    """Where events go; the run folder's event log is one, a list in a test another."""

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one event and return its id; an unknown kind raises KeyError."""
        ...


_CASE_AT_DESK = {
    "class_code": "event class of the catalogue",
    "x": "m",
    "y": "m",
    "road": "id of the nearest road",
    "grid_cell": "id or empty",
    "level": "1 (most urgent) to 4",
    "channel": "sensor, citizen, patrol or video",
    "reported_s": "time of the first report, s since start",
}

_KINDS = (
    EventKind("run.started", "run", "运行开始", "Run started", {"scenario": "name", "seed": "int"}),
    EventKind("run.ended", "run", "运行结束", "Run ended", {"status": "finished or interrupted"}),
    EventKind(
        "run.noted", "run", "说明", "Note", {"text": "what is missing or taken for granted, and its effect"}
    ),
    EventKind(
        "run.branched", "run", "推演分支", "Branch begun", {"changed": "new values of the scenario by key"}
    ),
    EventKind("rain.started", "run", "降雨开始", "Rain started", {"intensity_mm_h": "mm/h"}),
    EventKind("rain.stopped", "run", "降雨停止", "Rain stopped", {"depth_mm": "total so far, mm"}),
    EventKind(
        "road.flooded",
        "roads",
        "道路积水",
        "Road flooded",
        {"depth_m": "largest depth, m", "threshold_m": "0.15, 0.30 or 0.50"},
    ),
    EventKind(
        "road.drained",
        "roads",
        "道路退水",
        "Road drained",
        {
            "depth_m": "largest depth, m",
            "threshold_m": "0.15, 0.30 or 0.50",
            "since_s": "when the water had fallen, s since start: it has stayed low ever since",
        },
    ),
    EventKind("gully.blocked", "gullies", "雨水箅子堵塞", "Gully blocked", {"blockage": "0 to 1"}),
    EventKind(
        "matter.appeared",
        "matter",
        "问题出现",
        "Matter appeared",
        {"class_code": "event class of the catalogue", "road": "id", "x": "m", "y": "m"},
    ),
    EventKind(
        "matter.gone",
        "matter",
        "问题消失",
        "Matter gone",
        {"how": "handled, or by itself", "reported": "whether anybody reported it before"},
    ),
    EventKind(
        "report.made",
        "report",
        "上报",
        "Report",
        {
            "channel": "sensor, citizen, patrol or video",
            "class_code": "event class of the catalogue",
            "x": "m; null when the reporter does not say where",
            "y": "m; null when the reporter does not say where",
            "reporter": "id of sensor, patrol or camera; empty for a citizen",
            "depth_m": "as the reporter saw it, m; null when unknown",
            "genuine": "false for a false alarm",
        },
    ),
    EventKind(
        "report.held",
        "report",
        "位置待核实",
        "Report without a place",
        {"until_s": "when the desk will have called back, s since start"},
    ),
    EventKind(
        "report.located",
        "report",
        "位置已核实",
        "Report located",
        {"x": "m", "y": "m", "how": "a call back, or a later report"},
    ),
    EventKind("report.settled", "report", "坐席办结", "Report settled at the desk", {"reason": "text"}),
    EventKind("report.merged", "report", "并案", "Report merged", {"case": "id"}),
    EventKind("case.reported", "case", "待受理", "Case waits for acceptance", _CASE_AT_DESK),
    EventKind("case.accepted", "case", "受理", "Case accepted", _CASE_AT_DESK),
    EventKind("case.verified", "case", "核实", "Case verified", {"reports": "number of reports so far"}),
    EventKind(
        "case.registered",
        "case",
        "立案",
        "Case registered",
        {
            "class_code": "event class of the catalogue",
            "x": "m",
            "y": "m",
            "road": "id of the nearest road",
            "grid_cell": "id or empty",
            "level": "1 (most urgent) to 4",
            "urgency": "ordinary, urgent or top_urgent",
            "reported_s": "time of the first report, s since start",
            "accepted_s": "s since start; null for a case that goes point to point",
            "verified_s": "s since start; null for a case that goes point to point. Steps that take no time "
            "are no events of their own",
            "due_s": "time limit for closing, s since start",
            "hub": "id of the centre that watches",
            "regulator": "id of the department that supervises",
            "owner_unit": "id of the unit that owns what the case concerns",
            "unit": "id of the unit that handles it; each empty where the city has no organisations",
            "place_zh": "name",
            "place_en": "name",
        },
    ),
    EventKind(
        "case.assigned",
        "case",
        "交办",
        "Case assigned to a unit",
        {
            "unit": "id of the unit",
            "regulator": "id of the department that gets a copy",
            "point_to_point": "whether it went past the desk's queues",
        },
    ),
    EventKind(
        "case.returned", "case", "退回", "Case returned", {"unit": "id of who returns it", "reason": "text"}
    ),
    EventKind(
        "case.escalated",
        "case",
        "升级督办",
        "Case escalated",
        {
            "level": "1 to 4",
            "urgency": "ordinary, urgent or top_urgent",
            "depth_m": "latest known depth, m; null when unknown",
            "due_s": "its time limit, s since start; null before it is registered",
            "regulator": "id of the department that is told",
            "reason": "deeper water or overdue",
        },
    ),
    EventKind(
        "case.dispatched", "case", "派遣", "Case dispatched", {"task": "id", "skill": "name", "crew": "id"}
    ),
    EventKind("case.handled", "case", "处置完成", "Case handled", {"unit": "id"}),
    EventKind(
        "case.checked",
        "case",
        "核查",
        "Case checked",
        {"passed": "bool", "depth_m": "m; null where it is not about water"},
    ),
    EventKind("case.reworked", "case", "返工", "Case sent back", {"unit": "id", "reason": "text"}),
    EventKind("case.closed", "case", "结案", "Case closed", {"unit": "id", "overdue": "bool"}),
    EventKind(
        "case.reopened",
        "case",
        "重新立案",
        "Case reopened",
        {
            "unit": "id",
            "level": "1 to 4",
            "was_level": "level when it was closed",
            "due_s": "its new time limit, s since start",
        },
    ),
    EventKind("case.voided", "case", "作废", "Case void", {"reason": "text"}),
    EventKind("case.transferred", "case", "转办", "Case handed over", {"to": "skill or department"}),
    EventKind("case.suspended", "case", "缓办", "Case suspended", {"unit": "id", "reason": "text"}),
    EventKind(
        "case.resumed",
        "case",
        "恢复办理",
        "Case resumed",
        {"unit": "id", "due_s": "its time limit, s since start", "suspended_s": "for how long it rested, s"},
    ),
    EventKind(
        "case.extended",
        "case",
        "延期",
        "Case extended",
        {"unit": "id of who asked", "due_s": "its new time limit, s since start", "reason": "text"},
    ),
    EventKind(
        "case.extension_refused",
        "case",
        "延期未准",
        "Extension refused",
        {"unit": "id of who asked", "reason": "text"},
    ),
    EventKind(
        "case.stage_overdue",
        "case",
        "阶段超期",
        "Stage overdue",
        {
            "stage": "accept, verify, register, dispatch, handle or check",
            "unit": "id or empty",
            "due_s": "when the stage should have been over, s since start",
        },
    ),
    EventKind("case.overdue", "case", "超期", "Case overdue", {"unit": "id", "due_s": "s since start"}),
    EventKind(
        "dispatch.refused",
        "task",
        "派遣无效",
        "Dispatch refused",
        {
            "policy": "name",
            "crew": "id or empty",
            "reason": "why the policy's decision was not carried out",
        },
    ),
    EventKind(
        "dispatch.planned",
        "task",
        "计划派遣",
        "Dispatch planned",
        {
            "crew": "id of a crew that is still busy and goes there next",
            "eta_s": "when it is expected there, s since start",
            "why": "a key of PLAN_REASONS",
        },
    ),
    EventKind(
        "dispatch.changed",
        "task",
        "派遣调整",
        "Dispatch changed",
        {
            "crew": "id of the crew that goes or will go there now; empty for none",
            "before": "id of the crew that was to go there; empty for none",
            "leaves": "id of the task that the crew is diverted from; null for none",
            "gain_s": "what a diversion is worth to the plan, in the policy's seconds; null otherwise",
            "why": "a key of PLAN_REASONS",
        },
    ),
    EventKind(
        "dispatch.replaced",
        "run",
        "派遣策略停用",
        "Dispatch policy replaced",
        {"policy": "name", "by": "name of the policy that decides from now on", "failures": "rounds"},
    ),
    EventKind(
        "task.planned",
        "task",
        "任务安排",
        "Task planned",
        {"case": "id", "task": "kind", "skill": "name or empty"},
    ),
    EventKind(
        "task.refused",
        "task",
        "任务无法安排",
        "Task not possible",
        {"case": "id", "task": "kind", "reason": "why nobody can do what the case calls for"},
    ),
    EventKind(
        "task.recalled",
        "task",
        "任务退回",
        "Task given back",
        {"case": "id", "crew": "id of the crew that leaves it", "reason": "why; it waits for another crew"},
    ),
    EventKind(
        "task.dropped",
        "task",
        "任务撤销",
        "Task dropped",
        {"case": "id", "task": "kind", "reason": "why it is no longer needed or could not be done"},
    ),
    EventKind(
        "crew.started_shift",
        "crew",
        "上岗",
        "Crew on duty",
        {"x": "m", "y": "m", "skill": "name", "depot": "id"},
    ),
    EventKind(
        "crew.relieved",
        "crew",
        "交班",
        "Crew relieved",
        {"task": "id of what it finishes in overtime, or null"},
    ),
    EventKind(
        "crew.ended_shift", "crew", "下岗", "Crew off duty", {"overtime_s": "on duty beyond the shift, s"}
    ),
    EventKind("crew.started_break", "crew", "休息", "Crew on break", {"length_s": "s"}),
    EventKind("crew.ended_break", "crew", "休息结束", "Break over", {}),
    EventKind(
        "crew.lost",
        "crew",
        "队伍失联",
        "Crew lost",
        {
            "case": "id or null",
            "task": "id of what it was doing, or null",
            "reason": "text",
            "x": "last junction, m",
            "y": "last junction, m",
        },
    ),
    EventKind(
        "crew.departed",
        "crew",
        "出发",
        "Crew departed",
        {
            "case": "id or null when going home",
            "task": "id or null",
            "eta_s": "s since start",
            "dry_s": "travel time on dry roads, s",
        },
    ),
    EventKind(
        "crew.moved",
        "crew",
        "行进",
        "Crew moving",
        {
            "path": (
                "list of [x m, y m, t s since start]: the whole way ahead, or the one place where the crew "
                "stands; it takes the place of what is left of the crew's earlier path"
            ),
            "road": "id of the road that costs most time, the first where none does",
            "delay_s": "time lost to water on the path, less what an earlier one had counted too much, s",
        },
    ),
    EventKind("crew.rerouted", "crew", "改道", "Crew rerouted", {"road": "the road avoided", "eta_s": "s"}),
    EventKind(
        "crew.cut_off", "crew", "受阻", "Crew cut off", {"road": "the road that is cut", "wait_s": "s"}
    ),
    EventKind("crew.arrived", "crew", "到场", "Crew on site", {"case": "id", "delay_s": "lost to water, s"}),
    EventKind("crew.returned", "crew", "归队", "Crew back at its depot", {"delay_s": "lost to water, s"}),
    EventKind("crew.finished", "crew", "作业完成", "Crew finished", {"case": "id", "task": "id"}),
    EventKind(
        "order.issued",
        "order",
        "指令下达",
        "Order issued",
        {
            "order": "class name",
            "case": "id or null",
            "crew": "id or null",
            "x": "m",
            "y": "m",
            "target": "id of the road, gully, node, barrier or culvert",
            "capacity_m3_h": "of a pump, m3/h",
        },
    ),
    EventKind("order.refused", "order", "指令未执行", "Order refused", {"reason": "text"}),
    EventKind(
        "structure.placed",
        "structure",
        "构筑物就位",
        "Structure in place",
        {
            "kind": "barrier or culvert",
            "line": "list of [x m, y m]",
            "height_m": "of a barrier above ground, m; null where its level is given, and for a culvert",
            "level_m": "crest of a barrier above the datum, m; null where its height is given",
        },
    ),
    EventKind("structure.removed", "structure", "构筑物撤除", "Structure removed", {}),
    EventKind("structure.shut", "structure", "涵闸关闭", "Culvert shut", {}),
    EventKind("structure.opened", "structure", "涵闸开启", "Culvert opened", {}),
    EventKind("valve.shut", "valve", "阀门关闭", "Valve shut", {"x": "m or null", "y": "m or null"}),
    EventKind("valve.opened", "valve", "阀门开启", "Valve opened", {"x": "m or null", "y": "m or null"}),
    EventKind("valve.stuck", "valve", "阀门卡死", "Valve stuck", {"x": "m or null", "y": "m or null"}),
    EventKind("order.ended", "order", "指令结束", "Order ended", {"pumped_m3": "m3, for a pump"}),
    *SEWER_EVENTS,
    *SUPPLY_EVENTS,
    *ALARM_EVENTS,
    *LIFELINE_EVENTS,
    *HAZARD_EVENTS,
)

EVENT_KINDS: Mapping[str, EventKind] = {kind.name: kind for kind in _KINDS}

PLAN_REASONS: Mapping[str, tuple[str, str]] = {
    "busy_crew_sooner": ("忙碌的班组完工后仍会最先到达", "a crew at work will be there before any free one"),
    "sooner": ("此班组更早到达", "this crew is there sooner"),
    "crew_lost": ("原定班组已无法前往", "the crew that was to go can no longer do so"),
    "traded": ("原定班组在别处更为需要", "the crew that was to go is needed more elsewhere"),
    "gain": ("改派的整体收益超过门槛", "the change is worth more to the plan than its threshold"),
    "not_planned": ("计划中不再有班组前往", "nobody is planned for it any more"),
}
"""Why a dispatch is planned or changed: the key in an event's data, and how a screen says it (zh, en)."""
