"""Intervals drawn on the server: pure, without script or inline style; the colours are the style sheet's (charts.css)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 720, 30, 190, 20, 10, 30
STEPS = (0, 25, 50, 75, 100)
LONGEST = 22  # characters of a label


class Interval(NamedTuple):
    """A rate in percent, and between what it lies."""

    label: str
    percent: float
    low: float
    high: float


def intervals(*, id: str, title: str, says: str, rows: Sequence[Interval]) -> str:
    """An SVG of rates with their intervals, a row each. The same data stands in a table. ``id``: unique on the page."""
    height = TOP + ROW * len(rows) + BOTTOM
    name = escape(id)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-says">',
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-says">{escape(says)}</desc>',
        *(_grid(step, height) for step in STEPS),
        *(_row(number, row) for number, row in enumerate(rows)),
        "</svg>",
    ]
    return "".join(parts)


def _x(percent: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * percent / 100


def _grid(step: int, height: int) -> str:
    x = _x(step)
    anchor = "end" if step == STEPS[-1] else "middle"
    return (
        f'<line class="chart-grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        f'<text class="chart-text" x="{x:.1f}" y="{height - 8}" text-anchor="{anchor}">{step} %</text>'
    )


def _row(number: int, row: Interval) -> str:
    y = TOP + ROW * (number + 0.5)
    short = row.label if len(row.label) <= LONGEST else row.label[: LONGEST - 1] + "…"
    ends = "".join(f"M{_x(at):.1f} {y - 5:.1f}V{y + 5:.1f}" for at in (row.low, row.high))
    return (
        f'<text class="chart-text" x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(short)}</text>'
        f'<g class="chart-line chart-line-1"><path d="M{_x(row.low):.1f} {y:.1f}H{_x(row.high):.1f}{ends}"/>'
        f'<circle cx="{_x(row.percent):.1f}" cy="{y:.1f}" r="4.5"/></g>'
    )
