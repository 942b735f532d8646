"""Disposal of upload days past their 720 hours with its receipt; trigram indexes of closed days; cameras last heard of."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from alpr_portal.records import written_once

DISPOSE = """
-- Takes one upload day off the disk, reads and pictures, in one transaction; answers how many of each.
-- The age rule is here and nowhere else to be talked out of. Where a search holds on, it gives up after 200 ms, and
-- nobody has waited behind it for longer; the caller tries again.
CREATE FUNCTION reads_dispose(day date, OUT reads bigint, OUT pictures bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  parent text;
  name text;
  n bigint;
BEGIN
  IF (day + 1)::timestamp AT TIME ZONE 'UTC' > statement_timestamp() - interval '720 hours' THEN
    RAISE EXCEPTION 'Upload day % is not over 720 hours old: nothing of it is disposed of (G)', day
      USING ERRCODE = '42501';
  END IF;
  reads := 0;
  pictures := 0;
  FOREACH parent IN ARRAY ARRAY['reads_read', 'reads_picture'] LOOP
    name := parent || '_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('public.' || name) IS NULL;
    EXECUTE format('SELECT count(*) FROM public.%I', name) INTO n;
    IF parent = 'reads_read' THEN reads := n; ELSE pictures := n; END IF;
  END LOOP;
  FOREACH parent IN ARRAY ARRAY['reads_read', 'reads_picture'] LOOP
    name := parent || '_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('public.' || name) IS NULL;
    IF EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass('public.' || name)) THEN
      EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', parent, name);
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
  END LOOP;
END $$;

-- The upload days that still have a table, attached or not, oldest first.
CREATE FUNCTION reads_upload_days() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT to_date(right(relname, 8), 'YYYYMMDD') FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^reads_(read|picture)_[0-9]{8}$'
  ORDER BY 1
$$;

-- When the oldest read on the disk was uploaded; null where there is none.
CREATE FUNCTION reads_oldest() RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  day date;
  oldest timestamptz;
BEGIN
  FOR day IN SELECT reads_upload_days() LOOP
    CONTINUE WHEN to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD')) IS NULL;
    EXECUTE format('SELECT min(uploaded_at) FROM public.%I', 'reads_read_' || to_char(day, 'YYYYMMDD')) INTO oldest;
    EXIT WHEN oldest IS NOT NULL;
  END LOOP;
  RETURN oldest;
END $$;

-- How many reads and pictures of an upload day a disposal would take.
CREATE FUNCTION reads_count_day(day date, OUT reads bigint, OUT pictures bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  reads := 0;
  pictures := 0;
  IF to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD')) IS NOT NULL THEN
    EXECUTE format('SELECT count(*) FROM public.%I', 'reads_read_' || to_char(day, 'YYYYMMDD')) INTO reads;
  END IF;
  IF to_regclass('public.reads_picture_' || to_char(day, 'YYYYMMDD')) IS NOT NULL THEN
    EXECUTE format('SELECT count(*) FROM public.%I', 'reads_picture_' || to_char(day, 'YYYYMMDD')) INTO pictures;
  END IF;
END $$;

-- Statistics of the whole table would keep plates of days that are gone; those of a day go with it, and serve searches.
ALTER TABLE ONLY reads_read ALTER COLUMN plate SET STATISTICS 0;
ALTER TABLE ONLY reads_read ALTER COLUMN plate_fold SET STATISTICS 0;
ALTER TABLE ONLY reads_read ALTER COLUMN plate_seen SET STATISTICS 0;
"""

INDEXES = """
-- Upload days before today without their trigram index: no read comes to them any more.
CREATE FUNCTION reads_unindexed_days() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT day FROM reads_upload_days() AS day
  WHERE day < (statement_timestamp() AT TIME ZONE 'UTC')::date
    AND EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD')))
    AND to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD') || '_trigram') IS NULL
  ORDER BY 1
$$;

-- Builds the trigram index of one closed day. Its lock keeps out writers, of which there are none, and no reader.
CREATE FUNCTION reads_index_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
DECLARE
  name text := 'reads_read_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF day >= (statement_timestamp() AT TIME ZONE 'UTC')::date THEN
    RAISE EXCEPTION 'Upload day % is not closed: its index would slow the readers down', day USING ERRCODE = '42501';
  END IF;
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON public.%I USING gin (plate_fold public.gin_trgm_ops)',
    name || '_trigram', name);
  EXECUTE format('ANALYZE public.%I', name);
END $$;
"""

HEARD = """
-- Per camera the newest capture of the last eight upload days: no plate, no place.
CREATE FUNCTION reads_last_heard() RETURNS TABLE (camera_id uuid, captured_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.id, (SELECT max(r.captured_at) FROM reads_read r WHERE r.camera_id = c.id
    AND r.upload_day >= (statement_timestamp() AT TIME ZONE 'UTC')::date - 8)
  FROM reads_camera c
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reads", "0008_columns_lag_and_ages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="PurgeRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("partitions", models.PositiveIntegerField()),
                ("purged", models.PositiveBigIntegerField()),
                ("oldest_at", models.DateTimeField(null=True)),
                ("failed", models.JSONField(default=list)),
                ("took_ms", models.PositiveIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["-at"], name="purge_run_newest_first")]},
        ),
        migrations.CreateModel(
            name="DisposedDay",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("run_id", models.UUIDField()),
                ("day", models.DateField()),
                ("reads", models.PositiveBigIntegerField()),
                ("pictures", models.PositiveBigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["-day"], name="disposed_day_newest_first")]},
        ),
        written_once("reads_purgerun", "reads_disposedday"),
        migrations.RunSQL(
            DISPOSE,
            "ALTER TABLE ONLY reads_read ALTER COLUMN plate SET STATISTICS -1;"
            "ALTER TABLE ONLY reads_read ALTER COLUMN plate_fold SET STATISTICS -1;"
            "ALTER TABLE ONLY reads_read ALTER COLUMN plate_seen SET STATISTICS -1;"
            "DROP FUNCTION reads_count_day(date); DROP FUNCTION reads_oldest();"
            "DROP FUNCTION reads_upload_days(); DROP FUNCTION reads_dispose(date);",
        ),
        migrations.RunSQL(INDEXES, "DROP FUNCTION reads_index_day(date); DROP FUNCTION reads_unindexed_days();"),
        migrations.RunSQL(HEARD, "DROP FUNCTION reads_last_heard();"),
    ]
