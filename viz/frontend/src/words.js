// Every word on the screen, in both languages.

const WORDS = {
  zh: {
    title: "城市运行数字孪生指挥中心", simulated: "模拟", observed: "实测", assumed: "假定", mode: "运行模式",
    replay: "推演回放", following: "推演进行中", interrupted: "推演已中断", failed: "推演失败", lost: "连接中断，正在重连",
    loading: "正在载入城市模型", rain_alarm: "雨情", scenario: "情景", seed: "随机种子",
    spots: "积水路段", max_depth: "最大水深", flooded_road: "积水道路", open_cases: "在办案件", travelling: "在途队伍",
    working: "作业队伍", rain_now: "当前雨强", cut_roads: "中断路段", unit_count: "处", unit_cases: "件", unit_crews: "支", unit_gauges: "台", alarms: "未归档告警", gas_highest: "最高甲烷读数", gas_sites: "燃气报警点位", closed_roads: "封闭路段", without_water: "停水人口", unit_persons: "人",
    card_rain: "降雨与积水", card_balance: "水量去向", card_sensors: "物联感知", card_cases: "案件处置", card_flow: "事件闭环",
    card_crews: "力量调度", rain: "雨强", flooded_length: "积水道路 ≥0.15 m", surface: "地表", sewer: "管网", outfall: "排口",
    pumped: "抽排", edge: "流出边界", infiltrated: "下渗", depression: "洼地存水", rained: "累计降雨", age: "采集于", no_sensor: "本城市未设传感器",
    no_reading: "暂无读数", no_case: "暂无在办案件", no_crew: "暂无在岗队伍", more: "另有", remaining: "剩余", overdue: "超期", just_now: "刚刚", seconds_ago: "{n} 秒前", minutes_ago: "{n} 分钟前", hours_ago: "{n} 小时前", days_ago: "{n} 天前",
    closed_in: "用时", open_n: "在办", closed_n: "已结", state_idle: "待命", state_travelling: "在途", state_working: "作业", state_cut_off: "受阻", state_off_duty: "离岗", state_on_break: "休息", state_on_beat: "巡查中", patroller: "巡查员", gas_detector: "燃气探测器", gauge: "监测仪器", home: "返回驻点",
    eta: "预计到达", delayed: "积水延误", on_duty: "在岗", ticker: "实时告警", no_alarm: "暂无告警", peak: "峰值", play: "播放",
    pause: "暂停", layers: "图层", speed: "倍速", live: "推演至", depth_legend: "水深", road_legend: "道路", dry: "畅通", closed_road: "封闭",
    chain: "处置链条", place: "地点", stage: "阶段", due: "时限", level: "等级", crew: "队伍", unit: "责任单位", skill: "专业", depot: "驻点",
    state: "状态", case: "案件", depth: "水深", road: "道路", building: "建筑", sensor: "传感器", height: "高度", use: "用途",
    persons: "人数", road_class: "道路等级", width: "宽度", target: "监测对象", kind: "类型", registered_at: "立案", reports: "上报",
    history: "过程", no_reading_yet: "尚无读数", lost_to_water: "积水耽误", reworks: "返工", class: "类别", fly: "定位", hour: "时",
    stage_registered: "已立案", stage_assigned: "已交办", stage_returned: "被退回", stage_suspended: "缓办中", stage_dispatched: "已派遣", stage_on_site: "处置中", stage_handled: "待核查", stage_checked: "已核查",
    stage_closed: "已结案", stage_voided: "已作废", stage_transferred: "已转办",
    flow_reported: "上报", flow_merged: "并案", flow_registered: "立案", flow_assigned: "交办", flow_dispatched: "派遣", flow_on_site: "到场",
    flow_handled: "处置", flow_checked: "核查", flow_closed: "结案",
    curves: "读数曲线", measures: "监测量", belongs_to: "所属设施", reading: "读数", expected: "预期", deviation: "偏差", limits: "限值", interval: "间隔", since: "自", alarm_stands: "告警",
    overdue_reading: "逾时未报", gauge_in_order: "正常", gauge_out: "超限", gauge_silent: "离线", in_alarm: "报警中", gas_source: "气源研判", ventilation: "通风",
    verdict_leak: "燃气泄漏", verdict_marsh_gas: "沼气", verdict_unclear: "未定", by_fan: "风机", by_crew: "队伍风机", secured: "加固",
    expectation_anew: "：此后预期值按加固后的读数重新确立。", water_level: "管网液位", rain_intensity: "雨强",
    patroller_of: "{grid} 网格巡查员 {lane} 号", grid: "巡查网格", beat: "巡查路段", now_on: "现在", walked: "已巡", to_walk: "待巡", round: "第 {n} 轮", found: "发现上报", found_nothing: "暂无",
    unit_segments: "段", unit_reports: "次上报", unit_reports_one: "次上报", unit_found_cases: "件案件", unit_found_cases_one: "件案件",
    health: "结构健康", gauges: "监测仪器", gauges_out: "超限仪器", gauges_silent: "离线仪器",
    road_level: "路面水位", sewer_level: "管网液位", rain_gauge: "雨量", camera: "视频", residential: "居住", commercial: "商业",
    industrial: "工业", public: "公共", other: "其他", trunk: "快速路", primary: "主干路", secondary: "次干路", service: "支路",
  },
  en: {
    title: "City Twin Command Centre", simulated: "SIMULATED", observed: "OBSERVED", assumed: "ASSUMED", mode: "Mode",
    replay: "Replay of a run", following: "Run in progress", interrupted: "Run interrupted", failed: "Run failed", lost: "Connection lost, reconnecting",
    loading: "Loading the city model", rain_alarm: "Rain", scenario: "Scenario", seed: "Seed",
    spots: "Flooded roads", max_depth: "Deepest", flooded_road: "Flooded length", open_cases: "Open cases", travelling: "En route",
    working: "Working", rain_now: "Rain", cut_roads: "Cut roads", unit_count: "", unit_cases: "", unit_crews: "", unit_gauges: "", alarms: "Alarms", gas_highest: "Highest methane", gas_sites: "Sites in alarm", closed_roads: "Closed roads", without_water: "Without water", unit_persons: "",
    card_rain: "Rain and flooding", card_balance: "Where the water is", card_sensors: "Sensors", card_cases: "Cases", card_flow: "Case flow",
    card_crews: "Crews", rain: "Rain", flooded_length: "Road ≥0.15 m", surface: "Surface", sewer: "Sewer", outfall: "Outfalls",
    pumped: "Pumped", edge: "Edge", infiltrated: "Infiltrated", depression: "In hollows", rained: "Rain so far", age: "Read", no_sensor: "This city has no sensors",
    no_reading: "No reading yet", no_case: "No open case", no_crew: "No crew on duty", more: "more", remaining: "left", overdue: "overdue", just_now: "just now", seconds_ago: "{n} s ago", minutes_ago: "{n} min ago", hours_ago: "{n} h ago", days_ago: "{n} d ago",
    closed_in: "took", open_n: "open", closed_n: "closed", state_idle: "idle", state_travelling: "en route", state_working: "working", state_cut_off: "cut off", state_off_duty: "off duty", state_on_break: "on break", state_on_beat: "on the beat", patroller: "Patroller", gas_detector: "Gas detector", gauge: "Gauge", home: "going home",
    eta: "ETA", delayed: "delayed", on_duty: "on duty", ticker: "Alarms", no_alarm: "No alarm", peak: "Peak", play: "Play",
    pause: "Pause", layers: "Layers", speed: "Speed", live: "computed to", depth_legend: "Depth", road_legend: "Roads", dry: "open", closed_road: "closed",
    chain: "Chain of events", place: "Place", stage: "Stage", due: "Due", level: "Level", crew: "Crew", unit: "Unit", skill: "Skill", depot: "Depot",
    state: "State", case: "Case", depth: "Depth", road: "Road", building: "Building", sensor: "Sensor", height: "Height", use: "Use",
    persons: "Persons", road_class: "Class", width: "Width", target: "Watches", kind: "Kind", registered_at: "Registered", reports: "Reports",
    history: "History", no_reading_yet: "No reading yet", lost_to_water: "Lost to water", reworks: "Sent back", class: "Class", fly: "Show", hour: "h",
    stage_registered: "registered", stage_assigned: "assigned", stage_returned: "returned", stage_suspended: "suspended", stage_dispatched: "dispatched", stage_on_site: "on site", stage_handled: "to check", stage_checked: "checked",
    stage_closed: "closed", stage_voided: "void", stage_transferred: "handed over",
    flow_reported: "Report", flow_merged: "Merge", flow_registered: "Register", flow_assigned: "Assign", flow_dispatched: "Dispatch", flow_on_site: "On site",
    flow_handled: "Handle", flow_checked: "Check", flow_closed: "Close",
    curves: "Readings", measures: "Measures", belongs_to: "Belongs to", reading: "Reading", expected: "Expected", deviation: "Deviation", limits: "Limits", interval: "Interval", since: "since", alarm_stands: "Alarm",
    overdue_reading: "overdue", gauge_in_order: "within limits", gauge_out: "outside limits", gauge_silent: "silent", in_alarm: "in alarm", gas_source: "Source", ventilation: "Ventilated",
    verdict_leak: "leak", verdict_marsh_gas: "marsh gas", verdict_unclear: "unclear", by_fan: "by fan", by_crew: "by crew", secured: "secured",
    expectation_anew: ": from then on the expectation is set anew by what the gauge reads.", water_level: "sewer level", rain_intensity: "rain",
    patroller_of: "Patroller {lane} of grid {grid}", grid: "Grid", beat: "Beat", now_on: "Now on", walked: "Walked", to_walk: "To walk", round: "round {n}", found: "Found", found_nothing: "nothing yet",
    unit_segments: "streets", unit_reports: "reports", unit_reports_one: "report", unit_found_cases: "cases", unit_found_cases_one: "case",
    health: "Health", gauges: "Gauges", gauges_out: "Outside limits", gauges_silent: "Silent",
    road_level: "road level", sewer_level: "sewer level", rain_gauge: "rain gauge", camera: "camera", residential: "residential", commercial: "commercial",
    industrial: "industrial", public: "public", other: "other", trunk: "trunk", primary: "primary", secondary: "secondary", service: "service",
  },
}

// The word for a key; a key without a word speaks for itself.
export const word = (language, key) => WORDS[language][key] ?? String(key ?? "")

// The key of a kind of sensor: "rain" itself is what falls.
export const sensorKind = (kind) => (kind === "rain" ? "rain_gauge" : kind)

const AGES = [["days_ago", 86400, 2], ["hours_ago", 3600, 2], ["minutes_ago", 60, 1], ["seconds_ago", 1, 10]]

// How long ago something was, as nobody takes it for a time of day: 75 -> 1 min ago.
export function ageText(language, seconds) {
  const found = AGES.find(([, unit, least]) => seconds >= unit * least)
  return found ? word(language, found[0]).replace("{n}", Math.floor(seconds / found[1])) : word(language, "just_now")
}

export const LANGUAGES = Object.keys(WORDS)
export const KEYS = Object.fromEntries(LANGUAGES.map((language) => [language, Object.keys(WORDS[language])]))
