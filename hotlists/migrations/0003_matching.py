"""B.1: reads are compared with every list in force in the statement that stores them, whoever stores them."""

from django.db import migrations

WORDS = """
CREATE TYPE hotlists_found AS (
  read_id uuid, upload_day date, uploaded_at timestamptz, captured_at timestamptz, camera_id uuid, plate text,
  state text, watch_id bigint, match text, raised_at timestamptz);

-- How a read and a listed plate match; null where they do not. hotlists/matching.py says the same.
CREATE FUNCTION hotlists_classify(plate text, state text, listed text, listed_state text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN plate = listed AND (state = '' OR listed_state = '' OR state = listed_state) THEN 'exact'
    WHEN plate = listed THEN 'state'
    WHEN state = '' OR listed_state = '' OR state = listed_state THEN 'lookalike'
  END
$$;
"""

# The rows of a list's file count while that file is the one in force and not over 72 hours old; those of an entry from
# its approval to its end. What came into force later than a read was stored never matches it here (C.2.B); but what is
# stored at this moment is compared with what this statement sees in force, or a read would fall between two versions.
IN_FORCE = """
    JOIN hotlists_hotlist l ON l.id = w.hot_list_id AND l.is_active
    LEFT JOIN hotlists_liststate s ON s.hot_list_id = w.hot_list_id
    WHERE (w.starts_at IS NULL OR w.starts_at <= n.uploaded_at OR n.uploaded_at > statement_timestamp() - interval '1 minute')
      AND (w.ends_at IS NULL OR w.ends_at > n.uploaded_at)
      AND (w.refresh_id IS NULL OR (w.refresh_id = s.refresh_id
        AND (s.refreshed_at <= n.uploaded_at OR n.uploaded_at > statement_timestamp() - interval '1 minute')
        AND n.uploaded_at < s.refreshed_at + interval '72 hours'))"""
MATCHES = """
  SELECT array_agg(ROW(m.id, m.upload_day, m.uploaded_at, m.captured_at, m.camera_id, m.plate, m.state, m.watch_id,
    m.match, {raised})::hotlists_found) INTO matched
  FROM (
    SELECT DISTINCT ON (o.id, o.hot_list_id, o.entry_id) o.* FROM (
    SELECT n.id, n.upload_day, n.uploaded_at, n.captured_at, n.camera_id, n.plate, n.state, w.id AS watch_id,
      w.hot_list_id, w.entry_id, hotlists_classify(n.plate, n.state, w.plate, w.state) AS match
    FROM {reads} n JOIN hotlists_watchrow w ON w.plate_fold = n.plate_fold {in_force} {these}
    UNION ALL
    SELECT n.id, n.upload_day, n.uploaded_at, n.captured_at, n.camera_id, n.plate, n.state, w.id,
      w.hot_list_id, w.entry_id, 'partial'
    FROM hotlists_watchrow w JOIN {reads} n ON n.plate LIKE w.pattern
      AND (w.state = '' OR n.state = '' OR w.state = n.state) {in_force} AND w.pattern IS NOT NULL {these}
    ) o WHERE o.match IS NOT NULL
    ORDER BY o.id, o.hot_list_id, o.entry_id, array_position(ARRAY['exact', 'state', 'lookalike', 'partial'], o.match)
  ) m;
"""

RAISE = """
-- Writes the hits of what was found: alerts go to the incident of their plate and entry, or open one; candidates do not.
CREATE FUNCTION hotlists_raise(matched hotlists_found[]) RETURNS void
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
    WHERE NOT EXISTS (SELECT 1 FROM hotlists_sight g WHERE g.read_id = x.read_id AND g.hot_list_id = w.hot_list_id
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

MATCH = f"""
CREATE FUNCTION hotlists_match() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  matched hotlists_found[];
BEGIN
  {MATCHES.format(reads="new_reads", raised="m.uploaded_at", in_force=IN_FORCE, these="")}
  IF matched IS NOT NULL THEN
    PERFORM hotlists_raise(matched);
  END IF;
  INSERT INTO hotlists_matchreceipt AS m (batch_id, at, reads, alerts, candidates)
  SELECT n.batch_id, statement_timestamp(), count(*), coalesce(sum(f.n_alerts), 0), coalesce(sum(f.n_candidates), 0)
  FROM new_reads n LEFT JOIN (
    SELECT x.read_id, count(*) FILTER (WHERE x.match = 'exact') AS n_alerts,
      count(*) FILTER (WHERE x.match <> 'exact') AS n_candidates
    FROM unnest(matched) x GROUP BY 1) f ON f.read_id = n.id
  GROUP BY n.batch_id
  ON CONFLICT (batch_id) DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER hotlists_match AFTER INSERT ON reads_read REFERENCING NEW TABLE AS new_reads
  FOR EACH STATEMENT EXECUTE FUNCTION hotlists_match();
"""

SWEEP = f"""
-- Deliveries of the last 720 hours without a receipt, oldest first. What was told of hits over a day ago is forgotten.
CREATE FUNCTION hotlists_unmatched(most integer) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM hotlists_hitevent e WHERE e.at < statement_timestamp() - interval '1 day';
  SELECT b.id FROM reads_batch b
  WHERE b.stored > 0 AND b.at > statement_timestamp() - interval '720 hours'
    AND b.at < statement_timestamp() - interval '1 minute'
    AND NOT EXISTS (SELECT 1 FROM hotlists_matchreceipt m WHERE m.batch_id = b.id)
  ORDER BY b.at LIMIT most
$$;

