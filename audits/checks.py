"""System checks of how long records are kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from alpr_portal.policy.parameters import RECORDS_FLOOR, RECORDS_KEPT


@register()
def records_floor(app_configs: Any, **kwargs: Any) -> list[Any]:
    """No number of years below the floor is taken (Gov. Code 34090)."""
    floor = RECORDS_FLOOR.now
    if min([settings.RECORDS_KEPT_YEARS, *RECORDS_KEPT.values.values()]) >= floor:
        return []
    return [
        Error(
            f"Records would be kept for fewer than {floor} years.",
            hint=f"Set RECORDS_KEPT_YEARS to {floor} or more (Gov. Code 34090).",
            id="alpr.E010",
        )
    ]
