"""What every run of the disposal certifies, the brake on it, and what watches it (G)."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from alpr_portal.records import written_once

RECORDS = ("brakeraised", "brakereleased", "certifiedday", "retentionbreach")

DISPOSE = """
-- Takes one upload day off the disk, whatever is kept by the day, in one transaction; answers what went: reads, pictures,
-- how many of the reads lie in held storage, how many its deliveries had brought, and the bytes of its tables.
-- The age rule is here and nowhere else to be talked out of. The reads' table is waited for, for 200 ms at most, and no
-- other: where a search holds on, this gives up, nobody has waited behind it for longer, and the caller tries again.
CREATE FUNCTION reads_dispose(day date, OUT reads bigint, OUT pictures bigint, OUT held bigint, OUT stored bigint,
  OUT bytes bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  parent text;
  name text;
BEGIN
  IF (day + 1)::timestamp AT TIME ZONE 'UTC' > statement_timestamp() - interval '720 hours' THEN
    RAISE EXCEPTION 'Upload day % is not over 720 hours old: nothing of it is disposed of (G)', day
      USING ERRCODE = '42501';
  END IF;
  SELECT c.reads, c.pictures INTO reads, pictures FROM reads_count_day(day) c;
  SELECT count(DISTINCT h.id) INTO held FROM reads_heldread h WHERE h.upload_day = day;
  SELECT coalesce(sum(b.stored), 0) INTO stored FROM reads_batch b
    WHERE b.at >= day::timestamp AT TIME ZONE 'UTC' AND b.at < (day + 1)::timestamp AT TIME ZONE 'UTC';
  bytes := 0;
  FOR parent IN SELECT d.parent FROM reads_daily d ORDER BY d.parent = 'reads_read' DESC, d.parent LOOP
    name := parent || '_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('public.' || name) IS NULL;
    bytes := bytes + pg_total_relation_size(to_regclass('public.' || name));
    IF EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass('public.' || name)) THEN
      EXECUTE format('LOCK TABLE ONLY public.%I IN ACCESS EXCLUSIVE MODE', parent)
        || CASE WHEN parent = 'reads_read' THEN '' ELSE ' NOWAIT' END;
      EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', parent, name);
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
  END LOOP;
END $$;

