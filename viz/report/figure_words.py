"""Chinese for names of figures, part by part: ``water.pumped_m3`` is 水量 · 泵车抽排（m³）."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from cim_models.catalogues import load_catalogue
from scenarios.phrasebook import skill_name
from scenarios.story_terms import ORDERS
from scenarios.summary.case_indicators import COUNTS, NAMES

_UNITS: Mapping[str, str] = {
    "error_units": "误差，单元",
    "m_s": "m/s",
    "m3": "m³",
    "m2": "m²",
    "m": "m",
    "s": "s",
    "min": "分钟",
    "km": "km",
    "hours": "h",
}

_PARTS: Mapping[str, str] = {
    # what it is about
    "water": "水量",
    "flooding": "积水",
    "cases": "案件",
    "crews": "队伍",
    "orders": "指令",
    "alarms": "告警",
    "structures": "结构",
    "supply": "供水",
    "gas": "燃气",
    "lifelines": "生命线",
    "matters": "街面问题",
    "failures": "故障",
    "seed": "种子",
    "simulated": "模拟时长",
    # water
    "rain": "降雨",
    "initial": "初始存水",
    "surface_stored": "地表存水",
    "sewer_stored": "管网存水",
    "to_sewer": "地表进入管网",
    "to_surface": "管网冒溢到地表",
    "inflow": "外来入流",
    "sewer_inflow": "管网外来入流",
    "edge_inflow": "边界流入",
    "edge_outflow": "边界流出",
    "outfalls": "排口流出",
    "pumped": "泵车抽排",
    "pumped_outside": "泵车抽到区外",
    "pumped_to_ground": "泵车抽到地面",
    "infiltrated": "下渗",
    "depression": "洼地存水",
    "from_supply": "供水管漏到街面",
    "roofs_to_sewer": "屋面雨水入管",
    "surface_error": "地表误差",
    "sewer_error": "管网误差",
    "whole_error": "全系统误差",
    "relative_error": "相对误差",
    "surface": "地表",
    "sewer": "管网",
    "whole": "全系统",
    # flooding
    "max_depth": "最大水深",
    "area": "积水面积",
    "area_ever": "曾积水面积",
    "road": "积水道路长度",
    "road_hours": "道路积水时长（段·h）",
    "buildings": "建筑",
    "above": "水深超过",
    "persons_above": "受影响人数，水深超过",
    "max": "最大",
    "end": "结束时",
    "at": "时刻",
    "total": "合计",
    # cases
    "counts": "数量",
    "backlog": "积压",
    "past_limit": "已超期",
    "most_open": "未结最多",
    "by_level": "按级别",
    "by_unit": "按责任单位",
    "by_skill": "按专业",
    "by_kind": "按种类",
    "by_rule": "按规则",
    "by_grade": "按等级",
    "indicators": "指标",
    "platform_counts": "评价数量",
    "numerator": "分子",
    "denominator": "分母",
    "value": "数值",
    "arrived": "到场",
    "transferred": "转办",
    "open": "未结",
    "overdue": "超期",
    "overdue_open": "超期未结",
    "escalated": "升级",
    "reworked": "返工",
    "returned": "退回",
    "extended": "延期",
    "suspended": "缓办",
    "reopened": "复发",
    "genuine": "属实",
    "merged": "合并",
    "citizen": "市民",
    "sensor": "传感器",
    "video": "视频",
    "patrol": "巡查",
    "response_time": "到场用时",
    "travel_time": "路上用时",
    "handling_time": "处置用时",
    "stage_time": "环节用时",
    "response_by_grid": "各网格到场用时",
    "accept": "受理",
    "verify": "核实",
    "register": "立案",
    "dispatch": "派遣",
    "handle": "处置",
    "check": "核查",
    "mean": "平均",
    "p50": "中位",
    "p90": "九成",
    "p95": "95 %",
    "count": "数量",
    "composite": "综合得分",
    "fairness_gini": "各网格到场用时基尼系数",
    # crews and orders
    "utilisation": "利用率",
    "overtime": "加班",
    "break": "休息",
    "lost": "失联",
    "tasks_finished": "完成任务",
    "tasks_open": "未完成任务",
    "tasks_dropped": "撤销任务",
    "distance": "行驶里程",
    "lost_to_water": "因积水多耗",
    "blocked": "受阻等待",
    "delayed_journeys": "受延误行程",
    "reroutes": "改道",
    "cut_offs": "受阻",
    "workload_gini": "工作量基尼系数",
    "issued": "下达",
    "refused": "拒绝",
    "drainage": "排水",
    # alarms and structures
    "published": "发布",
    "suppressed": "抑制",
    "shelved": "搁置",
    "false": "误报",
    "repeated": "重复触发",
    "archived": "归档",
    "floods": "泛滥",
    "feedback_time": "反馈用时",
    "time_to_archive": "归档用时",
    "readings": "读数",
    "missing": "缺测",
    "outside_share": "超限占比",
    "worst_score": "最大偏离",
    "deviations": "偏离次数",
    "damaged": "损伤时刻",
    "first_deviation": "首次超限",
    "secured": "加固时刻",
    "since": "本次超限始于",
    "gauges": "仪器",
    # matters, lifelines, hazard
    "appeared": "出现",
    "found": "被发现",
    "gone_by_itself": "自行消失",
    "time_to_discovery": "发现用时",
    "found_first_by": "最先发现者",
    "by_class": "按类别",
    "by_material": "按管材",
    "discovery_rate": "发现率",
    "patrol_discovery_rate": "巡查发现率",
    "mended_by_crews": "队伍修复",
    "over_by_itself": "自行恢复",
    "not_mended": "未修复",
    "first_called_by": "最先上报者",
    "time_to_call": "上报用时",
    "time_to_mend": "修复用时",
    "failed": "失效",
    "by_alarm": "经告警上报",
    "mended": "修复",
    "hazard": "危险",
    "rating_area": "危险等级面积",
    "aidr_area": "AIDR 等级面积",
    "low": "低",
    "moderate": "中",
    "significant": "高",
    "extreme": "极高",
    "max_rating": "最大危险度",
    "max_speed": "最大流速",
    "first_arrival": "最早到水",
    "drain_down": "退水用时",
    "roads_closed": "封闭道路",
    "t": "时刻",
    "ended": "结束",
    # the account, networks
    "handover": "街管交接",
    "coupled": "耦合账",
    "sewer_losses": "管网损失",
    "supplied": "总来水",
    "unit": "水量单元",
    "customers": "用户",
    "customers_out": "停水用户（人·h）",
    "most_customers_out": "停水用户最多",
    "customers_out_at_start": "开始时停水用户",
    "low_pressure_node": "低压节点（节点·h）",
    "nodes": "节点",
    "pipes": "管道",
    "persons": "人数",
    "hours_out": "停水时长（h）",
    "hours_low": "低压时长（h）",
    "valves_shut": "关闭阀门",
    "produced": "水厂供出",
    "from_tanks": "水池供出",
    "required": "需水",
    "delivered": "供到",
    "undelivered": "欠供",
    "escaped_to_street": "漏到街面",
    "escaped_to_ground": "漏入地下",
    "refill": "管道回充",
    "received_by_street": "街面接收",
    "street": "街面",
    "sites": "点位",
    "sites_in_alarm": "报警点位",
    "alarms_by_level": "按报警级",
    "highest_lel": "最高 %LEL",
    "fans_started": "开启风机",
    "leaks": "泄漏",
    "released": "泄出",
    "sealed": "封堵时刻",
    "first_alarm": "首次报警",
    "into_spaces": "进入空间",
    "to_open": "进入大气",
    "under_way": "途中",
    "cavities": "空洞",
    "volume": "体积",
    "safety_factor": "安全系数",
    "collapsed": "塌陷",
    "filled": "填充",
    "washed_out": "冲走土体",
    # further counts of cases and alarms
    "point_to_point": "点对点",
    "extension_refused": "延期未准",
    "found_false": "核实不实",
    "structure": "结构",
    "waterlogging": "内涝",
    "ground": "地下",
    "heat": "供热",
    "with_report": "已转案件",
    "held_back_first": "曾被抑制",
    "renewed": "再次告警",
    "alarm_response_in_time": "告警按时响应率",
    "alarm_feedback_in_time": "告警按时反馈率",
    "alarm_false_share": "误报率",
    "alarm_suppressed_share": "告警抑制率",
}

_DEPTHS: Mapping[str, str] = {"015": "0.15 m", "030": "0.30 m", "050": "0.50 m"}
"""Depth limits as they stand in names."""

_SKILLS: Mapping[str, str] = {"pump": "泵车"}
"""Skills that are called otherwise than in the catalogue: pump trucks of all sizes."""


def figure_words(name: str) -> str:
    """Return the Chinese name of a figure; a part that is no word, such as an id, stays as it is."""
    parts = _parts(name)
    return " · ".join(_among(before, part) for before, part in pairwise(("", *parts)))


def _parts(name: str) -> list[str]:
    """Split at dots, but not within a depth such as 0.15."""
    parts: list[str] = []
    for part in name.split("."):
        if parts and parts[-1] == "0" and part.isdigit() and len(part) == 2:
            parts[-1] = f"0.{part} m"
        else:
            parts.append(part)
    return parts


def _among(group: str, part: str) -> str:
    """Return the word of a part within a group, whose members may have names of their own."""
    if group == "by_skill":
        return _SKILLS.get(part) or skill_name(part)
    return (_failure_kinds().get(part) if group == "by_kind" else None) or _part_words(part)


def _part_words(part: str) -> str:
    found = _PARTS.get(part) or _DEPTHS.get(part) or _catalogued().get(part)
    if found:
        return found
    for end, unit in _UNITS.items():
        stem = part.removesuffix(f"_{end}")
        if stem != part and stem in _PARTS:
            return f"{_PARTS[stem]}（{unit}）"
    return part


@cache
def _catalogued() -> Mapping[str, str]:
    """Names of indicators, of their counts, of orders and of alarm rules where they are declared."""
    rules = {rule["id"]: rule["zh"] for rule in load_catalogue("alarm_rules")["rules"]}
    return rules | {name: zh for names in (ORDERS, COUNTS, NAMES) for name, (zh, _) in names.items()}


@cache
def _failure_kinds() -> Mapping[str, str]:
    """Names of the failures of lifelines."""
    return {kind["kind"]: kind["zh"] for kind in load_catalogue("failure_rates")["kinds"]}
