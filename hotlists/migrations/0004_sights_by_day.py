"""What hits saw lies by upload day, so that it leaves the disk with its reads: rows that are only deleted stay in files (G)."""

from django.db import migrations

COLUMNS = """
  hit_id uuid NOT NULL,
  incident_id uuid,
  read_id uuid NOT NULL,
  upload_day date NOT NULL,
  uploaded_at timestamptz NOT NULL,
  hot_list_id uuid NOT NULL,
  entry_id uuid,
  version_id uuid,
  plate varchar(10) COLLATE "C" NOT NULL,
  listed varchar(40) COLLATE "C" NOT NULL,
  listed_state varchar(2) NOT NULL,
  detail jsonb NOT NULL"""
NAMES = (
    "hit_id, incident_id, read_id, upload_day, uploaded_at, hot_list_id, entry_id, version_id, plate, listed, "
    "listed_state, detail"
)
PUT_AWAY = """
DROP VIEW hotlists_sight_window;
DROP TRIGGER hotlists_entries_used ON hotlists_sight;
ALTER TABLE hotlists_sight RENAME TO hotlists_sight_before;
"""
# The entries' use was counted when these came: the trigger stands again once they are copied.
PUT_BACK = f"""
INSERT INTO hotlists_sight ({NAMES}) SELECT {NAMES} FROM hotlists_sight_before;
DROP TABLE hotlists_sight_before;
CREATE INDEX sight_by_incident ON hotlists_sight (incident_id);
CREATE INDEX sight_by_plate ON hotlists_sight (plate, hot_list_id);
CREATE TRIGGER hotlists_entries_used AFTER INSERT ON hotlists_sight REFERENCING NEW TABLE AS new_sights
  FOR EACH STATEMENT EXECUTE FUNCTION hotlists_entries_used();
ALTER TABLE hotlists_sight ENABLE ALWAYS TRIGGER hotlists_entries_used;
"""
WINDOW = """
CREATE VIEW hotlists_sight_window AS
  SELECT hit_id, incident_id, read_id, upload_day, uploaded_at, entry_id, version_id, plate, listed, listed_state, detail
  FROM hotlists_sight
  WHERE (SELECT reads_gate()) AND uploaded_at > statement_timestamp() - interval '720 hours' {days};
"""
DAYS = "AND upload_day >= ((statement_timestamp() - interval '720 hours') AT TIME ZONE 'UTC')::date"

# Statistics of the whole table would keep plates of days that are gone; those of a day go with it.
BY_DAY = f"""
CREATE TABLE hotlists_sight ({COLUMNS},
  CONSTRAINT hotlists_sight_by_day_pkey PRIMARY KEY (hit_id, upload_day),
  CONSTRAINT sight_once_a_day UNIQUE NULLS NOT DISTINCT (read_id, hot_list_id, entry_id, upload_day)
) PARTITION BY RANGE (upload_day);
ALTER TABLE ONLY hotlists_sight ALTER COLUMN plate SET STATISTICS 0;
ALTER TABLE ONLY hotlists_sight ALTER COLUMN listed SET STATISTICS 0;
ALTER TABLE ONLY hotlists_sight ALTER COLUMN detail SET STATISTICS 0;
INSERT INTO reads_daily VALUES ('hotlists_sight');
SELECT reads_make_partitions(day, 1) FROM (
  SELECT reads_upload_days() AS day UNION SELECT upload_day FROM hotlists_sight_before ORDER BY 1) days;
DROP INDEX sight_by_incident, sight_by_plate;
"""
IN_ONE = f"""
DELETE FROM reads_daily WHERE parent = 'hotlists_sight';
DROP INDEX sight_by_incident, sight_by_plate;
CREATE TABLE hotlists_sight ({COLUMNS},
  CONSTRAINT hotlists_sight_pkey PRIMARY KEY (hit_id),
  CONSTRAINT sight_once UNIQUE NULLS NOT DISTINCT (read_id, hot_list_id, entry_id)
);
CREATE INDEX sight_by_day ON hotlists_sight (upload_day);
"""

