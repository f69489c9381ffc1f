"""Figures as people read them: three digits, a unit that fits, in Chinese or English."""

from __future__ import annotations

MINUS, THIN_SPACE = "\u2212", "\u202f"
MINUTE_S, HOUR_S = 60.0, 3600.0


def number_text(value: float) -> str:
    """About three digits, thousands apart; ``1 234``, ``12.3``, ``0.45``."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    text = f"{value:,.{digits}f}".replace(",", THIN_SPACE)
    return text.rstrip("0").rstrip(".") if "." in text else text


def depth_text(depth_m: float) -> str:
    """Water depth, to the centimetre."""
    return f"{depth_m:.2f}\u00a0m"


def rain_text(depth_mm: float) -> str:
    """Depth of rain."""
    return f"{number_text(depth_mm)}\u00a0mm"


def length_text(length_m: float) -> str:
    """Length of street, m or km."""
    if length_m >= 1000:
        return f"{number_text(length_m / 1000)}\u00a0km"
    return f"{length_m:.0f}\u00a0m"


def area_text(area_m2: float) -> str:
    """Area of ground, m² or hectares."""
    if area_m2 >= 10_000:
        return f"{number_text(area_m2 / 10_000)}\u00a0ha"
    return f"{number_text(round(area_m2))}\u00a0m²"


def volume_text(volume_m3: float) -> str:
    """Volume of water, m³."""
    return f"{number_text(volume_m3)}\u00a0m³"


def duration_text(duration_s: float, language: str) -> str:
    """Duration in hours and minutes."""
    minutes = round(duration_s / MINUTE_S)
    hours, rest = divmod(minutes, 60)
    hour, minute = ("\u00a0小时", "\u00a0分钟") if language == "zh" else ("\u00a0h", "\u00a0min")
    if not hours:
        return f"{rest}{minute}"
    return f"{hours}{hour}" + (f"\u00a0{rest}{minute}" if rest else "")


def share_text(share: float) -> str:
    """Share as per cent."""
    return f"{100 * share:.1f}\u00a0%"


def error_text(relative: float) -> str:
    """Relative error as per cent, small ones by their power of ten."""
    if relative == 0:
        return "0\u00a0%"
    percent = 100 * relative
    text = f"{percent:.3f}" if abs(percent) >= 1e-3 else f"{percent:.0e}"
    return f"{text.replace('-', MINUS)}\u00a0%"
