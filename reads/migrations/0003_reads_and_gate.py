"""Reads by upload day, the gate, the window, and records that are written once (SECURITY promises 1 to 3)."""

from django.db import migrations

from alpr_portal.records import written_once

READS = """
CREATE TABLE reads_read (
  id uuid NOT NULL,
  upload_day date NOT NULL DEFAULT ((statement_timestamp() AT TIME ZONE 'UTC')::date),
  uploaded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
  captured_at timestamptz NOT NULL,
  offset_minutes smallint,
  camera_id uuid NOT NULL,
  source_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  plate_seen text NOT NULL,
  plate text COLLATE "C" NOT NULL CHECK (plate ~ '^[A-Z0-9]{1,10}$'),
  plate_fold text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT '',
  confidence real CHECK (confidence BETWEEN 0 AND 1),
  lat double precision CHECK (lat BETWEEN -90 AND 90),
  lon double precision CHECK (lon BETWEEN -180 AND 180),
  direction text NOT NULL DEFAULT '',
  make text NOT NULL DEFAULT '',
  model text NOT NULL DEFAULT '',
  colour text NOT NULL DEFAULT '',
  body text NOT NULL DEFAULT '',
  images smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (id, upload_day),
  CHECK (upload_day = (uploaded_at AT TIME ZONE 'UTC')::date)
) PARTITION BY RANGE (upload_day);
CREATE INDEX reads_read_plate ON reads_read (plate_fold, captured_at);
CREATE INDEX reads_read_camera ON reads_read (camera_id, captured_at);
"""

PARTITIONS = """
-- Makes the missing daily partitions from ``first`` on, for ``days`` days; answers how many were made.
-- CREATE and ATTACH never block a search; a second maker waits at the lock and then finds nothing to do.
CREATE FUNCTION reads_make_partitions(first date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  day date;
  name text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('reads_make_partitions'));
  FOR day IN SELECT first + n FROM generate_series(0, days - 1) AS n LOOP
    name := 'reads_read_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE reads_read INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report', name);
    EXECUTE format('ALTER TABLE reads_read ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, day, day + 1);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
"""

GATE = """
ALTER TABLE reads_access ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- Raises unless the transaction names an access that another, committed transaction recorded in the last 60 seconds
-- for a member who is active and trained at this moment.
CREATE FUNCTION reads_gate() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  named text := nullif(current_setting('alpr.access', true), '');
  looked record;
BEGIN
  IF named IS NULL THEN
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

CREATE VIEW reads_window AS
  SELECT * FROM reads_read
  WHERE (SELECT reads_gate())
    AND uploaded_at > statement_timestamp() - interval '720 hours'
    AND upload_day >= ((statement_timestamp() - interval '720 hours') AT TIME ZONE 'UTC')::date;
"""


class Migration(migrations.Migration):
    dependencies = [("reads", "0002_people_and_rules"), ("training", "0002_records_written_once")]
    operations = [
        written_once(
            "reads_sitingattestation",
            "reads_batch",
            "reads_deliveryrefused",
            "reads_query",
            "reads_querydecision",
            "reads_queryrun",
            "reads_casenumbersupplied",
            "reads_access",
            "reads_answer",
        ),
        migrations.RunSQL(READS, "DROP TABLE reads_read;"),
        migrations.RunSQL(PARTITIONS, "DROP FUNCTION reads_make_partitions(date, integer);"),
        migrations.RunSQL(
            GATE, "DROP VIEW reads_window; DROP FUNCTION reads_gate(); ALTER TABLE reads_access DROP COLUMN xid;"
        ),
    ]
