"""Staged reads are stored by one function of the database, so that it plans the statement once a connection, not once a post."""

from django.db import migrations

TODAY = """
-- Makes today's and tomorrow's partitions where the hourly task has not: all that ingest may make.
CREATE FUNCTION reads_make_today() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT public.reads_make_partitions((statement_timestamp() AT TIME ZONE 'UTC')::date, 2)
$$;
"""

STORE = """
-- Stores what the caller staged in its temporary table reads_stage, and empties that; answers per batch and upload day
-- how many reads were new, and which of them bring pictures. Runs with the caller's rights.
-- A read captured before today (or minutes into it, by a fast clock, the camera's or the portal's) may have been stored on
-- an earlier upload day: then it is a duplicate, and the clock of its first upload goes on. The primary key settles
-- duplicates of the same day. The plan is kept, and a day that was small when it was made grows: so the look at earlier
-- days goes by the index.
CREATE FUNCTION reads_store_staged()
RETURNS TABLE (of_batch uuid, on_day date, stored bigint, pictured uuid[])
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  today date := (statement_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  IF (SELECT count(*) < 2 FROM pg_inherits WHERE inhrelid IN (
    to_regclass('public.reads_read_' || to_char(today, 'YYYYMMDD')),
    to_regclass('public.reads_picture_' || to_char(today, 'YYYYMMDD')))) THEN
    PERFORM public.reads_make_today();
  END IF;
  RETURN QUERY
  WITH new AS (
    INSERT INTO public.reads_read (id, captured_at, offset_minutes, camera_id, source_id, batch_id, plate_seen, plate,
      plate_fold, state, confidence, lat, lon, direction, make, model, colour, body, images)
    SELECT s.id, s.captured_at, s.offset_minutes, s.camera_id, s.source_id, s.batch_id, s.plate_seen, s.plate,
      s.plate_fold, s.state, s.confidence, s.lat, s.lon, s.direction, s.make, s.model, s.colour, s.body, s.images
    FROM pg_temp.reads_stage s
    WHERE s.captured_at >= date_trunc('day', statement_timestamp(), 'UTC') + interval '10 minutes' OR NOT EXISTS (
      SELECT 1 FROM public.reads_read r WHERE r.id = s.id
        AND r.upload_day >= (s.captured_at AT TIME ZONE 'UTC')::date - 2
        AND r.upload_day < (statement_timestamp() AT TIME ZONE 'UTC')::date)
    ON CONFLICT DO NOTHING
    RETURNING id, batch_id, upload_day, images)
  SELECT n.batch_id, n.upload_day, count(*), coalesce(array_agg(n.id) FILTER (WHERE n.images > 0), '{}')
  FROM new n GROUP BY 1, 2;
  -- To delete costs less than to empty the table at each commit; what deleting leaves behind is cut off now and then.
  IF pg_relation_size('pg_temp.reads_stage') > 2097152 THEN
    TRUNCATE pg_temp.reads_stage;
  ELSE
    DELETE FROM pg_temp.reads_stage;
  END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("reads", "0009_disposal")]
    operations = [
        migrations.RunSQL(TODAY, "DROP FUNCTION reads_make_today();"),
        migrations.RunSQL(STORE, "DROP FUNCTION reads_store_staged();"),
    ]
