"""Writing the demo's rows: as the owner, by COPY, because only the owner may write what is said to be in the past."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import connections
from django.db.models import Model

M = TypeVar("M", bound=Model)

DEMO = uuid.UUID("0a2e0f3c-0f5d-5c6e-8d7b-6d1a4c9b1d00")  # namespace of the demo's ids: the same at every load


def id_of(*what: object) -> uuid.UUID:
    """The id of one thing of the demo, by what it is."""
    return uuid.uuid5(DEMO, "\n".join(map(str, what)))


def dated(model: type[M], at: datetime, by: Any = None, /, **values: Any) -> M:
    """A record of the past, not yet written: ``at`` is the database's column, which a model does not take."""
    who = {"by": by, "by_name": by.name, "by_badge": by.badge, "by_unit": by.unit} if by else {"by_name": "the portal"}
    record = model(**{**who, **values})
    record.at = at  # type: ignore[attr-defined]
    return record


def history(instance: Model, at: datetime, by: Any, kind: str = "+", **before: Any) -> Model:
    """A row of the change log: the instance as it was at ``at``, with ``before`` where it was different then."""
    log = type(instance).history.model  # type: ignore[attr-defined]
    own = {"history_id", "history_date", "history_change_reason", "history_type", "history_user_id"}
    kept = [f.attname for f in log._meta.concrete_fields if f.attname not in own]
    values = {name: getattr(instance, name) for name in kept} | before
    row: Model = log(**values, history_date=at, history_type=kind, history_user_id=by.pk if by else None)
    return row


def put(instances: Iterable[Model]) -> int:
    """Insert rows of one model as the owner; answers how many. Inside a transaction of the owner's."""
    rows = list(instances)
    if not rows:
        return 0
    connection = connections["owner"]
    model = type(rows[0])
    fields = [
        f for f in model._meta.local_concrete_fields if not (f.primary_key and getattr(rows[0], f.attname) is None)
    ]
    names = ", ".join(f'"{f.column}"' for f in fields)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields])
    return len(rows)


def missing(instances: Iterable[M]) -> list[M]:
    """Those that are not written yet, by their ids."""
    rows = list(instances)
    if not rows:
        return []
    found = type(rows[0])._base_manager.using("owner").filter(pk__in=[row.pk for row in rows])
    known = set(found.values_list("pk", flat=True))
    return [row for row in rows if row.pk not in known]