-- Compares the reads of one delivery, as the trigger would have; answers how many hits. Again and again does no harm.
CREATE FUNCTION hotlists_match_batch(batch uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  matched hotlists_found[];
  first date := (SELECT (b.at AT TIME ZONE 'UTC')::date - 1 FROM reads_batch b WHERE b.id = batch);
BEGIN
  {
    MATCHES.format(
        reads="reads_read",
        raised="statement_timestamp()",
        in_force=IN_FORCE,
        these='''
      AND n.batch_id = batch AND n.upload_day >= first AND n.upload_day <= first + 2
      AND n.uploaded_at > statement_timestamp() - interval '720 hours' ''',
    )
}
  IF matched IS NOT NULL THEN
    PERFORM hotlists_raise(matched);
  END IF;
  INSERT INTO hotlists_matchreceipt (batch_id, at, reads, alerts, candidates)
  SELECT batch, statement_timestamp(), (SELECT stored FROM reads_batch WHERE id = batch),
    count(*) FILTER (WHERE f.match = 'exact'), count(*) FILTER (WHERE f.match <> 'exact') FROM unnest(matched) f
  ON CONFLICT DO NOTHING;
  RETURN coalesce(cardinality(matched), 0);
END $$;
"""

FOLLOWS = """
CREATE FUNCTION hotlists_hits_raised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO hotlists_queueitem AS q (incident_id, hot_list_id, camera_id, area, priority, unit, first_at, last_at, hits,
    state_confirmed, stale)
  SELECT DISTINCT ON (i.id) i.id, i.hot_list_id, h.camera_id, h.area, i.priority, i.unit, i.at, h.at,
    count(*) OVER (PARTITION BY i.id), h.state_confirmed, h.stale
  FROM new_hits h JOIN hotlists_incident i ON i.id = h.incident_id
  WHERE NOT EXISTS (SELECT 1 FROM hotlists_verification v WHERE v.incident_id = i.id AND v.outcome <> '')
    AND NOT EXISTS (SELECT 1 FROM hotlists_stop t WHERE t.incident_id = i.id)
  ORDER BY i.id, h.at DESC
  ON CONFLICT (incident_id) DO UPDATE SET camera_id = EXCLUDED.camera_id, area = EXCLUDED.area,
    last_at = greatest(q.last_at, EXCLUDED.last_at), hits = q.hits + EXCLUDED.hits,
    state_confirmed = EXCLUDED.state_confirmed, stale = EXCLUDED.stale;
  PERFORM hotlists_tell(n.incident_id) FROM (
    SELECT DISTINCT h.incident_id FROM new_hits h JOIN hotlists_queueitem q ON q.incident_id = h.incident_id
    WHERE q.muted_until IS NULL OR q.muted_until <= h.at) n;
  RETURN NULL;
END $$;

CREATE FUNCTION hotlists_entries_used() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO hotlists_entryuse AS u (entry_id, alerts, candidates)
  SELECT n.entry_id, count(n.incident_id), count(*) - count(n.incident_id) FROM new_sights n
  WHERE n.entry_id IS NOT NULL GROUP BY 1 ORDER BY 1
  ON CONFLICT (entry_id) DO UPDATE SET alerts = u.alerts + EXCLUDED.alerts, candidates = u.candidates + EXCLUDED.candidates;
  RETURN NULL;
END $$;

CREATE TRIGGER hotlists_hits_raised AFTER INSERT ON hotlists_hit REFERENCING NEW TABLE AS new_hits
  FOR EACH STATEMENT EXECUTE FUNCTION hotlists_hits_raised();
CREATE TRIGGER hotlists_entries_used AFTER INSERT ON hotlists_sight REFERENCING NEW TABLE AS new_sights
  FOR EACH STATEMENT EXECUTE FUNCTION hotlists_entries_used();

-- What hits saw goes in the transaction that disposes of the reads (G).
CREATE FUNCTION hotlists_forget_day() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM hotlists_sight s WHERE s.upload_day = NEW.day;
  DELETE FROM hotlists_queueitem q WHERE NOT EXISTS (SELECT 1 FROM hotlists_sight s WHERE s.incident_id = q.incident_id);
  RETURN NULL;
END $$;
CREATE TRIGGER hotlists_forget_day AFTER INSERT ON reads_disposedday FOR EACH ROW EXECUTE FUNCTION hotlists_forget_day();

CREATE VIEW hotlists_sight_window AS
  SELECT hit_id, incident_id, read_id, upload_day, uploaded_at, entry_id, version_id, plate, listed, listed_state, detail
  FROM hotlists_sight
  WHERE (SELECT reads_gate()) AND uploaded_at > statement_timestamp() - interval '720 hours';
"""
TABLES = {
    "reads_read": "hotlists_match",
    "hotlists_hit": "hotlists_hits_raised",
    "hotlists_sight": "hotlists_entries_used",
    "reads_disposedday": "hotlists_forget_day",
}
ALWAYS = "\n".join(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};" for table, name in TABLES.items())
FALL = "DROP VIEW hotlists_sight_window;\n" + "\n".join(
    f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();" for table, name in TABLES.items()
)
FUNCTIONS = (
    *("hotlists_match_batch(uuid)", "hotlists_unmatched(integer)", "hotlists_raise(hotlists_found[])"),
    "hotlists_classify(text, text, text, text)",
)


class Migration(migrations.Migration):
    dependencies = [("hotlists", "0002_guards"), ("reads", "0012_looks_at_hits")]
    operations = [
        migrations.RunSQL(
            WORDS + RAISE + MATCH + SWEEP + FOLLOWS + ALWAYS,
            FALL + "\n".join(f"DROP FUNCTION {name};" for name in FUNCTIONS) + "DROP TYPE hotlists_found;",
        ),
    ]
