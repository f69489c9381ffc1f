"""The report of a run: one self-contained HTML page, in Chinese or English."""

from viz.report.writing import write_report

__all__ = ["write_report"]
