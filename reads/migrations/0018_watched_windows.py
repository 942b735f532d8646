"""What watches retention looks through every window, and knows of keys, packs and copies that stay behind (G)."""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("reads.migrations.0015_certificates").WATCH

WATCH = """
-- The windows that must show nothing after 720 hours. Held data has windows of its own, which end with its hold.
CREATE FUNCTION reads_watched_windows() RETURNS SETOF text LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  VALUES ('reads_window'), ('reads_picture_window'), ('reads_right_window'), ('hotlists_sight_window')
$$;

-- How many rows a window shows although their 720 hours are over. The window is asked as it stands, its gate opened here
-- for a count; whether a row is over age is told by seconds since its upload, not by the window's own words. A window that
-- shows what another shows is asked for the rows it has of that one's expired reads.
CREATE FUNCTION reads_expired_shown(seen_through regclass) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  gate CONSTANT text := '\\(\\s*SELECT reads_gate\\(\\) AS reads_gate\\)';
  over CONSTANT text := ' w WHERE w.upload_day <= to_timestamp(extract(epoch FROM statement_timestamp()) - 2592000)::date';
  aged CONSTANT text := ' AND extract(epoch FROM statement_timestamp()) - extract(epoch FROM w.uploaded_at) >= 2592000';
  stands text := rtrim(pg_get_viewdef(seen_through), ';');
  expired text := 'SELECT w.* FROM (' || rtrim(pg_get_viewdef('reads_window'::regclass), ';') || ')' || over || aged;
  opened text := regexp_replace(replace(stands, 'JOIN reads_window r ', 'JOIN (' || expired || ') r '), gate, 'true', 'g');
  n bigint;
BEGIN
  IF opened = stands OR expired !~ gate THEN
    RAISE EXCEPTION 'The window % has no gate (F.1)', seen_through USING ERRCODE = '42501';
  END IF;
  EXECUTE 'SELECT count(*) FROM (' || opened || ')' || over || CASE WHEN EXISTS (SELECT 1 FROM pg_attribute
    WHERE attrelid = seen_through AND attname = 'uploaded_at') THEN aged ELSE '' END INTO n;
  RETURN n;
END $$;

-- The same of every window together.
CREATE FUNCTION reads_expired_shown() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(reads_expired_shown(to_regclass('public.' || w))), 0)::bigint FROM reads_watched_windows() AS w
  WHERE to_regclass('public.' || w) IS NOT NULL
$$;

-- Whether retention is kept, in numbers without a plate: expired rows that could be read, reads on the disk for over 746
-- hours, holds whose copy is still there a day after its end, upload days of which reads went, but whose end nobody
-- certified within 746 hours, the oldest read there, the last run of the disposal, whether its brake is on, running holds
-- and their reads.
CREATE FUNCTION reads_retention(OUT readable bigint, OUT late bigint, OUT held_late bigint, OUT uncertified date[],
  OUT oldest_at timestamptz, OUT last_run_at timestamptz, OUT stopped boolean, OUT holds bigint, OUT held bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  overdue CONSTANT timestamptz := statement_timestamp() - interval '746 hours';
  today CONSTANT date := (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;
  day date;
  n bigint;
BEGIN
  readable := reads_expired_shown();
  late := 0;
  FOR day IN SELECT d FROM reads_upload_days() d WHERE d <= overdue::date LOOP
    CONTINUE WHEN to_regclass('public.reads_read_' || to_char(day, 'YYYYMMDD')) IS NULL;
    EXECUTE format('SELECT count(*) FROM public.%I WHERE uploaded_at < $1', 'reads_read_' || to_char(day, 'YYYYMMDD'))
      INTO n USING overdue;
    late := late + n;
  END LOOP;
  SELECT count(*) INTO held_late FROM reads_holdstate s
    WHERE s.released_at < statement_timestamp() - interval '24 hours'
      OR s.released_at IS NULL AND s.keep_until + 8 < today;
  uncertified := array(SELECT d.day FROM reads_disposedday d
    WHERE d.bytes IS NOT NULL AND d.day::timestamp AT TIME ZONE 'UTC' < overdue
      AND NOT EXISTS (SELECT 1 FROM reads_certifiedday c WHERE c.disposed_id = d.id) ORDER BY 1);
  oldest_at := reads_oldest();
  SELECT max(r.at) INTO last_run_at FROM reads_purgerun r;
  stopped := EXISTS (SELECT 1 FROM reads_brakeraised b
    WHERE NOT EXISTS (SELECT 1 FROM reads_brakereleased r WHERE r.brake_id = b.id));
  SELECT count(DISTINCT s.hold_id), count(DISTINCT r.id) INTO holds, held
    FROM reads_holdstate s LEFT JOIN reads_heldread r ON r.hold_id = s.hold_id
    WHERE s.released_at IS NULL AND s.keep_until >= today;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("reads", "0017_quarantine")]
    operations = [
        migrations.AddField("retentionbreach", "unfinished", models.PositiveIntegerField(default=0)),
        migrations.RunSQL(
            "DROP FUNCTION reads_retention(); DROP FUNCTION reads_expired_shown(regclass);" + WATCH,
            "DROP FUNCTION reads_retention(); DROP FUNCTION reads_expired_shown();"
            "DROP FUNCTION reads_expired_shown(regclass); DROP FUNCTION reads_watched_windows();" + BEFORE,
        ),
    ]
