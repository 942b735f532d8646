"""Where a read's pictures lie, by upload day like the reads, behind the same gate; both partitions are made together."""

from django.db import migrations, models

PICTURES = """
CREATE TABLE reads_picture (
  read_id uuid NOT NULL,
  upload_day date NOT NULL,
  number smallint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('plate', 'vehicle', 'overview')),
  pack text NOT NULL CHECK (pack ~ '^[0-9]{2}$'),
  starts_at bigint NOT NULL,
  size integer NOT NULL,
  thumbnail_starts_at bigint NOT NULL,
  thumbnail_size integer NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (read_id, number, upload_day)
) PARTITION BY RANGE (upload_day);

CREATE VIEW reads_picture_window AS
  SELECT p.* FROM reads_picture p JOIN reads_window r ON r.id = p.read_id AND r.upload_day = p.upload_day;
"""

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
  fresh boolean;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('reads_make_partitions'));
  FOR day IN SELECT first + n FROM generate_series(0, days - 1) AS n LOOP
    fresh := false;
    FOREACH parent IN ARRAY ARRAY['reads_read', 'reads_picture'] LOOP
      name := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass('public.' || name));
      IF to_regclass('public.' || name) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
      END IF;
      EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report', name);
      EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, name, day, day + 1);
      fresh := true;
    END LOOP;
    made := made + fresh::integer;
  END LOOP;
  RETURN made;
END $$;

-- The days that have reads already get their place for pictures.
SELECT reads_make_partitions(to_date(right(c.relname, 8), 'YYYYMMDD'), 1)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'reads_read'::regclass;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION reads_make_partitions(first date, days integer) RETURNS integer
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


class Migration(migrations.Migration):
    dependencies = [("reads", "0006_siting_names_its_place")]
    operations = [
        migrations.RunSQL(PICTURES, "DROP VIEW reads_picture_window; DROP TABLE reads_picture;"),
        migrations.RunSQL(PARTITIONS, BEFORE),
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "read_id", "number", "upload_day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("read_id", models.UUIDField()),
                ("upload_day", models.DateField()),
                ("number", models.SmallIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("pack", models.CharField(max_length=2)),
                ("starts_at", models.BigIntegerField()),
                ("size", models.IntegerField()),
                ("thumbnail_starts_at", models.BigIntegerField()),
                ("thumbnail_size", models.IntegerField()),
                ("digest", models.CharField(max_length=64)),
            ],
            options={"db_table": "reads_picture_window", "ordering": ["read_id", "number"], "managed": False},
        ),
    ]
