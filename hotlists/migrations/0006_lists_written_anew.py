"""What is watched for leaves the database's files too: the rows are written anew each night, and no statistics quote them (G)."""

from django.db import migrations

# Whoever looks for a plate is led by the index whatever the statistics say; and what ANALYZE notes of a plate stays in the
# pages of the catalogue when its table is long gone.
SILENT = ("plate", "plate_fold", "pattern", "detail")

# As before, but a day's table keeps no statistics of the columns of which its parent keeps none.
PARTITIONS = """
-- Makes the missing daily partitions from ``first`` on, for ``days`` days; answers for how many days any was made.
-- CREATE and ATTACH never block a search; a second maker waits at the lock and then finds nothing to do. A table of
-- the day's name that is not attached (a maker that broke off) is attached; one that does not fit raises.
CREATE OR REPLACE FUNCTION reads_make_partitions(first date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  day date;
  parent text;
  name text;
  {declared}fresh boolean;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('reads_make_partitions'));
  FOR day IN SELECT first + n FROM generate_series(0, days - 1) AS n LOOP
    fresh := false;
    FOR parent IN SELECT d.parent FROM reads_daily d ORDER BY d.parent DESC LOOP
      name := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass('public.' || name));
      IF to_regclass('public.' || name) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
      END IF;
      {silenced}EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report', name);
      EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, name, day, day + 1);
      fresh := true;
    END LOOP;
    made := made + fresh::integer;
  END LOOP;
  RETURN made;
END $$;
"""
DECLARED = "silent text;\n  "
SILENCED = """FOR silent IN SELECT a.attname FROM pg_attribute a
          WHERE a.attrelid = to_regclass('public.' || parent) AND a.attstattarget = 0 AND a.attnum > 0 LOOP
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS 0', name, silent);
      END LOOP;
      """
OF_CORRECTIONS = "".join(
    f"ALTER TABLE ONLY reads_rightplate ALTER COLUMN {name} SET STATISTICS {{target}};"
    for name in ("plate", "plate_fold")
)
DAYS_SO_FAR = """
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT c.relname, a.attname FROM reads_daily d
      JOIN pg_attribute a ON a.attrelid = to_regclass('public.' || d.parent) AND a.attstattarget = 0 AND a.attnum > 0
      JOIN pg_inherits i ON i.inhparent = a.attrelid JOIN pg_class c ON c.oid = i.inhrelid LOOP
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS {target}', one.relname, one.attname);
  END LOOP;
END $$;
"""

ANEW = """
-- Rows of entries that ended over 720 hours ago: no read is compared with them any more. Answers how many.
CREATE FUNCTION hotlists_forget_ended() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM hotlists_watchrow w
    WHERE w.entry_id IS NOT NULL AND w.ends_at <= statement_timestamp() - interval '720 hours' RETURNING 1)
  SELECT count(*) FROM gone
$$;

-- Writes table and indexes anew without the rows that were deleted: those would stay readable in the files. Reads that come
-- meanwhile wait, a few seconds for a million rows; it gives up after 200 ms where it would have to wait itself.
CREATE FUNCTION hotlists_write_anew() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms'
SET maintenance_work_mem = '256MB' AS $$
BEGIN
  CLUSTER hotlists_watchrow USING hotlists_watchrow_pkey;
END $$;
"""
SILENCE = "\n".join(f"ALTER TABLE hotlists_watchrow ALTER COLUMN {name} SET STATISTICS 0;" for name in SILENT)


class Migration(migrations.Migration):
    dependencies = [("hotlists", "0005_reported_reads")]
    operations = [
        migrations.RunSQL(
            PARTITIONS.format(declared=DECLARED, silenced=SILENCED)
            + OF_CORRECTIONS.format(target=0)
            + DAYS_SO_FAR.format(target=0),
            PARTITIONS.format(declared="", silenced="")
            + DAYS_SO_FAR.format(target=-1)
            + OF_CORRECTIONS.format(target=-1),
        ),
        migrations.RunSQL(
            ANEW + SILENCE,
            "DROP FUNCTION hotlists_write_anew(); DROP FUNCTION hotlists_forget_ended();"
            + SILENCE.replace("STATISTICS 0", "STATISTICS -1"),
        ),
    ]
