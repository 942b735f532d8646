"""A record is the act itself: who, when, and their name as it was; written once, and the database keeps it so."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.migrations.operations import RunSQL
from django.db.models.functions import Now

from alpr_portal.policy.refusal import Refusal, require


class DatabaseClock(models.DateTimeField):
    """A time that only the database writes: no role of ours may insert it. Read back after the insert.

    At run time the column is left out of INSERTs (``generated``); migrations see a plain column with a default.
    """

    generated = True
    db_returning = True

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("db_default", Now())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return getattr(model_instance, self.attname)


R = TypeVar("R", bound="Record")


class RecordManager(models.Manager[R]):
    """Writes records; ``write`` is the one way."""

    def write(self, *, by: Any, **values: Any) -> R:
        """Insert one record by ``by`` (a Member, or None where the portal itself acts), with the name as it is now.

        ``on_behalf_of``: for a Deputed record, the Member whose lent verb this act rests on, or None.
        """
        who = {"by_name": by.name, "by_badge": by.badge, "by_unit": by.unit} if by else {"by_name": "the portal"}
        if values.get("on_behalf_of"):
            who["on_behalf_of_name"] = values["on_behalf_of"].name
        return self.create(by=by, **{**who, **values})


class Record(models.Model):
    """Something that happened. The application role may insert and read it, never change or delete it (F.1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = DatabaseClock()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    by_badge = models.CharField(max_length=40, blank=True)
    by_unit = models.CharField(max_length=120, blank=True)

    objects: ClassVar[RecordManager[Self]] = RecordManager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    def canonical(self) -> str:
        """One line that says all of this record, the same at any time: sorted keys, ASCII, ids and ISO times."""
        values = {f.attname: getattr(self, f.attname) for f in self._meta.concrete_fields}
        return json.dumps({"record": self._meta.label, **values}, sort_keys=True, separators=(",", ":"), default=_plain)

    @classmethod
    def backdated(cls, **values: Any) -> Self:
        """Insert with a chosen ``at``, as the owner: for builders of tests and the demo; the app role is refused."""
        from django.db import connections

        instance = cls(**values)
        fields = [f for f in cls._meta.local_concrete_fields if not f.generated or f.attname in values]
        connection = connections["owner"]
        row = [f.get_db_prep_save(getattr(instance, f.attname), connection) for f in fields]
        names = ", ".join(f'"{f.column}"' for f in fields)
        places = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO "{cls._meta.db_table}" ({names}) VALUES ({places})', row)  # noqa: S608
        return cls._base_manager.get(pk=instance.pk)


class Deputed(Record):
    """A record that a designee may write: on whose behalf, with the principal's name as it was ("or designee", L.2)."""

    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    on_behalf_of_name = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint that refused a row; "" where the database names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def write_or_tell(races: Mapping[str, Refusal | None], model: type[R], /, **values: Any) -> R:
    """Write a record; where the database refuses it, say what the rule would have said.

    ``races``: constraint → Refusal. Raises Refused for those, IntegrityError for any other.
    """
    try:
        with transaction.atomic():
            return model.objects.write(**values)
    except IntegrityError as error:
        require(races.get(broken_constraint(error)))
        raise


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# Of the one door, audits_dispose(), the row says that its batch was approved and what it asked a moment ago: the row is
# written by the owner, in this very transaction (audits/migrations/0002_guards.py).
DENY = """
CREATE OR REPLACE FUNCTION alpr_deny() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = 'alpr_owner' AND to_regclass('public.audits_work') IS NOT NULL THEN
    IF EXISTS (SELECT 1 FROM public.audits_work w WHERE w.job = pg_current_xact_id() AND w.going
        AND w.tab = TG_TABLE_NAME AND w.key = to_jsonb(OLD) ->> 'id') THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'A record is written once: % of % is refused (F.1)', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""


def written_once(*tables: str) -> RunSQL:
    """The migration operation that makes tables written-once: UPDATE, DELETE and TRUNCATE raise for everyone."""
    forward, backward = [DENY], []
    for table in tables:
        forward.append(
            f'CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION alpr_deny();'
            f'CREATE TRIGGER never_emptied BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION alpr_deny();'
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER written_once;'
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER never_emptied;'
        )
        backward.append(f'DROP TRIGGER written_once ON "{table}"; DROP TRIGGER never_emptied ON "{table}";')
    return RunSQL("\n".join(forward), "\n".join(backward))
