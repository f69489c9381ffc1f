"""Words of the page that compares runs, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.pair_words import SERIES_NAMES

COMPARISON_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("方案对比：{names}", "Runs compared: {names}"),
    "kicker": ("方案对比", "Comparison of runs"),
    "simulated": ("模拟", "simulated"),
    "note": (
        "本页数字均由模型计算得出。差值为“方案减基准”。",
        "Every figure on this page was computed by a model. Differences are run less base.",
    ),
    "runs": ("运行", "Runs"),
    "base": ("基准；情景：{scenario}", "base; scenario: {scenario}"),
    "changed": ("改动", "What was changed"),
    "nothing_changed": ("无改动", "nothing"),
    "colon": ("：", ": "),
    "world": ("外部情况与处置", "World and acts"),
    "figures": ("指标", "Figures"),
    "figure": ("指标", "Figure"),
    "no_figures": (
        "所有指标相同，但运行过程不同（见上）。",
        "All figures are equal, but what happened is not (see above).",
    ),
    "all_equal": ("所有指标与事件日志均相同。", "All figures and the event logs are equal."),
    "map": ("最大积水深度之差：{name}", "Difference of the largest depth: {name}"),
    "map_legend": ("更浅 ≤ −{most}", "shallower ≤ −{most}"),
    "map_legend_end": ("≥ {most} 更深；小于 1 厘米不显示", "≥ {most} deeper; below 1 cm is not shown"),
    "map_facts": (
        "变浅 {less}，变深 {more}；{count} 段道路中 {better} 段变浅、{worse} 段变深。",
        "Shallower on {less}, deeper on {more}; of {count} road segments {better} shallower, {worse} deeper.",
    ),
    "map_same": (
        "各处最大水深之差均小于 1 厘米（道路 {count} 段）。",
        "Nowhere does the largest depth differ by 1 cm or more ({count} road segments among it).",
    ),
    "roads": ("差异最大的道路", "Streets that differ most"),
    "road": ("道路", "Street"),
    "change": ("差值", "Difference"),
    "mean_common": ("平均差值", "Mean difference"),
    "mean": ("全程平均差值", "Mean difference of the whole run"),
    "mean_since": ("分开后平均差值", "Mean difference since they parted"),
    "peak": ("峰值之差", "Difference of the peaks"),
    "series": ("过程差异", "Course of the runs"),
    "series_same": ("全城各过程曲线无差异。", "The city's curves do not differ."),
    **SERIES_NAMES,
}
