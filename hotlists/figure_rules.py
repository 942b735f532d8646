"""Shares and intervals of figures, as pure rules over plain numbers."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959964  # the normal quantile of 95 %
FEWEST = 5  # closed hits below which a camera's rate says nothing


def share(part: int, whole: int) -> float | None:
    """A share in percent to one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % score interval of a share, in percent to one decimal; None of nothing.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
    Statistical Association 22 (1927), 209-212. It stays inside 0 to 100 and is honest about small numbers, which the
    simple interval is not. ValueError where the part is not within the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("a part is within its whole")
    if not whole:
        return None
    p, square = part / whole, Z95 * Z95
    middle = (p + square / (2 * whole)) / (1 + square / whole)
    half = Z95 / (1 + square / whole) * sqrt(p * (1 - p) / whole + square / (4 * whole * whole))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return round(100 * low, 1), round(100 * high, 1)


def too_few(whole: int) -> bool:
    """Whether a rate of so many says nothing yet."""
    return whole < FEWEST