-- Whether nothing that is kept by the day is there of an upload day: to drop such a day destroys nothing.
CREATE FUNCTION reads_day_is_empty(day date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  found_one boolean;
BEGIN
  FOR name IN SELECT d.parent || '_' || to_char(day, 'YYYYMMDD') FROM reads_daily d LOOP
    CONTINUE WHEN to_regclass('public.' || name) IS NULL;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO found_one;
    IF found_one THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;
"""
DISPOSE_BEFORE = """
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
"""

WATCH = """
-- How many reads a window shows although their 720 hours are over. The window is asked as it stands, its gate opened here
-- for a count; whether a row is over age is told by seconds since its upload, not by the window's own words.
CREATE FUNCTION reads_expired_shown(seen_through regclass) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  stands text := rtrim(pg_get_viewdef(seen_through), ';');
  opened text := regexp_replace(stands, '\\(\\s*SELECT reads_gate\\(\\) AS reads_gate\\)', 'true');
  n bigint;
BEGIN
  IF opened = stands THEN
    RAISE EXCEPTION 'The window % has no gate (F.1)', seen_through USING ERRCODE = '42501';
  END IF;
  EXECUTE format('SELECT count(*) FROM (%s) w WHERE w.upload_day <= to_timestamp(extract(epoch FROM statement_timestamp())'
    || ' - 2592000)::date AND extract(epoch FROM statement_timestamp()) - extract(epoch FROM w.uploaded_at) >= 2592000',
    opened) INTO n;
  RETURN n;
END $$;

-- Whether retention is kept, in numbers without a plate: expired reads that could be read, reads on the disk for over 746
-- hours, the oldest read there, the last run of the disposal, whether its brake is on, running holds and their reads.
CREATE FUNCTION reads_retention(OUT readable bigint, OUT late bigint, OUT oldest_at timestamptz, OUT last_run_at timestamptz,
  OUT stopped boolean, OUT holds bigint, OUT held bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  seen_through text;
  day date;
  n bigint;
BEGIN
  readable := 0;
  FOREACH seen_through IN ARRAY ARRAY['reads_window', 'hotlists_sight_window'] LOOP
    CONTINUE WHEN to_regclass('public.' || seen_through) IS NULL;
    readable := readable + reads_expired_shown(to_regclass('public.' || seen_through));
  END LOOP;
  late := 0;
  FOR day IN SELECT d FROM reads_upload_days() d
      WHERE d <= (statement_timestamp() - interval '746 hours')::date LOOP
    CONTINUE WHEN to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD')) IS NULL;
    EXECUTE format('SELECT count(*) FROM public.%I WHERE uploaded_at < statement_timestamp() - interval ''746 hours''',
      'reads_read_' || to_char(day, 'YYYYMMDD')) INTO n;
    late := late + n;
  END LOOP;
  oldest_at := reads_oldest();
  SELECT max(r.at) INTO last_run_at FROM reads_purgerun r;
  stopped := EXISTS (SELECT 1 FROM reads_brakeraised b
    WHERE NOT EXISTS (SELECT 1 FROM reads_brakereleased r WHERE r.brake_id = b.id));
  SELECT count(DISTINCT s.hold_id), count(DISTINCT r.id) INTO holds, held
    FROM reads_holdstate s LEFT JOIN reads_heldread r ON r.hold_id = s.hold_id
    WHERE s.released_at IS NULL AND s.keep_until >= (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;
END $$;
"""


def record(*fields):
    """The columns of a record, then its own."""
    return [
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
        ("by_name", models.CharField(max_length=200)),
        ("by_badge", models.CharField(blank=True, max_length=40)),
        ("by_unit", models.CharField(blank=True, max_length=120)),
        *fields,
        (
            "by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]


WHY = [
    ("clocks_differ", "The clocks of the database and of the portal differ"),
    ("jumped_ahead", "The clock is far ahead of the last run"),
    ("went_back", "The clock is behind the last run"),
]
OF_DAY = ("stored", "held", "bytes", "packs_bytes")


class Migration(migrations.Migration):
    dependencies = [("reads", "0014_held_data"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="BrakeRaised",
            fields=record(
                ("number", models.PositiveIntegerField(unique=True)),
                ("after", models.PositiveIntegerField()),
                ("why", models.CharField(choices=WHY, max_length=20)),
                ("database_at", models.DateTimeField()),
                ("host_at", models.DateTimeField()),
                ("last_at", models.DateTimeField(null=True)),
            ),
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("why__in", ["clocks_differ", "jumped_ahead", "went_back"])),
                        name="brake_why_listed",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="BrakeReleased",
            fields=record(
                (
                    "brake",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="released", to="reads.brakeraised"
                    ),
                ),
                ("operator", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ),
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(("operator", "")) & ~models.Q(("reason", "")),
                        name="brake_released_by_and_why",
                    )
                ]
            },
        ),
        *(migrations.AddField("disposedday", name, models.PositiveBigIntegerField(null=True)) for name in OF_DAY),
        migrations.AddField("disposedday", "has_key", models.BooleanField(null=True)),
        migrations.AddField("purgerun", "number", models.PositiveIntegerField(null=True, unique=True)),
        migrations.AddField("purgerun", "started_at", models.DateTimeField(null=True)),
        migrations.AddField("purgerun", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField("purgerun", "left", models.PositiveIntegerField(default=0)),
        migrations.AddField("purgerun", "holds", models.JSONField(default=list)),
        migrations.AddField(
            "purgerun",
            "brake",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="reads.brakeraised",
            ),
        ),
        migrations.AddField("purgerun", "previous", models.CharField(blank=True, max_length=64)),
        migrations.AddField("purgerun", "digest", models.CharField(blank=True, max_length=64)),
        migrations.AddConstraint(
            "purgerun",
            models.UniqueConstraint(
                fields=["previous"], condition=~models.Q(("digest", "")), name="certificate_follows_one"
            ),
        ),
        migrations.AddConstraint(
            "purgerun",
            models.CheckConstraint(
                condition=models.Q(digest="", number__isnull=True)
                | ~models.Q(digest="") & models.Q(number__isnull=False),
                name="certificate_has_number",
            ),
        ),
        migrations.CreateModel(
            name="CertifiedDay",
            fields=record(
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="days", to="reads.purgerun"
                    ),
                ),
                (
                    "disposed",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certified", to="reads.disposedday"
                    ),
                ),
                ("key_gone_at", models.DateTimeField(null=True)),
            ),
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="RetentionBreach",
            fields=record(
                ("on", models.DateField(unique=True)),
                ("readable", models.PositiveBigIntegerField()),
                ("late", models.PositiveBigIntegerField()),
                ("held_late", models.PositiveIntegerField()),
                ("oldest_at", models.DateTimeField(null=True)),
            ),
            options={"abstract": False},
        ),
        written_once(*(f"reads_{name}" for name in RECORDS)),
        migrations.RunSQL(
            "DROP FUNCTION reads_dispose(date);" + DISPOSE,
            "DROP FUNCTION reads_day_is_empty(date); DROP FUNCTION reads_dispose(date);" + DISPOSE_BEFORE,
        ),
        migrations.RunSQL(WATCH, "DROP FUNCTION reads_retention(); DROP FUNCTION reads_expired_shown(regclass);"),
    ]
