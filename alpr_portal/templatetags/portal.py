"""Small words for templates: times with their zone, plates, relative age beside the absolute time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

register = template.Library()


@register.filter
def when(value: datetime | None) -> str:
    """``Nov 21, 2026, 13:05:09 PST``: local time with the zone's name; empty for None."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local:%b} {local.day}, {local:%Y, %H:%M:%S} {local.tzname()}"


@register.filter
def ago(value: datetime | None) -> str:
    """``3 hours ago`` or ``in 2 days``; stands beside ``when``, never alone."""
    if value is None:
        return ""
    now = timezone.now()
    if timedelta() <= now - value < timedelta(minutes=1):
        return "just now"
    if value > now:
        return f"in {timeuntil(value, now).split(',')[0]}"
    return f"{timesince(value, now).split(',')[0]} ago"


@register.filter
def seconds(value: float | None) -> str:
    """``40 s``, ``12 min``, ``3 h``, ``2 days``: a span, rounded to what one needs; a dash for None."""
    if value is None:
        return "—"
    for unit, whole in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if value >= 2 * whole:
            return f"{value / whole:.0f} {unit}"
    return f"{value:.0f} s"


@register.filter
def of(values: dict[str, Any], key: str) -> Any:
    """One value of a dictionary by a key that is itself a variable; None where there is none."""
    return values.get(key)
