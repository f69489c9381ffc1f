"""Words of the page that compares runs, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

COMPARISON_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("方案对比：{names}", "Runs compared: {names}"),
    "kicker": ("方案对比", "Comparison of runs"),
    "simulated": ("模拟", "simulated"),
    "note": (
        "本页数字均由模型计算得出。差值为“方案减基准”。",
        "Every figure on this page was computed by a model. Differences are run less base.",
    ),
    "runs": ("运行", "Runs"),
    "base": ("基准", "base"),
    "branched": ("{clock} 自基准分支", "branched off the base at {clock}"),
    "unrelated": ("独立运行", "a run of its own"),
    "other_world": (
        "种子或起始时间不同：差异不全由方案引起。",
        "Seed or start differ: not every difference comes of what was changed.",
    ),
    "changed": ("改动", "What was changed"),
    "nothing_changed": ("无改动", "nothing"),
    "figures": ("指标", "Figures"),
    "figure": ("指标", "Figure"),
    "no_figures": ("所有指标相同。", "All figures are equal."),
    "map": ("最大积水深度之差：{name}", "Difference of the largest depth: {name}"),
    "map_legend": ("更浅 ≤ −{most}", "shallower ≤ −{most}"),
    "map_legend_end": ("≥ {most} 更深；小于 1 厘米不显示", "≥ {most} deeper; below 1 cm is not shown"),
    "map_facts": (
        "变浅 {less}，变深 {more}；{count} 段道路中 {better} 段变浅、{worse} 段变深。",
        "Shallower on {less}, deeper on {more}; of {count} road segments {better} shallower, {worse} deeper.",
    ),
    "roads": ("差异最大的道路", "Streets that differ most"),
    "road": ("道路", "Street"),
    "change": ("差值", "Difference"),
    "mean": ("分支后平均差值", "Mean difference since they parted"),
    "peak": ("峰值之差", "Difference of the peaks"),
    "series": ("过程差异", "Course of the runs"),
    "surface_volume": ("地面水量", "Water on the ground"),
    "flooded_area_015": ("积水超过 0.15 m 的面积", "Area above 0.15 m"),
    "flooded_road_015": ("积水超过 0.15 m 的道路", "Road above 0.15 m"),
    "flooded_road_030": ("积水超过 0.30 m 的道路", "Road above 0.30 m"),
    "max_depth": ("最大深度", "Largest depth"),
}
