"""Words of the report, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from viz.report.quantities import number_text

Translate = Callable[..., str]

LANGUAGES = ("zh", "en")

TEXTS: Mapping[str, tuple[str, str]] = {
    # frame
    "report": ("运行报告", "Run report"),
    "simulated": ("模拟", "simulated"),
    "assumed": ("假定", "assumed"),
    "observed": ("实测", "observed"),
    "all_simulated": (
        "本页积水、案件与队伍的数字均由模型计算得出，并非实测；故障与人员配置为情景假定。",
        "Every figure on this page about water, cases and crews was computed by a model, not measured. "
        "Failures and staffing are assumptions of the scenario.",
    ),
    "interrupted": (
        "运行在 {clock} 中断；本报告只说到那时为止。",
        "The run was cut short at {clock}; this report tells what happened until then.",
    ),
    "failed": ("运行在 {clock} 出错停止：{error}", "The run failed at {clock}: {error}"),
    "running": ("运行仍在进行，已到 {clock}。", "The run is still going on and has come to {clock}."),
    "none": ("无", "none"),
    # sections
    "what_happened": ("发生了什么", "What happened"),
    "max_depth_map": ("最大积水深度", "Largest water depth"),
    "time_map": ("达到最大深度的时间", "When the water was deepest"),
    "hazard_map": ("水深与流速的危险等级", "How dangerous depth and speed were"),
    "points": ("测点水位", "Water at chosen points"),
    "picture_flood": ("积水的城市", "The flooded city"),
    "picture_sewer": ("地下排水管网", "The sewer below ground"),
    "worst_roads": ("积水最深的道路", "Streets with the deepest water"),
    "curves": ("过程曲线", "Course of the run"),
    "cases": ("案件时间线", "Cases from report to closing"),
    "indicators": ("评价指标", "Indicators"),
    "balance": ("水量平衡", "Water balance"),
    "notes": ("缺少与假定", "What is missing or taken for granted"),
    "provenance": ("数据与可重复性", "Where this comes from"),
    # headline and facts
    "headline": ("{title}：{parts}", "{title}: {parts}"),
    "head_damaged": ("{at} 损伤", "damaged {at}"),
    "head_creeping": ("{at} 蠕动", "creeping {at}"),
    "head_gauges": ("{at} 起仪器故障 {count} 台", "{count:gauge|gauges} failing from {at}"),
    "head_alarm": ("{at} 告警", "alarm {at}"),
    "head_false_alarm": ("{at} 告警（误报）", "false alarm {at}"),
    "head_closed": ("{at} 封路", "road closed {at}"),
    "head_secured": ("{at} 加固", "secured {at}"),
    "head_steps_between": ("、", ", "),
    "head_structures_more": (
        "另有 {count} 座结构异常",
        "{count:further structure|further structures} with something wrong",
    ),
    "head_rain": ("降雨 {rain}", "{rain} of rain"),
    "head_lifelines": (
        "管线故障 {failures} 起，发布告警 {alarms} 条",
        "{failures:failure of a lifeline|failures of lifelines}, {alarms:alarm|alarms} published",
    ),
    "head_bursts": ("供水爆管 {count} 处", "{count:main burst|mains burst}"),
    "head_leaks": ("供水渗漏 {count} 处", "{count:main leaking|mains leaking}"),
    "head_persons": ("最多 {persons} 人停水", "up to {persons} people without water"),
    "head_sewer": ("排水设施故障 {count} 处", "{count:failure|failures} in the sewer"),
    "head_gas": (
        "燃气泄漏 {count} 处，{sites} 个点位报警",
        "{count:gas leak|gas leaks}, {sites:site|sites} in alarm",
    ),
    "head_collapses": ("路面塌陷 {count} 处", "{count:road collapse|road collapses}"),
    "head_flood": (
        "{length} 道路积水超过 15 厘米",
        "{length} of street under more than 15 cm of water",
    ),
    "head_no_flood": ("道路无明显积水", "no street flooded"),
    "head_cases": ("立案 {count} 个", "{count:case|cases}"),
    "fact_lifelines": (
        "管线与设施故障 {failures} 起（{kinds}）；其中 {by_alarm} 起首先由告警发现，{mended} 起由队伍修复，"
        "{passed} 起自行消除，结束时 {open} 起尚未恢复。",
        "{failures:lifeline failed|lifelines failed} ({kinds}); {by_alarm} of them were first known by an "
        "alarm. Crews mended {mended}, {passed} passed by themselves, and {open:was|were} not in order again "
        "at the end.",
    ),
    "fact_failure": (
        "{at} {kind}（{subject}）：{led_to}{end}。",
        "{kind} at {at} ({subject}): {led_to}{end}.",
    ),
    "failure_manholes": (
        "水位升至地面的检查井 {count} 座，",
        "{count:manhole|manholes} surcharged to the ground, ",
    ),
    "failure_flooded": ("道路积水 {count} 段，", "{count:road segment|road segments} flooded, "),
    "failure_persons": ("停水最多 {count} 人，", "at most {count:person|people} without water, "),
    "failure_cases": ("案件 {count} 个，", "{count:case|cases}, "),
    "failure_valves": ("关阀 {count} 个，", "{count:valve|valves} shut, "),
    "failure_closed": ("封路 {count} 段，", "{count:road|roads} closed, "),
    "fact_supply": (
        "供水管漏出 {street} 到街面、{ground} 到地下；停水最多 {persons} 人，共 {hours} 人·小时。",
        "{street} escaped from mains to the street and {ground} to the ground; at most {persons} people were "
        "without water, {hours} person hours in all.",
    ),
    "fact_gas": (
        "燃气共泄漏 {volume}；{sites} 个点位报警，读数最高为爆炸下限的 {lel}。",
        "{volume} of gas leaked; {sites:site was|sites were} in alarm, with readings up to {lel} of the "
        "lower explosive limit.",
    ),
    "fact_failure_over": ("{at} 恢复", "in order again at {at}"),
    "fact_failure_open": ("结束时尚未恢复", "not in order again at the end"),
    "fact_failures_more": ("另有故障 {count} 起。", "{count:further failure|further failures}."),
    "fact_alarms": (
        "告警 {alarms} 条，其中发布 {published} 条{levels}；结束时未归档 {open} 条。",
        "{alarms:alarm|alarms}, {published} of them published{levels}; {open} open at the end.",
    ),
    "alarm_levels": ("：{listed}", ": {listed}"),
    "alarm_level1": ("一级 {count}", "{count} of level I"),
    "alarm_level2": ("二级 {count}", "{count} of level II"),
    "alarm_level3": ("三级 {count}", "{count} of level III"),
    "alarm_level4": ("四级 {count}", "{count} of level IV"),
    "fact_alarms_held": ("告警处理：{clauses}。", "Of the alarms: {clauses}."),
    "alarms_suppressed": (
        "因同源而抑制、未发布 {count} 条",
        "{count:was|were} suppressed because of another of their cause",
    ),
    "alarms_shelved": ("搁置、未发布 {count} 条", "{count:was|were} shelved"),
    "alarms_held_back_first": (
        "曾被抑制或搁置而仍发布 {count} 条",
        "{count:was|were} held back at some time and published all the same",
    ),
    "alarms_repeated": ("重复触发 {count} 次", "conditions came back {count:time|times}"),
    "alarms_false": ("误报 {count} 条", "{count:was|were} false"),
    "alarms_floods": ("告警泛滥 {count} 次", "alarms came in a flood {count:time|times}"),
    "fact_rain": (
        "{begin} 至 {end} 降雨 {rain}，{at} 最强，达 {peak} mm/h。",
        "It rained {rain} between {begin} and {end}, hardest at {at} with {peak} mm/h.",
    ),
    "fact_road": (
        "道路最深积水 {depth}，{at} 出现在{place}；先后有 {count} 段道路超过 15 厘米。",
        "The deepest water on a street was {depth}, on {place} at {at}; "
        "{count:road segment|road segments} stood above 15 cm at some time.",
    ),
    "fact_extent": (
        "{at} 积水范围最大：{length} 道路、{area} 地面超过 15 厘米；{cut}。",
        "At the worst moment, {at}, {length} of street and {area} of ground stood above 15 cm; {cut}.",
    ),
    "extent_cut": (
        "最多时 {length} 道路超过 30 厘米，小车无法通行",
        "at most {length} of street stood above 30 cm, where cars stop",
    ),
    "extent_not_cut": (
        "没有道路超过 30 厘米（小车无法通行的水深）",
        "no street stood above 30 cm, where cars stop",
    ),
    "fact_sewer": (
        "{count} 座检查井水位升至地面，最早在 {at}；{risen}。",
        "{count:manhole was|manholes were} surcharged to the ground, the first at {at}; {risen}.",
    ),
    "fact_risen": ("{risen}。", "{risen}."),
    "risen_volume": ("从管网涌出地面 {volume}", "{volume} of water came up from the sewer"),
    "risen_little": ("从管网涌出地面不足 {volume}", "less than {volume} of water came up from the sewer"),
    "risen_none": ("没有水从管网涌出", "no water came up from the sewer"),
    "fact_cases": (
        "{reports} 条上报形成 {cases} 个案件：结案 {closed} 个，转办 {transferred} 个，作废 {voided} 个，"
        "结束时未结 {open} 个。",
        "{reports:report|reports} led to {cases:case|cases}: {closed} closed, {transferred} handed over to "
        "others, {voided} void, {open} open at the end.",
    ),
    "fact_response": (
        "从立案到首支队伍到场，一半案件不超过 {p50}，九成不超过 {p90}。",
        "From registration to the first crew on site, half the cases took at most {p50}, nine in ten at "
        "most {p90}.",
    ),
    "fact_delay": (
        "积水使队伍{clauses}。",
        "Water and the crews: {clauses}.",
    ),
    "delay_lost": ("在路上共多耗 {lost}", "{lost} lost on the road"),
    "delay_rerouted": ("改道 {count} 次", "rerouted {count:time|times}"),
    "delay_cut": ("受阻 {count} 次", "cut off {count:time|times}"),
    "fact_no_delay": ("积水没有耽误任何队伍。", "Water delayed no crew."),
    "fact_orders": ("改变水情与交通的指令：{clauses}。", "Orders that changed the physics: {clauses}."),
    "orders_CloseRoad": ("封路 {count} 次", "a road closed {count:time|times}"),
    "orders_OpenRoad": ("解除封路 {count} 次", "a road opened {count:time|times}"),
    "orders_ClearGullies": ("疏通雨水箅子 {count} 次", "gullies cleared {count:time|times}"),
    "orders_StartPump": (
        "泵车 {count} 台次，抽排 {volume}",
        "a pump truck started {count:time|times}, {volume} moved",
    ),
    "orders_StopPump": ("撤泵 {count} 次", "a pump truck taken away {count:time|times}"),
    "orders_LayBarrier": ("设置围堰 {count} 处", "a barrier laid {count:time|times}"),
    "orders_RemoveBarrier": ("撤除围堰 {count} 处", "a barrier taken away {count:time|times}"),
    "orders_LayCulvert": ("开通涵洞 {count} 处", "a culvert opened up {count:time|times}"),
    "orders_RemoveCulvert": ("封堵涵洞 {count} 处", "a culvert filled {count:time|times}"),
    "orders_ShutCulvert": ("关闭涵闸 {count} 次", "a culvert shut {count:time|times}"),
    "orders_ShutValve": ("关闭阀门 {count} 个", "a valve shut {count:time|times}"),
    "orders_RepairPipe": ("修复管道 {count} 处", "a main repaired {count:time|times}"),
    "orders_SealGasLeak": ("封堵燃气泄漏 {count} 处", "a gas leak sealed {count:time|times}"),
    "orders_VentilateSite": ("强制通风 {count} 次", "a site ventilated {count:time|times}"),
    "orders_SurveyRoads": ("雷达普查 {count} 次", "roads surveyed by radar {count:time|times}"),
    "orders_FillCavity": ("填充地下空洞 {count} 处", "a void filled {count:time|times}"),
    "orders_SecureStructure": ("结构排险加固 {count} 处", "a structure secured {count:time|times}"),
    "orders_UnblockConduit": ("疏通排水管 {count} 处", "a sewer unblocked {count:time|times}"),
    "orders_RebuildConduit": ("修复排水管 {count} 处", "a sewer rebuilt {count:time|times}"),
    "orders_RestartPump": ("重启排水泵 {count} 次", "a pump restarted {count:time|times}"),
    "orders_OpenValve": ("开启阀门 {count} 个", "a valve opened {count:time|times}"),
    "orders_OpenCulvert": ("开启涵闸 {count} 次", "a culvert opened {count:time|times}"),
    "between": ("，", "; "),
    # tiles
    "tile_rain": ("降雨量", "Rain"),
    "tile_persons": ("停水人数（最多）", "Without water, at most"),
    "tile_alarms": ("发布告警", "Alarms published"),
    "tile_sites": ("燃气报警点位", "Gas sites in alarm"),
    "tile_road": ("积水道路（最大）", "Flooded street, at most"),
    "tile_depth": ("道路最深积水", "Deepest on a street"),
    "tile_cases": ("案件 立案 / 结案", "Cases opened / closed"),
    "tile_response": ("到场时间 中位 / 九成", "Crew on site, half / nine in ten"),
    "tile_error": (
        "水量误差：地表与交换 / SWMM 汇流",
        "Mass error: surface and handover / SWMM routing",
    ),
    "tile_error_exact": ("水量误差：地表与交换", "Mass error: surface and handover"),
    "tile_error_whole": ("水量误差（全系统）", "Water mass error, whole system"),
    # curves
    "chart_rain": ("降雨强度", "Rain intensity"),
    "chart_volumes": ("蓄水量", "Water stored"),
    "chart_roads": ("积水道路长度", "Length of flooded street"),
    "chart_sewer": ("累计水量", "Volumes so far"),
    "chart_cases": ("未结案件", "Open cases"),
    "chart_crews": ("队伍", "Crews"),
    "rain_intensity": ("降雨", "rain"),
    "surface_volume": ("地表", "on the ground"),
    "sewer_volume": ("管网", "in the sewer"),
    "flooded_road_015": ("≥ 0.15 m", "≥ 0.15 m"),
    "flooded_road_030": ("≥ 0.30 m", "≥ 0.30 m"),
    "flooded_road_050": ("≥ 0.50 m", "≥ 0.50 m"),
    "exchange_to_sewer": ("入管网", "into the sewer"),
    "exchange_to_surface": ("冒溢", "up from the sewer"),
    "outfall_volume": ("排口", "through outfalls"),
    "pumped_volume": ("泵车", "by pump trucks"),
    "instruments": ("监测仪器与燃气探测器读数", "Readings of gauges and gas detectors"),
    "instruments_note": (
        "偏离最大的结构监测仪器，以及读数最高的燃气探测器；无读数记录处断开，预期值也在结构加固处断开。",
        "The gauges on structures that deviated most, and the gas detectors that read most; "
        "lines break where no reading was recorded, and what is expected where a structure was secured.",
    ),
    "reading_simulated": ("读数（模拟）", "reading, simulated"),
    "reading_observed": ("读数（实测）", "reading, observed"),
    "reading_expected": ("预期值", "expected"),
    "expected_anew": ("{clock} 结构加固，预期值重新确立", "structure secured {clock}: expected anew"),
    "open_cases": ("未结", "open"),
    "waiting_cases": ("无人到场", "nobody there yet"),
    "crews_on_duty": ("在岗", "on duty"),
    "crews_driving": ("赶赴现场", "on the way"),
    "crews_working": ("现场作业", "working on site"),
    # maps and pictures
    "depth_legend": ("水深", "Depth"),
    "time_legend": ("时间", "Time"),
    "hazard_legend": (
        "危险度 HR = d (v + 0.5) + DF，全过程最大值（FD2320）",
        "Hazard rating HR = d (v + 0.5) + DF, the largest of the run (FD2320)",
    ),
    "caption_flood": (
        "各处最大水深，高程放大 {factor} 倍。",
        "Largest depth at each place; heights exaggerated {factor} times.",
    ),
    "caption_sewer": (
        "管网在半透明地面之下，高程放大 {factor} 倍，管径另加粗。"
        "红：检查井水位升至地面的管段；蓝：其余管段；黑点：雨水箅子。",
        "The sewer below a translucent ground; heights exaggerated {factor} times and pipes thickened. Red: "
        "pipes at manholes surcharged to the ground; blue: the others; black dots: gullies.",
    ),
    "no_picture": ("本机无法绘制三维图：{reason}", "No 3-D picture could be drawn here: {reason}"),
    "no_water": (
        "全程各处水深均未达到 {depth}，故不附积水图。",
        "Nowhere did water stand {depth} deep, so there are no maps of it.",
    ),
    # tables
    "point": ("测点", "Point"),
    "level_m": ("最高水位", "Highest level"),
    "arrival": ("积水到达", "Water came"),
    "speed": ("最大流速", "Largest speed"),
    "more_points": (
        "显示前 {shown} 个测点，共 {total} 个。",
        "The first {shown} of {total} points are shown.",
    ),
    "road": ("道路", "Street"),
    "depth": ("最大水深", "Largest depth"),
    "when": ("时间", "When"),
    "flooded_for": ("超过 0.15 m 时长", "Time above 0.15 m"),
    "structures": ("结构健康报告", "Health of structures"),
    "structure": ("结构", "Structure"),
    "structure_grade": ("当前等级", "Grade now"),
    "structure_worst_grade": ("最差等级", "Worst grade"),
    "structure_read": ("读数", "Readings"),
    "structure_readings": ("{made}，缺测 {missing}", "{made}, {missing} missing"),
    "structure_outside": ("超限占比", "Outside limits"),
    "structure_gauge": ("最不利仪器", "Worst gauge"),
    "structure_worst": ("{gauge}，偏离为限值的 {score} 倍", "{gauge}, {score} times its limit"),
    "structure_doubtful": ("；{gauges} 经现场核实为误报", "; alarm of {gauges} found false on site"),
    "structure_first_outside": ("首次超限", "First outside"),
    "structure_outside_since": ("本次超限始于", "Outside since"),
    "structure_secured": ("加固", "Secured"),
    "structure_note": (
        "动态阈值：读数减去温度与荷载所能解释的部分后，其指数加权平均超出控制限即为异常。"
        "等级 A 完好，D 最差；U 表示仪器均无读数。",
        "Dynamic thresholds: a gauge deviates where the weighted average of what temperature and load do not "
        "explain leaves its control limits. Grade A is the best and D the worst; U: no gauge says anything.",
    ),
    "indicator": ("指标", "Indicator"),
    "value": ("数值", "Value"),
    "fraction": ("分子 / 分母", "Numerator / denominator"),
    "formula": ("公式", "Formula"),
    "no_value": ("分母为零", "nothing to divide by"),
    "case": ("案件", "Case"),
    "level": ("级别", "Level"),
    "more_cases": (
        "按立案先后显示前 {shown} 个，共 {total} 个。",
        "The first {shown} of {total} are shown, in order of registration.",
    ),
    "not_shown": (
        "转办其他部门的案件（{count} 个）未列出。",
        "Not shown: {count:case|cases} handed over to others.",
    ),
    "owed": (
        "应办案件：既未作废也未转办的案件。",
        "Cases owed: those neither void nor handed over to others.",
    ),
    "no_cases": ("没有立案。", "No case was registered."),
    "waiting": ("待派遣", "waiting"),
    "driving": ("派遣至到场", "dispatched, not there yet"),
    "working": ("处置中", "crew on site"),
    "checking": ("待核查结案", "handled, to be checked"),
    "due": ("时限", "time limit"),
    "registered": ("立案", "Registered"),
    "to_site": ("到场用时", "To the first crew on site"),
    "to_end": ("结案用时", "To closing"),
    "late": ("超期", "overdue"),
    # balance
    "balance_rain": ("降雨", "Rain on the model area"),
    "balance_inflow": ("外来入流", "Inflow from outside"),
    "balance_supply": ("供水管漏到街面", "From broken mains up to the street"),
    "balance_surface": ("结束时地表存水", "On the ground at the end"),
    "balance_sewer": ("结束时管网存水", "In the sewer at the end"),
    "balance_outfall": ("经排口流出", "Left through outfalls"),
    "balance_edge": ("经边界流出", "Left over the edges"),
    "balance_infiltrated": ("下渗", "Soaked into the ground"),
    "balance_depression": ("结束时洼地存水", "Held in hollows at the end"),
    "balance_pumped": ("泵车抽排", "Moved by pump trucks"),
    "balance_roofs": ("屋面雨水直接入管", "From roofs straight into the sewer"),
    "balance_to_sewer": ("地表进入管网", "From the ground into the sewer"),
    "balance_to_surface": ("管网冒溢到地表", "From the sewer up to the ground"),
    "share": ("占比", "Share"),
    "share_base": ("占比基数", "Share of what"),
    "base_rain": ("降雨", "rain"),
    "base_incoming": ("降雨与外来水", "rain and water from elsewhere"),
    "base_surface": (
        "地表总水量（降雨、冒溢与初始存水）",
        "all water on the ground: rain, overflow and initial water",
    ),
    "base_sewer": ("管网总水量（入流与初始存水）", "all water in the sewer: inflow and initial water"),
    "base_whole": (
        "全系统总水量（降雨、外来入流与初始存水）",
        "all water in the system: rain, outside inflow and initial water",
    ),
    "error_surface": ("地表误差", "Error of the surface"),
    "error_handover": ("地表与管网交换误差", "Error of the handover between street and sewer"),
    "error_units": ("{count} 个水量单位", "{count:unit|units} of water"),
    "error_sewer": ("管网误差（SWMM 汇流计算自身误差）", "Error of the sewer: SWMM's own routing"),
    "error_whole": (
        "全系统误差（上列各项合计）",
        "Error of the whole system: those above together",
    ),
    "volume": ("水量", "Volume"),
    # provenance
    "scenario": ("情景", "Scenario"),
    "city": ("城市", "City"),
    "seed": ("随机种子", "Seed"),
    "branch_of": ("分支自", "Branch of"),
    "period": ("模拟时段", "Simulated period"),
    "log_hash": ("事件日志 SHA-256", "SHA-256 of the event log"),
    "versions": ("软件版本", "Versions"),
    "sources": ("数据来源", "Sources"),
    "source": ("{origin}（许可：{licence}）：{layers}", "{origin} (licence: {licence}): {layers}"),
    "listed": ("、", ", "),
    "named": ("{title}（{id}）", "{title} ({id})"),
    "with_unit": ("{title}（{unit}）", "{title}, {unit}"),
}


class Count(int):
    """A number of things: ``{n:case|cases}`` says them in the right number; thousands stand apart."""

    def __format__(self, spec: str) -> str:
        if not spec:
            return number_text(self)
        if "|" not in spec:
            return format(int(self), spec)
        one, many = spec.split("|")
        return f"{number_text(self)} {one if self == 1 else many}"


def translator(language: str, texts: Mapping[str, tuple[str, str]] = TEXTS) -> Translate:
    """Return the function from a key, and values for its gaps, to words.

    Parameters
    ----------
    language
        ``zh`` or ``en``.
    texts
        Words by key, Chinese and English.
    """
    column = LANGUAGES.index(language)

    def translate(key: str, **values: object) -> str:
        counted = {name: Count(value) if isinstance(value, int) else value for name, value in values.items()}
        return texts[key][column].format(**counted)

    return translate