# A hit of a read is looked for on the read's own day; the incident of a plate and entry, on every day there is: a sweep
# may compare old deliveries, and an incident that is muted may be of any age.
RAISE = """
CREATE OR REPLACE FUNCTION hotlists_raise(matched hotlists_found[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- two deliveries with the same plate wait for each other, so that they open one incident
  PERFORM pg_advisory_xact_lock(hashtextextended(k.key, 0)) FROM (
    SELECT DISTINCT concat(w.hot_list_id, w.entry_id, f.plate) AS key
    FROM unnest(matched) f JOIN hotlists_watchrow w ON w.id = f.watch_id WHERE f.match = 'exact' ORDER BY 1) k;
  WITH f AS (
    SELECT gen_random_uuid() AS hit_id, x.*, w.hot_list_id, w.entry_id, w.version_id, w.refresh_id,
      coalesce(w.plate, w.pattern) AS listed, w.state AS listed_state, w.detail, l.priority, c.area,
      x.state <> '' AND w.state <> '' AS state_confirmed,
      CASE WHEN w.refresh_id IS NOT NULL
        THEN greatest(0, extract(epoch FROM x.uploaded_at - s.refreshed_at))::integer END AS list_age,
      coalesce((SELECT v.by_unit FROM hotlists_entryversion v
        WHERE v.id = w.version_id AND v.confidentiality = 'unit'), '') AS unit,
      CASE WHEN c.mount = 'vehicle' THEN (SELECT p.id FROM hotlists_vehiclepack p
        WHERE p.camera_id = c.id AND p.at <= x.captured_at
          AND p.at > x.captured_at - interval '72 hours' ORDER BY p.at DESC LIMIT 1) END AS pack_id
    FROM unnest(matched) x JOIN hotlists_watchrow w ON w.id = x.watch_id
    JOIN hotlists_hotlist l ON l.id = w.hot_list_id JOIN reads_camera c ON c.id = x.camera_id
    LEFT JOIN hotlists_liststate s ON s.hot_list_id = w.hot_list_id
    WHERE NOT EXISTS (SELECT 1 FROM hotlists_sight g WHERE g.read_id = x.read_id{same_day} AND g.hot_list_id = w.hot_list_id
      AND g.entry_id IS NOT DISTINCT FROM w.entry_id)
  ), keys AS (
    SELECT DISTINCT ON (f.hot_list_id, f.entry_id, f.plate) f.*, gen_random_uuid() AS fresh, (
      SELECT g.incident_id FROM hotlists_sight g JOIN hotlists_incident i ON i.id = g.incident_id
      LEFT JOIN hotlists_queueitem q ON q.incident_id = g.incident_id
      WHERE g.plate = f.plate AND g.hot_list_id = f.hot_list_id AND g.entry_id IS NOT DISTINCT FROM f.entry_id
        AND i.unit = f.unit AND NOT EXISTS (SELECT 1 FROM hotlists_stop t WHERE t.incident_id = i.id)
        AND NOT EXISTS (SELECT 1 FROM hotlists_verification v WHERE v.incident_id = i.id AND v.outcome <> '')
        AND (q.last_at > f.uploaded_at - interval '60 minutes' OR EXISTS (
          SELECT 1 FROM hotlists_mute m WHERE m.incident_id = g.incident_id AND m.ends_at > f.uploaded_at))
      ORDER BY g.uploaded_at DESC LIMIT 1) AS old
    FROM f WHERE f.match = 'exact' ORDER BY f.hot_list_id, f.entry_id, f.plate, f.captured_at
  ), opened AS (
    INSERT INTO hotlists_incident (id, at, by_name, by_badge, by_unit, hot_list_id, camera_id, area, priority, unit)
    SELECT k.fresh, k.raised_at, 'the portal', '', '', k.hot_list_id, k.camera_id, k.area, k.priority, k.unit FROM keys k
    WHERE k.old IS NULL
  ), placed AS (
    SELECT f.*, coalesce(k.old, k.fresh) AS incident_id FROM f LEFT JOIN keys k ON f.match = 'exact'
      AND k.plate = f.plate AND k.hot_list_id = f.hot_list_id AND k.entry_id IS NOT DISTINCT FROM f.entry_id
  ), hits AS (
    INSERT INTO hotlists_hit (id, at, by_name, by_badge, by_unit, incident_id, hot_list_id, refresh_id, camera_id, area, day,
      match, state_confirmed, list_age, stale, unit, pack_id)
    SELECT p.hit_id, p.raised_at, 'the portal', '', '', p.incident_id, p.hot_list_id, p.refresh_id, p.camera_id, p.area,
      (p.captured_at AT TIME ZONE 'America/Los_Angeles')::date, p.match, p.state_confirmed, p.list_age,
      coalesce(p.list_age > 86400, false), p.unit, p.pack_id
    FROM placed p
  )
  INSERT INTO hotlists_sight (hit_id, incident_id, read_id, upload_day, uploaded_at, hot_list_id, entry_id, version_id,
    plate, listed, listed_state, detail)
  SELECT p.hit_id, p.incident_id, p.read_id, p.upload_day, p.uploaded_at, p.hot_list_id, p.entry_id, p.version_id,
    p.plate, p.listed, p.listed_state, p.detail FROM placed p;
END $$;
"""
SAME_DAY = " AND g.upload_day = x.upload_day"

# The partitions of the day are gone by then: only what waits to be worked is left to tidy.
FORGET = """
CREATE OR REPLACE FUNCTION hotlists_forget_day() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  {sights}DELETE FROM hotlists_queueitem q WHERE NOT EXISTS (SELECT 1 FROM hotlists_sight s WHERE s.incident_id = q.incident_id);
  RETURN NULL;
END $$;
"""
SIGHTS = "DELETE FROM hotlists_sight s WHERE s.upload_day = NEW.day;\n  "


def functions(*, by_day: bool) -> str:
    return RAISE.replace("{same_day}", SAME_DAY if by_day else "") + FORGET.format(sights="" if by_day else SIGHTS)


class Migration(migrations.Migration):
    dependencies = [("hotlists", "0003_matching"), ("reads", "0014_held_data")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    PUT_AWAY + BY_DAY + PUT_BACK + WINDOW.format(days=DAYS) + functions(by_day=True),
                    PUT_AWAY + IN_ONE + PUT_BACK + WINDOW.format(days="") + functions(by_day=False),
                )
            ],
            state_operations=[migrations.AlterModelOptions(name="sight", options={"managed": False})],
        )
    ]
