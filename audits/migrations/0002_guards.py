"""Records go by two persons' word, over their term, reported, under no hold: asked here, at the one door through alpr_deny."""

from django.db import migrations

from alpr_portal.records import DENY, written_once
from audits.catalogue import GONE

RECORDS = (
    *("reportissued", "recordshold", "recordsholdendasked", "recordsholdenddecision"),
    *("disposalproposed", "disposaldecision", "disposedrecords", "disposalfinished"),
)
DENY_BEFORE = """
CREATE OR REPLACE FUNCTION alpr_deny() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A record is written once: % of % is refused (F.1)', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""

# What is looked at within one transaction: the rows of some stories, and which of them are going this very moment.
WORK = """
CREATE UNLOGGED TABLE audits_work (
  job xid8 NOT NULL DEFAULT pg_current_xact_id(),
  tab text NOT NULL,
  key text NOT NULL,
  story text NOT NULL,
  at timestamptz,
  until timestamptz,
  case_number text NOT NULL DEFAULT '',
  verdict text NOT NULL DEFAULT '',
  going boolean NOT NULL DEFAULT false,
  PRIMARY KEY (job, tab, key)
);
CREATE INDEX audits_work_story ON audits_work (job, story);

-- The rows of these stories, nothing else of this transaction.
CREATE FUNCTION audits_gather(root text, stories text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  part record;
BEGIN
  DELETE FROM audits_work w WHERE w.job = pg_current_xact_id();
  FOR part IN SELECT p.tab, p.rows FROM audits_parts() p WHERE p.root = $1 LOOP
    EXECUTE format('INSERT INTO audits_work (tab, story, key, at, until, case_number) SELECT %L, r.* FROM (%s) r',
      part.tab, part.rows) USING stories;
  END LOOP;
END $$;
"""

RULES = """
-- The last day on which a story that ended on a day is kept: its anniversary, and March 1 for a February 29.
CREATE FUNCTION audits_last_day(ended_on date, years integer) RETURNS date
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT (ended_on + make_interval(years => years))::date
    + (extract(day FROM ended_on) <> extract(day FROM ended_on + make_interval(years => years)))::integer
$$;

-- The twin of retention_rules.verdict.
CREATE FUNCTION audits_verdict(kind text, years integer[], began_at timestamptz, ended_at timestamptz, cases text[],
  up_to date, today date) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE
    WHEN ended_at = 'infinity' THEN 'runs'
    WHEN today <= audits_last_day((ended_at AT TIME ZONE 'America/Los_Angeles')::date, audits_years())
      OR (ended_at AT TIME ZONE 'America/Los_Angeles')::date > up_to THEN 'young'
    WHEN EXISTS (SELECT 1 FROM unnest(years) y WHERE NOT EXISTS (SELECT 1 FROM audits_reportissued i WHERE i.year = y))
      THEN 'unreported'
    WHEN EXISTS (
      SELECT 1 FROM audits_recordshold h WHERE kind = ANY (h.classes)
        AND NOT EXISTS (SELECT 1 FROM audits_recordsholdenddecision d WHERE d.hold_id = h.id AND d.approved)
        AND (h.from_on IS NULL OR (ended_at AT TIME ZONE 'America/Los_Angeles')::date >= h.from_on)
        AND (h.to_on IS NULL OR (began_at AT TIME ZONE 'America/Los_Angeles')::date <= h.to_on)
        AND (h.case_number = '' OR h.case_number = ANY (cases))) THEN 'held'
    ELSE 'goes' END
$$;

-- Judge the stories that were gathered. Whatever a row that stays refers to stays with it; ``listed``: a proposal whose
-- rows count as gone already.
CREATE FUNCTION audits_judge(kind text, up_to date, listed uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  link record;
  found integer;
  marked integer;
BEGIN
  UPDATE audits_work w SET verdict = v.verdict FROM (
    SELECT s.story, audits_verdict(audits_judge.kind, s.years, s.began_at, s.ended_at, s.cases, audits_judge.up_to,
      (clock_timestamp() AT TIME ZONE 'America/Los_Angeles')::date) AS verdict
    FROM (SELECT g.story, min(g.at) AS began_at, max(g.until) AS ended_at,
            array_agg(DISTINCT g.case_number) FILTER (WHERE g.case_number <> '') AS cases,
            array_agg(DISTINCT extract(year FROM g.at AT TIME ZONE 'America/Los_Angeles')::integer)
              FILTER (WHERE g.at IS NOT NULL) AS years
          FROM audits_work g WHERE g.job = pg_current_xact_id() GROUP BY g.story) s) v
  WHERE w.job = pg_current_xact_id() AND w.story = v.story;
  LOOP
    marked := 0;
    FOR link IN
      SELECT c.conrelid::regclass::text AS from_tab, a.attname AS col, c.confrelid::regclass::text AS tab,
        format_type(a.atttypid, NULL) AS type,
        (SELECT p.key FROM audits_parts() p WHERE p.tab = c.conrelid::regclass::text LIMIT 1) AS key
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'f' AND c.confrelid IN (
        SELECT DISTINCT to_regclass('public.' || w.tab) FROM audits_work w WHERE w.job = pg_current_xact_id())
    LOOP
      EXECUTE format('UPDATE audits_work u SET verdict = ''needed'' WHERE u.job = pg_current_xact_id()
          AND u.verdict = ''goes'' AND u.story IN (
            SELECT w.story FROM audits_work w JOIN %I x ON x.%I = w.key::%s
            WHERE w.job = pg_current_xact_id() AND w.tab = %L AND w.verdict = ''goes'''
        || CASE WHEN link.key IS NULL THEN '' ELSE '
              AND NOT EXISTS (SELECT 1 FROM audits_work o WHERE o.job = w.job AND o.tab = %5$L AND o.key = x.%6$I::text
                AND o.verdict = ''goes'')
              AND NOT EXISTS (SELECT 1 FROM audits_disposalrow l WHERE l.proposal_id = $1 AND l."table" = %5$L
                AND l.key = x.%6$I::text)' END
        || ')', link.from_tab, link.col, link.type, link.tab, link.from_tab, link.key) USING listed;
      GET DIAGNOSTICS found = ROW_COUNT;
      marked := marked + found;
    END LOOP;
    EXIT WHEN marked = 0;
  END LOOP;
END $$;

-- A hold that is placed and records that go take turns: of the two, one comes first and the other sees it.
CREATE FUNCTION audits_lock() RETURNS void LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(7220722, 0);
$$;
"""

# Each guard runs as whoever inserts: current_user tells the application from the owner.
GUARDS = """
CREATE FUNCTION audits_guard_report() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.year >= extract(year FROM NEW.at AT TIME ZONE 'America/Los_Angeles') THEN
    PERFORM training_no('report_of_a_year_that_is_over', 'An annual report tells of a year that is over (K.report)');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM training_publication p WHERE p.id = NEW.publication_id AND p.kind = 'annual_report') THEN
    PERFORM training_no('report_is_published', 'An annual report is issued as a published document (K.report)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'training.publish_document') THEN
    PERFORM training_no('report_issued_by_entitled', 'The Administrator or designee issues the annual report (L.2)');
  END IF;
  IF current_user = 'alpr_app'
      AND (NEW.on_behalf_of_id IS NULL) <> training_own(NEW.by_id, 'training.publish_document') THEN
    PERFORM training_no('report_issued_on_behalf', 'A designee, and nobody else, acts on behalf of a principal (L.2)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_guard_hold() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM audits_lock();
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'audits.hold_records') THEN
    PERFORM training_no('records_hold_by_entitled', 'The Administrator or the Coordinator holds records (K.report)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_guard_end_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM audits_lock();
  IF EXISTS (SELECT 1 FROM audits_recordsholdenddecision d WHERE d.hold_id = NEW.hold_id AND d.approved)
      OR EXISTS (SELECT 1 FROM audits_recordsholdendasked a WHERE a.hold_id = NEW.hold_id
        AND NOT EXISTS (SELECT 1 FROM audits_recordsholdenddecision d WHERE d.asked_id = a.id)) THEN
    PERFORM training_no('records_hold_end_asked_once', 'The end of this hold waits already, or it ended (K.report)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'audits.hold_records') THEN
    PERFORM training_no('records_hold_by_entitled', 'The Administrator or the Coordinator holds records (K.report)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_guard_end_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM audits_lock();
  IF NOT EXISTS (SELECT 1 FROM audits_recordsholdendasked a
      WHERE a.id = NEW.asked_id AND a.hold_id = NEW.hold_id AND a.by_id = NEW.asked_by_id) THEN
    PERFORM training_no('records_hold_end_names_asker', 'A decision names who asked, and for which hold (K.report)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'audits.hold_records') THEN
    PERFORM training_no('records_hold_by_entitled', 'The Administrator or the Coordinator holds records (K.report)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_guard_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'audits.propose_disposal') THEN
    PERFORM training_no('disposal_proposed_by_entitled', 'The Coordinator proposes what goes (K.report)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_guard_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM audits_lock();
  IF NOT EXISTS (SELECT 1 FROM audits_disposalproposed p WHERE p.id = NEW.proposal_id AND p.by_id = NEW.asked_by_id) THEN
    PERFORM training_no('disposal_decision_names_asker', 'A decision names who proposed (K.report)');
  END IF;
  IF NEW.digest IS DISTINCT FROM (SELECT p.digest FROM audits_disposalproposed p WHERE p.id = NEW.proposal_id) THEN
    PERFORM training_no('disposal_decided_as_seen', 'What is approved is what the decider saw (K.report)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'audits.decide_disposal') THEN
    PERFORM training_no('disposal_decided_by_entitled', 'The Administrator decides what goes (K.report)');
  END IF;
  RETURN NEW;
END $$;
"""

EFFECTS = """
-- What a proposal proposes the database finds: every story of the class that may go, up to as many as a batch has.
CREATE FUNCTION audits_list_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part record;
  found text[];
  looked integer;
  room integer;
  turn integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7220723, hashtext(NEW.kind));
  IF EXISTS (SELECT 1 FROM audits_disposalproposed p WHERE p.kind = NEW.kind
      AND NOT EXISTS (SELECT 1 FROM audits_disposalfinished f WHERE f.proposal_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM audits_disposaldecision d WHERE d.proposal_id = p.id AND NOT d.approved)) THEN
    PERFORM training_no('disposal_one_at_a_time', 'A batch of this class waits or runs already (K.report)');
  END IF;
  NEW.oldest_at := NULL;
  NEW.newest_at := NULL;
  FOR part IN SELECT * FROM audits_parts() p WHERE p.kind = NEW.kind AND p.candidates <> '' ORDER BY p.turn LOOP
    looked := 0;
    LOOP  -- what is kept for some reason does not fill the batch
      room := audits_cap() - turn;
      EXIT WHEN room <= 0;
      EXECUTE format('SELECT array_agg(c.key) FROM (SELECT key FROM (%s) t ORDER BY at, key OFFSET %s LIMIT %s) c',
          part.candidates, looked, room)
        INTO found USING ((NEW.up_to + 1)::timestamp AT TIME ZONE 'America/Los_Angeles');
      EXIT WHEN found IS NULL;
      looked := looked + cardinality(found);
      PERFORM audits_gather(part.root, found);
      PERFORM audits_judge(NEW.kind, NEW.up_to, NEW.id);
      DELETE FROM audits_work WHERE job = pg_current_xact_id() AND verdict <> 'goes';
      INSERT INTO audits_disposalrow (proposal_id, "table", key, root, story, number, state)
      SELECT NEW.id, w.tab, w.key, part.root, w.story, turn + dense_rank() OVER (ORDER BY s.began_at DESC, w.story), ''
      FROM audits_work w JOIN (SELECT story, min(at) AS began_at FROM audits_work WHERE job = pg_current_xact_id()
        GROUP BY story) s ON s.story = w.story
      WHERE w.job = pg_current_xact_id();
      SELECT turn + count(DISTINCT story), least(NEW.oldest_at, min(at)), greatest(NEW.newest_at, max(at))
        INTO turn, NEW.oldest_at, NEW.newest_at FROM audits_work WHERE job = pg_current_xact_id();
    END LOOP;
  END LOOP;
  DELETE FROM audits_work WHERE job = pg_current_xact_id();
  IF turn = 0 THEN
    PERFORM training_no('disposal_of_something', 'No record of this class may go up to that day (K.report)');
  END IF;
  NEW.stories := turn;
  SELECT sum(t.n), jsonb_object_agg(t."table", t.n) INTO NEW.rows, NEW.counts
  FROM (SELECT "table", count(*) AS n FROM audits_disposalrow WHERE proposal_id = NEW.id GROUP BY 1) t;
  SELECT encode(sha256(convert_to(string_agg("table" || ' ' || key, E'\\n' ORDER BY "table" COLLATE "C", key COLLATE "C"),
    'UTF8')), 'hex') INTO NEW.digest FROM audits_disposalrow WHERE proposal_id = NEW.id;
  RETURN NEW;
END $$;

CREATE FUNCTION audits_forget_denied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT NEW.approved THEN
    DELETE FROM audits_disposalrow WHERE proposal_id = NEW.proposal_id;
  END IF;
  RETURN NULL;
END $$;

-- The receipts of a batch of which no row waits any more.
CREATE FUNCTION audits_finish(batch uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO audits_disposedrecords (id, by_name, by_badge, by_unit, proposal_id, "table", rows, kept, digest)
  SELECT gen_random_uuid(), 'the portal', '', '', batch, r."table", count(*) FILTER (WHERE r.state = 'gone'),
    count(*) FILTER (WHERE r.state <> 'gone'),
    encode(sha256(convert_to(coalesce(string_agg(r.key, E'\\n' ORDER BY r.key COLLATE "C") FILTER (WHERE r.state = 'gone'), ''),
      'UTF8')), 'hex')
  FROM audits_disposalrow r WHERE r.proposal_id = batch GROUP BY r."table";
  INSERT INTO audits_disposalfinished (id, by_name, by_badge, by_unit, proposal_id, rows, kept, digest)
  SELECT gen_random_uuid(), 'the portal', '', '', batch, count(*) FILTER (WHERE r.state = 'gone'),
    coalesce((SELECT jsonb_object_agg(k.state, k.n) FROM (SELECT state, count(*) AS n FROM audits_disposalrow
      WHERE proposal_id = batch AND state <> 'gone' GROUP BY state) k), '{}'),
    encode(sha256(convert_to(coalesce(string_agg(r."table" || ' ' || r.key, E'\\n'
      ORDER BY r."table" COLLATE "C", r.key COLLATE "C") FILTER (WHERE r.state = 'gone'), ''), 'UTF8')), 'hex')
  FROM audits_disposalrow r WHERE r.proposal_id = batch;
  DELETE FROM audits_disposalrow WHERE proposal_id = batch;
END $$;

-- The one door: the next stories of an approved batch go, each as a whole, unless something speaks against it by now.
-- Answers how many rows still wait; at none the receipts are written.
CREATE FUNCTION audits_dispose(batch uuid, stories integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked audits_disposalproposed;
  turn record;
  part record;
BEGIN
  PERFORM audits_lock();
  SELECT p.* INTO asked FROM audits_disposalproposed p JOIN audits_disposaldecision d ON d.proposal_id = p.id AND d.approved
    WHERE p.id = batch AND d.by_id <> p.by_id;
  IF asked.id IS NULL OR EXISTS (SELECT 1 FROM audits_disposalfinished f WHERE f.proposal_id = batch) THEN
    PERFORM training_no('disposal_approved', 'Records go in a batch that two persons let go, and that is not done (K.report)');
  END IF;
  SET CONSTRAINTS ALL DEFERRED;
  FOR turn IN
    SELECT n.root, array_agg(DISTINCT n.story) AS found FROM (
      SELECT DISTINCT r.root, r.story, r.number FROM audits_disposalrow r WHERE r.proposal_id = batch AND r.state = ''
        ORDER BY r.number LIMIT greatest(1, least(stories, 5000))) n GROUP BY n.root ORDER BY min(n.number)
  LOOP
    PERFORM audits_gather(turn.root, turn.found);
    UPDATE audits_work w SET verdict = 'changed' WHERE w.job = pg_current_xact_id() AND w.story IN (
      SELECT coalesce(l.story, g.story) FROM (SELECT * FROM audits_work WHERE job = pg_current_xact_id()) g
      FULL JOIN (SELECT * FROM audits_disposalrow WHERE proposal_id = batch AND root = turn.root
        AND story = ANY (turn.found)) l ON l."table" = g.tab AND l.key = g.key
      WHERE l.key IS NULL OR g.key IS NULL);
    UPDATE audits_disposalrow r SET state = 'changed' WHERE r.proposal_id = batch AND r.root = turn.root
      AND r.story = ANY (turn.found) AND (NOT EXISTS (SELECT 1 FROM audits_work w WHERE w.job = pg_current_xact_id()
        AND w.story = r.story) OR EXISTS (SELECT 1 FROM audits_work w WHERE w.job = pg_current_xact_id()
        AND w.story = r.story AND w.verdict = 'changed'));
    DELETE FROM audits_work w WHERE w.job = pg_current_xact_id() AND w.verdict = 'changed';
    PERFORM audits_judge(asked.kind, asked.up_to, NULL);
    UPDATE audits_work w SET going = true WHERE w.job = pg_current_xact_id() AND w.verdict = 'goes';
    FOR part IN SELECT DISTINCT p.tab, p.key FROM audits_parts() p WHERE p.root = turn.root LOOP
      EXECUTE format('DELETE FROM %I t USING audits_work w WHERE w.job = pg_current_xact_id() AND w.going AND w.tab = %L
          AND t.%I = w.key::%s', part.tab, part.tab, part.key,
        (SELECT format_type(a.atttypid, NULL) FROM pg_attribute a
          WHERE a.attrelid = to_regclass('public.' || part.tab) AND a.attname = part.key));
    END LOOP;
    UPDATE audits_disposalrow r SET state = CASE WHEN w.going THEN 'gone' ELSE w.verdict END
      FROM audits_work w WHERE r.proposal_id = batch AND r.state = '' AND w.job = pg_current_xact_id()
        AND w.tab = r."table" AND w.key = r.key AND w.story = r.story;
  END LOOP;
  SET CONSTRAINTS ALL IMMEDIATE;
  SET CONSTRAINTS ALL DEFERRED;
  DELETE FROM audits_work WHERE job = pg_current_xact_id();
  IF NOT EXISTS (SELECT 1 FROM audits_disposalrow r WHERE r.proposal_id = batch AND r.state = '') THEN
    PERFORM audits_finish(batch);
    RETURN 0;
  END IF;
  RETURN (SELECT count(*) FROM audits_disposalrow r WHERE r.proposal_id = batch AND r.state = '');
END $$;

-- Per class: how many rows, the oldest, how many stories ended long enough ago (holds and reports not asked).
CREATE FUNCTION audits_overview() RETURNS TABLE (kind text, records bigint, oldest_at timestamptz, over_term bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  each record;
  part record;
  found bigint;
  first timestamptz;
  today date := (clock_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;
BEGIN
  FOR each IN SELECT DISTINCT p.kind FROM audits_parts() p LOOP
    kind := each.kind;
    records := 0;
    over_term := 0;
    oldest_at := NULL;
    FOR part IN SELECT DISTINCT p.tab, p.counts FROM audits_parts() p WHERE p.kind = each.kind LOOP
      EXECUTE part.counts INTO found, first;
      records := records + found;
      oldest_at := least(oldest_at, first);
    END LOOP;
    FOR part IN SELECT p.candidates FROM audits_parts() p WHERE p.kind = each.kind AND p.candidates <> '' LOOP
      EXECUTE format('SELECT count(*) FROM (%s) t', part.candidates) INTO found
        USING ((today - make_interval(years => audits_years()))::date::timestamp AT TIME ZONE 'America/Los_Angeles');
      over_term := over_term + found;
    END LOOP;
    RETURN NEXT;
  END LOOP;
END $$;
"""
# trigger function → (when, table)
TRIGGERS = (
    ("audits_guard_report", "BEFORE INSERT", "reportissued"),
    ("audits_guard_hold", "BEFORE INSERT", "recordshold"),
    ("audits_guard_end_asked", "BEFORE INSERT", "recordsholdendasked"),
    ("audits_guard_end_decision", "BEFORE INSERT", "recordsholdenddecision"),
    ("audits_guard_proposal", "BEFORE INSERT", "disposalproposed"),
    ("audits_list_proposal", "BEFORE INSERT", "disposalproposed"),
    ("audits_guard_decision", "BEFORE INSERT", "disposaldecision"),
    ("audits_forget_denied", "AFTER INSERT", "disposaldecision"),
)
STAND = "\n".join(
    f"CREATE TRIGGER {name} {when} ON audits_{table} FOR EACH ROW EXECUTE FUNCTION {name}();"
    f"ALTER TABLE audits_{table} ENABLE ALWAYS TRIGGER {name};"
    for name, when, table in TRIGGERS
)
FALL = "\n".join(
    [
        *(f"DROP TRIGGER {name} ON audits_{table}; DROP FUNCTION {name}();" for name, _, table in TRIGGERS),
        "DROP FUNCTION audits_overview(); DROP FUNCTION audits_dispose(uuid, integer); DROP FUNCTION audits_finish(uuid);",
        "DROP FUNCTION audits_lock(); DROP FUNCTION audits_judge(text, date, uuid);",
        "DROP FUNCTION audits_verdict(text, integer[], timestamptz, timestamptz, text[], date, date);",
        "DROP FUNCTION audits_last_day(date, integer); DROP FUNCTION audits_gather(text, text[]); DROP TABLE audits_work;",
        GONE,
    ]
)
# stand-ins until the functions are made equal to classes.py, after the migrate (catalogue.py)
STAND_IN = """
CREATE FUNCTION audits_years() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 5 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial"), ("reads", "0014_held_data"), ("hotlists", "0003_matching")]
    operations = [
        written_once(*(f"audits_{name}" for name in RECORDS)),
        migrations.RunSQL(STAND_IN + WORK + RULES + GUARDS + EFFECTS + STAND, FALL),
        migrations.RunSQL(DENY, DENY_BEFORE),
    ]
