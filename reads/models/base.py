"""What the models of reads share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


def listed(field: str, values: Any, name: str) -> models.CheckConstraint:
    """The database's side of a closed list."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [str(v) for v in values]}), name=name)
