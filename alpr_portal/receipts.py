"""How many records keep each duty: a model's docstring opens with the clauses that ask for it."""

from __future__ import annotations

import re
from typing import Any

from django.apps import apps
from django.core.cache import cache

OPENING = re.compile(r"^((?:[A-Z][\w.\-]*)(?:, [A-Z][\w.\-]*)*): ")
FRESH = 60  # seconds


def kept_by() -> dict[str, list[Any]]:
    """The models that keep each clause, by its id."""
    found: dict[str, list[Any]] = {}
    for model in apps.get_models():
        opening = OPENING.match(model.__doc__ or "")
        for id_ in opening[1].split(", ") if opening else ():
            found.setdefault(id_, []).append(model)
    return found


def counts() -> dict[str, list[tuple[str, int]]]:
    """The live number of records by clause id: [(what they are, how many)]; counted once a minute."""

    def count() -> dict[str, list[tuple[str, int]]]:
        return {
            id_: [(str(model._meta.verbose_name), model._base_manager.count()) for model in models]
            for id_, models in kept_by().items()
        }

    said: dict[str, list[tuple[str, int]]] = cache.get_or_set("receipts", count, FRESH) or count()
    return said
