"""A restored database stays closed until what had gone is gone again; and which backups were made (G)."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from alpr_portal.records import written_once


def who() -> list:
    """What every record says: which, when, by whom."""
    return [
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("at", models.DateTimeField(db_default=Now(), editable=False)),
        ("by_name", models.CharField(max_length=200)),
        ("by_badge", models.CharField(blank=True, max_length=40)),
        ("by_unit", models.CharField(blank=True, max_length=120)),
        (
            "by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]


# A database is at home where its mark says so: the cluster's own number and that of a table. No dump takes either along,
# so whatever is restored, by whatever means and broken off wherever, is closed before anybody looks.
HOME = """
CREATE TABLE reads_home (mark text NOT NULL);
CREATE FUNCTION reads_here() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT system_identifier || '.' || 'reads_home'::regclass::oid FROM pg_control_system()
$$;
INSERT INTO reads_home SELECT reads_here();

CREATE FUNCTION reads_in_quarantine() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT NOT EXISTS (SELECT 1 FROM reads_home h WHERE h.mark = reads_here())
    OR EXISTS (SELECT 1 FROM reads_quarantine q
      WHERE NOT EXISTS (SELECT 1 FROM reads_quarantineend e WHERE e.quarantine_id = q.id))
$$;
"""
HOME_BEFORE = """
DROP FUNCTION reads_in_quarantine(); DROP FUNCTION reads_here(); DROP TABLE reads_home;
"""

# Of holds whose copies were erased, by the journal, at these times: those that this database still keeps and does not
# mean to let go. Only a database older than its journal has any.
REPLAY = """
CREATE FUNCTION reads_not_erased(holds uuid[], times timestamptz[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT s.hold_id FROM unnest(holds, times) AS erased (hold_id, at) JOIN reads_holdstate s USING (hold_id)
  WHERE NOT EXISTS (SELECT 1 FROM reads_held_due() d WHERE d.hold_id = s.hold_id)
    AND NOT EXISTS (SELECT 1 FROM reads_holdreview v WHERE v.hold_id = s.hold_id AND v.at > erased.at)
$$;

-- Lets them go at the next run of the disposal; answers how many. In quarantine only.
CREATE FUNCTION reads_erase_again(holds uuid[], times timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found integer;
BEGIN
  IF NOT reads_in_quarantine() THEN
    RAISE EXCEPTION 'Erasures are replayed in quarantine only (G)' USING ERRCODE = '42501';
  END IF;
  UPDATE reads_holdstate s SET released_at = statement_timestamp()
  WHERE s.hold_id IN (SELECT reads_not_erased(holds, times));
  GET DIAGNOSTICS found = ROW_COUNT;
  RETURN found;
END $$;

-- Puts a database that is older than its journal in quarantine; answers whether it was put there now.
CREATE FUNCTION reads_close_older(holds uuid[], times timestamptz[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF reads_in_quarantine() OR NOT EXISTS (SELECT 1 FROM reads_not_erased(holds, times)) THEN
    RETURN false;
  END IF;
  INSERT INTO reads_quarantine (id, by_name, by_badge, by_unit, backup) VALUES (gen_random_uuid(), 'the portal', '', '', '');
  RETURN true;
END $$;
"""
REPLAY_BEFORE = """
DROP FUNCTION reads_close_older(uuid[], timestamptz[]);
DROP FUNCTION reads_erase_again(uuid[], timestamptz[]); DROP FUNCTION reads_not_erased(uuid[], timestamptz[]);
"""

# A backup may be older than the review of a hold: in quarantine only what was released goes, and what the journal has.
DUE = """
-- Holds whose copy is to leave the disk: released, or not reviewed for a week after their day.
CREATE OR REPLACE FUNCTION reads_held_due() RETURNS TABLE (hold_id uuid, because text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.hold_id, CASE WHEN s.released_at IS NOT NULL THEN 'released' ELSE 'lapsed' END FROM reads_holdstate s
  WHERE s.released_at IS NOT NULL
    OR s.keep_until + 7 < (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date{open}
$$;
"""

GATE = """
-- Raises unless the transaction names an access that another, committed transaction recorded in the last 60 seconds
-- for a member who is active and trained at this moment; and always while a restored database is in quarantine.
CREATE OR REPLACE FUNCTION reads_gate() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  named text := nullif(current_setting('alpr.access', true), '');
  looked record;
BEGIN
{quarantine}  IF named IS NULL THEN
    RAISE EXCEPTION 'Reads are closed: no recorded access (F.1)' USING ERRCODE = '42501';
  END IF;
  SELECT a.by_id, a.at, a.xid INTO looked FROM reads_access a WHERE a.id = named::uuid;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Reads are closed: this access is not recorded (F.1)' USING ERRCODE = '42501';
  END IF;
  IF looked.xid IS NOT DISTINCT FROM pg_current_xact_id_if_assigned() OR pg_xact_status(looked.xid) <> 'committed' THEN
    RAISE EXCEPTION 'Reads are closed: the access is not committed yet (F.1)' USING ERRCODE = '42501';
  END IF;
  IF looked.at <= clock_timestamp() - interval '60 seconds' THEN
    RAISE EXCEPTION 'Reads are closed: the access is older than 60 seconds (F.1)' USING ERRCODE = '42501';
  END IF;
  IF NOT training_may_enter(looked.by_id, clock_timestamp()) THEN
    RAISE EXCEPTION 'Reads are closed: the member is not active and trained (C.3.a)' USING ERRCODE = '42501';
  END IF;
  RETURN true;
END $$;
"""
QUARANTINED = """  IF reads_in_quarantine() THEN
    RAISE EXCEPTION 'Reads are closed: this database was restored and is in quarantine (G)' USING ERRCODE = '42501';
  END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("reads", "0016_corrections"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="BackupMade",
            fields=[
                *who(),
                ("name", models.CharField(max_length=60)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("took_ms", models.PositiveIntegerField()),
                ("kept", models.PositiveIntegerField()),
                ("oldest_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["-at"], name="backup_newest_first")]},
        ),
        migrations.CreateModel(
            name="Quarantine",
            fields=[
                *who(),
                ("backup", models.CharField(blank=True, max_length=60)),
                ("made_at", models.DateTimeField(null=True)),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="QuarantineEnd",
            fields=[
                *who(),
                *(
                    (name, models.PositiveIntegerField())
                    for name in ("days", "holds", "records", "expired_on_disk", "expired_readable", "running_holds")
                ),
                ("without_journal", models.CharField(blank=True, default="", max_length=200)),
                (
                    "quarantine",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="reads.quarantine"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(expired_on_disk=0, expired_readable=0),
                        name="quarantine_ends_with_nothing_expired",
                    )
                ]
            },
        ),
        written_once("reads_backupmade", "reads_quarantine", "reads_quarantineend"),
        migrations.RunSQL(HOME, HOME_BEFORE),
        migrations.RunSQL(DUE.format(open="\n      AND NOT (SELECT reads_in_quarantine())"), DUE.format(open="")),
        migrations.RunSQL(REPLAY, REPLAY_BEFORE),
        migrations.RunSQL(GATE.format(quarantine=QUARANTINED), GATE.format(quarantine="")),
    ]
