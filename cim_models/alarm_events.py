"""Kinds of events in the life of an alarm, and of the city's level of response."""

from cim_models.event_kind import EventKind

_ALARM = {
    "rule": "id of the rule",
    "about": "supply, drainage, waterlogging, gas, heat, structure, ground or sensor",
    "level": "response level, 1 (most urgent) to 4",
    "class_code": "event class of its report; empty for an alarm without one",
    "sensor": "id",
    "source": "id of what the sensor observes",
    "x": "m",
    "y": "m",
    "road": "id or empty",
    "values": "what the sensor said, by quantity, in the units of catalogue alarm_rules",
    "genuine": "false for a false alarm",
}

ALARM_EVENTS = (
    EventKind(
        "alarm.published",
        "alarm",
        "告警发布",
        "Alarm published",
        _ALARM
        | {
            "hub": "id of the centre that watches",
            "regulator": "id of the department that supervises",
            "owner_unit": "id of the unit that owns what the alarm is about",
            "unit": "id of the unit that handles it; each empty where the city has no organisations",
            "respond_due_s": "by when the unit must have sent somebody, s since start; null without a report",
            "feed_back_due_s": "by when it must have reported from the site, s since start; null likewise",
        },
    ),
    EventKind(
        "alarm.shelved",
        "alarm",
        "告警搁置",
        "Alarm shelved",
        _ALARM | {"reason": "text", "until_s": "s since start; null until it is over"},
    ),
    EventKind(
        "alarm.suppressed",
        "alarm",
        "告警抑制",
        "Alarm suppressed",
        _ALARM | {"leader": "id of the alarm of the same cause; empty in a flood", "reason": "text"},
    ),
    EventKind(
        "alarm.escalated",
        "alarm",
        "告警升级",
        "Alarm escalated",
        {
            "rule": "id of the rule that holds now",
            "class_code": "event class of its report now; empty for none",
            "level": "1 to 4",
            "was_level": "1 to 4",
        },
    ),
    EventKind(
        "alarm.repeated",
        "alarm",
        "告警重复",
        "Alarm repeated",
        {"rule": "id of the rule", "repeats": "how often its condition has come back so far"},
    ),
    EventKind(
        "alarm.responded",
        "alarm",
        "告警响应",
        "Alarm responded to",
        {
            "unit": "id of the unit",
            "after_s": "since the alarm, s",
            "in_time": "whether within the deadline of its level",
        },
    ),
    EventKind(
        "alarm.fed_back",
        "alarm",
        "告警反馈",
        "Alarm fed back on",
        {
            "unit": "id of the unit",
            "finding": "confirmed, false, handed over, or over before anybody came",
            "after_s": "since the alarm, s",
            "in_time": "whether within the deadline of its level",
        },
    ),
    EventKind("alarm.cleared", "alarm", "告警解除", "Alarm condition over", {"rule": "id of the rule"}),
    EventKind(
        "alarm.renewed", "alarm", "告警重报", "Alarm reported anew", {"rule": "id of the rule that holds"}
    ),
    EventKind(
        "alarm.archived",
        "alarm",
        "告警归档",
        "Alarm archived",
        {"hub": "id of the centre", "after_s": "since the alarm, s"},
    ),
    EventKind(
        "alarm.overdue",
        "alarm",
        "告警超期",
        "Alarm overdue",
        {
            "stage": "respond or feed_back",
            "due_s": "when it should have been done, s since start",
            "regulator": "id of the department that is told",
            "unit": "id of the unit",
        },
    ),
    EventKind(
        "alarm.flood_began", "run", "告警泛滥", "Flood of alarms", {"alarms": "published within the window"}
    ),
    EventKind(
        "alarm.flood_ended",
        "run",
        "告警泛滥结束",
        "Flood of alarms over",
        {"alarms": "published within the window"},
    ),
    EventKind(
        "response.raised",
        "run",
        "启动应急响应",
        "Response raised",
        {
            "level": "1 (most urgent) to 4",
            "was_level": "1 to 4; null where there was none",
            "colour": "of the warning",
            "reason": "text",
        },
    ),
    EventKind(
        "response.lowered",
        "run",
        "应急响应降级或解除",
        "Response lowered",
        {"level": "1 to 4; null for none", "was_level": "1 to 4"},
    ),
    EventKind(
        "response.task_done",
        "run",
        "响应任务完成",
        "Task of the response done",
        {"role": "of the level's tasks", "due_s": "s since start", "in_time": "bool"},
    ),
    EventKind(
        "response.task_late",
        "run",
        "响应任务超时",
        "Task of the response late",
        {"role": "of the level's tasks", "due_s": "s since start"},
    ),
)
