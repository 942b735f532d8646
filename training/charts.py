"""Charts drawn on the server: pure, without script or inline style; the colours are the style sheet's (charts.css)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 34  # the frame around what is drawn
STEPS = (0, 25, 50, 75, 100)
MOST_LINES = 4  # charts.css knows as many kinds of line


@dataclass(frozen=True)
class Line:
    """One line of a chart: its name, and a percentage for each label, None where there is none."""

    name: str
    values: Sequence[float | None]


def lines(*, id: str, title: str, says: str, labels: Sequence[str], drawn: Sequence[Line]) -> str:
    """An SVG of percentages over time. ``says``: what it shows, for who cannot see it; the same data stands in a table.

    ``id``: unique on the page. ValueError where a line has another number of values than there are labels, or where
    there are more than four lines.
    """
    if len(drawn) > MOST_LINES or any(len(line.values) != len(labels) for line in drawn):
        raise ValueError("a value for each label, and four lines at most")
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{escape(id)}-title {escape(id)}-says">',
        f'<title id="{escape(id)}-title">{escape(title)}</title><desc id="{escape(id)}-says">{escape(says)}</desc>',
        *(_grid(step) for step in STEPS),
        *(_label(number, label, len(labels)) for number, label in enumerate(labels)),
        *(_line(number, line) for number, line in enumerate(drawn)),
        "</svg>",
    ]
    return "".join(parts)


def _x(number: int, of: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (number / (of - 1) if of > 1 else 0.5)


def _y(percent: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100)


def _grid(step: int) -> str:
    y = _y(step)
    return (
        f'<line class="chart-grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="chart-text" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{step} %</text>'
    )


def _label(number: int, label: str, of: int) -> str:
    if of > 7 and number != of - 1 and (number % 2 or number == of - 2):
        return ""  # every second one: they would touch on a narrow screen
    anchor = "end" if number == of - 1 and of > 1 else "middle"
    x = _x(number, of)
    return f'<text class="chart-text" x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="{anchor}">{escape(label)}</text>'


def _line(number: int, line: Line) -> str:
    """One line with a dot at each value; a gap where a value is missing."""
    places = [(_x(n, len(line.values)), _y(v)) if v is not None else None for n, v in enumerate(line.values)]
    path, down = [], False
    for place in places:
        if place:
            path.append(f"{'L' if down else 'M'}{place[0]:.1f} {place[1]:.1f}")
        down = place is not None
    dots = "".join(f'<circle cx="{p[0]:.1f}" cy="{p[1]:.1f}" r="3.5"/>' for p in places if p)
    return f'<g class="chart-line chart-line-{number + 1}"><path d="{" ".join(path)}"/>{dots}</g>'
