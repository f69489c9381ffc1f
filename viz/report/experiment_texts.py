"""Words of the page about an experiment, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

EXPERIMENT_TEXTS: Mapping[str, tuple[str, str]] = {
    "kicker": ("对比实验", "Experiment"),
    "simulated": ("模拟", "simulated"),
    "note": (
        "本页数字均由模型计算得出。各方案用同一组随机种子,遇到同样的降雨、故障与市民上报。",
        "Every figure on this page was computed by a model. All variants ran under the same seeds: they met "
        "the same rain, failures and citizens.",
    ),
    "inputs": ("实验前提", "What was taken as given"),
    "input": ("前提", "Given"),
    "source": ("出处", "Source"),
    "variants": ("方案", "Variants"),
    "variant": ("方案", "Variant"),
    "settings": ("改动", "What was changed"),
    "unchanged": ("无", "nothing"),
    "results": ("结果", "Results"),
    "mean": ("均值与95%置信区间", "Mean and 95 % confidence interval"),
    "difference": ("与首个方案的配对差", "Paired difference from the first variant"),
    "count": ("重复次数", "Replications"),
    "lower": ("越低越好", "lower is better"),
    "higher": ("越高越好", "higher is better"),
    "no_value": ("无值", "no value"),
    "clear": ("差异可信:区间不含零", "a clear difference: the interval excludes zero"),
    "runs": ("共{planned}次运行,完成{finished}次。", "{finished} of {planned} runs finished."),
    "failed": ("失败的运行", "Runs that failed"),
    "seed": ("种子{seed}", "seed {seed}"),
    "no_measures": ("各次运行的指标全部相同。", "No figure differs between the runs."),
}
