"""Held data: approval copies it, only its case opens it, release takes it off the disk; and what is kept by upload day."""

from django.db import migrations

from alpr_portal.records import written_once

RECORDS = (
    *(
        "hold",
        "holditem",
        "holddecision",
        "holdreview",
        "holdmember",
        "releaseasked",
        "releasedecision",
        "helddisposed",
    ),
)

# Tables of which every upload day has a partition of its own; whoever keeps data as long as its reads joins them here.
DAILY = """
CREATE TABLE reads_daily (parent text PRIMARY KEY);
INSERT INTO reads_daily VALUES ('reads_read'), ('reads_picture');

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
    FOR parent IN SELECT d.parent FROM reads_daily d ORDER BY d.parent DESC LOOP
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

-- The upload days that still have a table, attached or not, oldest first.
CREATE OR REPLACE FUNCTION reads_upload_days() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_class c JOIN reads_daily d
    ON c.relname ~ ('^' || d.parent || '_[0-9]{8}$')
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  ORDER BY 1
$$;

-- The disposal's lock on an upload day, and that of an approval: of the two, one comes first and the other sees it.
CREATE FUNCTION reads_day_number(day date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT day - date '2000-01-01' $$;
"""
DAILY_BEFORE = """
DROP FUNCTION reads_day_number(date);
CREATE OR REPLACE FUNCTION reads_upload_days() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT to_date(right(relname, 8), 'YYYYMMDD') FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^reads_(read|picture)_[0-9]{8}$'
  ORDER BY 1
$$;
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
DROP TABLE reads_daily;
"""

# Copies, in no table of a day. Closed to everybody but the windows and the functions below.
HELD = """
CREATE TABLE reads_heldread (
  hold_id uuid NOT NULL REFERENCES reads_hold (id),
  held_at timestamptz NOT NULL DEFAULT statement_timestamp(),
  LIKE reads_read INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
  PRIMARY KEY (hold_id, id)
);
CREATE INDEX reads_heldread_plate ON reads_heldread (plate_fold);
ALTER TABLE reads_heldread ALTER COLUMN plate SET STATISTICS 0;
ALTER TABLE reads_heldread ALTER COLUMN plate_fold SET STATISTICS 0;
ALTER TABLE reads_heldread ALTER COLUMN plate_seen SET STATISTICS 0;

CREATE TABLE reads_heldpicture (
  hold_id uuid NOT NULL REFERENCES reads_hold (id),
  read_id uuid NOT NULL,
  number smallint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('plate', 'vehicle', 'overview')),
  starts_at bigint NOT NULL,
  size integer NOT NULL,
  thumbnail_starts_at bigint NOT NULL,
  thumbnail_size integer NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (hold_id, read_id, number)
);

-- the key of a hold's pictures, wrapped by the portal's; it goes with the hold
CREATE TABLE reads_heldkey (hold_id uuid PRIMARY KEY REFERENCES reads_hold (id), sealed bytea NOT NULL);

-- The case of the hold that the transaction's access rests on; none where that hold is not approved, or not open any more:
-- whoever only asks for a hold under a colleague's case number opens nothing.
CREATE FUNCTION reads_access_case() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.case_number FROM reads_access a JOIN reads_holdstate s ON s.hold_id = a.hold_id
  WHERE a.id = nullif(current_setting('alpr.access', true), '')::uuid AND s.released_at IS NULL
    AND s.keep_until >= (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date
$$;

-- Held data is open within its case only, up to its review day, and not a moment after its release.
CREATE VIEW reads_held_window AS
  SELECT r.* FROM reads_heldread r JOIN reads_holdstate s ON s.hold_id = r.hold_id
  WHERE (SELECT reads_gate()) AND s.case_number = (SELECT reads_access_case())
    AND s.released_at IS NULL
    AND s.keep_until >= (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;
CREATE VIEW reads_held_picture_window AS
  SELECT p.* FROM reads_heldpicture p JOIN reads_held_window r ON r.hold_id = p.hold_id AND r.id = p.read_id;
"""

# Each guard runs as whoever inserts: current_user tells the application from the owner.
GUARDS = """
CREATE FUNCTION reads_guard_hold() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  today date := (NEW.at AT TIME ZONE 'America/Los_Angeles')::date;
BEGIN
  IF NEW.by_id IS NULL THEN
    PERFORM training_no('hold_asked_by_a_member', 'A hold is asked for by a member, who is named (G)');
  END IF;
  IF NEW.review_on <= today OR NEW.review_on > today + 90 THEN
    PERFORM training_no('hold_reviewed_within_90_days', 'A hold is reviewed within 90 days (G)');
  END IF;
  IF NEW.query_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reads_query q JOIN reads_queryrun r ON r.query_id = q.id
      WHERE q.id = NEW.query_id AND NEW.by_id IN (q.by_id, q.for_whom_id)) THEN
    PERFORM training_no('hold_of_ones_own_search', 'Reads are held from a search of one''s own that ran (G)');
  END IF;
  RETURN NEW;
END $$;

-- at the end of the transaction a hold names as many reads as it says
CREATE FUNCTION reads_guard_hold_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM reads_holditem i WHERE i.hold_id = NEW.id) <> NEW.items THEN
    PERFORM training_no('hold_counts_its_reads', 'A hold names the reads it asks for, and says how many (G)');
  END IF;
  RETURN NULL;
END $$;

-- what is asked for does not grow afterwards
CREATE FUNCTION reads_guard_hold_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_items n JOIN reads_hold h ON h.id = n.hold_id GROUP BY h.id, h.items
      HAVING (SELECT count(*) FROM reads_holditem i WHERE i.hold_id = h.id) > h.items) THEN
    PERFORM training_no('hold_counts_its_reads', 'A hold names the reads it asks for, and says how many (G)');
  END IF;
  RETURN NULL;
END $$;

-- of two acts on one hold at once, the second sees what the first did
CREATE FUNCTION reads_lock_hold(hold uuid) RETURNS void LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('reads hold ' || hold, 0));
$$;

-- only whom a role or a loan entitles decides, and a designee names whom they stand for; asked as whoever inserts
CREATE FUNCTION reads_no_decider(who uuid, behalf uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = 'alpr_app' AND NOT training_holds(who, 'reads.decide_hold') THEN
    PERFORM training_no('hold_decided_by_entitled', 'The Administrator or designee decides, reviews and releases holds (G)');
  END IF;
  IF current_user = 'alpr_app' AND (behalf IS NULL) <> training_own(who, 'reads.decide_hold') THEN
    PERFORM training_no('hold_decided_on_behalf', 'A designee, and nobody else, decides on behalf of a principal (L.2)');
  END IF;
END $$;

CREATE FUNCTION reads_guard_hold_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM reads_lock_hold(NEW.hold_id);
  IF NEW.asked_by_id IS DISTINCT FROM (SELECT h.by_id FROM reads_hold h WHERE h.id = NEW.hold_id) THEN
    PERFORM training_no('hold_decision_names_asker', 'A decision names who asked for the hold (G)');
  END IF;
  IF NEW.approved AND (NEW.at AT TIME ZONE 'America/Los_Angeles')::date
      > (SELECT h.review_on FROM reads_hold h WHERE h.id = NEW.hold_id) THEN
    PERFORM training_no('hold_reviewed_within_90_days', 'The review day of this hold is over: ask anew (G)');
  END IF;
  IF EXISTS (SELECT 1 FROM reads_holddecision d WHERE d.hold_id = NEW.hold_id) THEN
    PERFORM training_no('hold_decided_once', 'A hold is decided once (G)');
  END IF;
  PERFORM reads_no_decider(NEW.by_id, NEW.on_behalf_of_id);
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_hold_review() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  today date := (NEW.at AT TIME ZONE 'America/Los_Angeles')::date;
BEGIN
  PERFORM reads_lock_hold(NEW.hold_id);
  IF NEW.asked_by_id IS DISTINCT FROM (SELECT h.by_id FROM reads_hold h WHERE h.id = NEW.hold_id) THEN
    PERFORM training_no('hold_decision_names_asker', 'A review names who asked for the hold (G)');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM reads_holdstate s WHERE s.hold_id = NEW.hold_id AND s.released_at IS NULL) THEN
    PERFORM training_no('hold_runs', 'This hold is not approved, or it ended (G)');
  END IF;
  IF NEW.keep_until <= today OR NEW.keep_until > today + 90 THEN
    PERFORM training_no('hold_reviewed_within_90_days', 'A hold is reviewed within 90 days (G)');
  END IF;
  PERFORM reads_no_decider(NEW.by_id, NEW.on_behalf_of_id);
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_hold_member() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = 'alpr_app' AND NEW.by_id IS DISTINCT FROM (SELECT h.by_id FROM reads_hold h WHERE h.id = NEW.hold_id)
      AND NOT training_holds(NEW.by_id, 'reads.decide_hold') THEN
    PERFORM training_no('hold_member_named_by_asker', 'Whoever asked for a hold, or the Administrator, names colleagues (G)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_release() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM reads_lock_hold(NEW.hold_id);
  IF NEW.by_id IS NULL OR NOT EXISTS (
      SELECT 1 FROM reads_holdstate s WHERE s.hold_id = NEW.hold_id AND s.released_at IS NULL) THEN
    PERFORM training_no('hold_runs', 'This hold is not approved, or it ended (G)');
  END IF;
  IF current_user = 'alpr_app' AND NEW.by_id IS DISTINCT FROM (SELECT h.by_id FROM reads_hold h WHERE h.id = NEW.hold_id)
      AND NOT EXISTS (SELECT 1 FROM reads_holdmember m WHERE m.hold_id = NEW.hold_id AND m.member_id = NEW.by_id)
      AND NOT training_holds(NEW.by_id, 'reads.decide_hold') THEN
    PERFORM training_no('release_asked_by_its_people', 'Those of its case, or the Administrator, ask for a release (G)');
  END IF;
  IF EXISTS (SELECT 1 FROM reads_releaseasked r WHERE r.hold_id = NEW.hold_id
      AND NOT EXISTS (SELECT 1 FROM reads_releasedecision d WHERE d.release_id = r.id)) THEN
    PERFORM training_no('release_asked_once', 'A release of this hold waits already (G)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_release_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked reads_releaseasked;
BEGIN
  SELECT * INTO asked FROM reads_releaseasked r WHERE r.id = NEW.release_id;
  PERFORM reads_lock_hold(asked.hold_id);
  IF NEW.asked_by_id IS DISTINCT FROM asked.by_id THEN
    PERFORM training_no('release_decision_names_asker', 'A decision names who asked for the release (G)');
  END IF;
  PERFORM reads_no_decider(NEW.by_id, NEW.on_behalf_of_id);
  RETURN NEW;
END $$;

-- whoever opens held data works on the case: the asker, or a colleague who was named
CREATE FUNCTION reads_guard_access() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM reads_hold h WHERE h.id = NEW.hold_id AND h.by_id = NEW.by_id)
      AND NOT EXISTS (SELECT 1 FROM reads_holdmember m WHERE m.hold_id = NEW.hold_id AND m.member_id = NEW.by_id) THEN
    PERFORM training_no('held_data_within_its_case', 'Held data is open to those who work on its case (G)');
  END IF;
  RETURN NEW;
END $$;
"""

# What follows from a record is done by the database, as the owner: the application has no other way to it.
EFFECTS = """
-- Approval copies the reads at once. It shares the lock of their days with other approvals, not with the disposal: what
-- the disposal has not taken yet is copied, and the disposal waits. A hold that was asked for in time counts until its
-- reads are off the disk.
CREATE FUNCTION reads_take_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked reads_hold;
BEGIN
  NEW.reads := 0;
  NEW.pictures := 0;
  NEW.gone := 0;
  IF NOT NEW.approved THEN
    RETURN NEW;
  END IF;
  SELECT * INTO asked FROM reads_hold h WHERE h.id = NEW.hold_id;
  PERFORM pg_advisory_xact_lock_shared(7220721, reads_day_number(d.upload_day))
  FROM (SELECT DISTINCT i.upload_day FROM reads_holditem i WHERE i.hold_id = NEW.hold_id ORDER BY 1) d;
  INSERT INTO reads_heldread (hold_id, held_at, id, upload_day, uploaded_at, captured_at, offset_minutes, camera_id,
    source_id, batch_id, plate_seen, plate, plate_fold, state, confidence, lat, lon, direction, make, model, colour, body,
    images)
  SELECT NEW.hold_id, clock_timestamp(), r.id, r.upload_day, r.uploaded_at, r.captured_at, r.offset_minutes, r.camera_id,
    r.source_id, r.batch_id, r.plate_seen, r.plate, r.plate_fold, r.state, r.confidence, r.lat, r.lon, r.direction, r.make,
    r.model, r.colour, r.body, r.images
  FROM reads_holditem i
  JOIN reads_read r ON r.id = i.read_id AND r.upload_day = i.upload_day
  WHERE i.hold_id = NEW.hold_id AND asked.at < r.uploaded_at + interval '720 hours';
  GET DIAGNOSTICS NEW.reads = ROW_COUNT;
  IF NEW.reads = 0 THEN
    PERFORM training_no('hold_came_too_late', 'All reads of this hold are off the disk already (G)');
  END IF;
  NEW.gone := asked.items - NEW.reads;
  SELECT count(*) INTO NEW.pictures FROM reads_heldread h JOIN reads_picture p
    ON p.read_id = h.id AND p.upload_day = h.upload_day WHERE h.hold_id = NEW.hold_id;
  INSERT INTO reads_holdstate (hold_id, case_number, keep_until) VALUES (NEW.hold_id, asked.case_number, asked.review_on);
  RETURN NEW;
END $$;

-- Where the pictures of a hold's reads lie, so that they can be sealed anew with the hold's own key: in the transaction
-- that approves it, and once.
CREATE FUNCTION reads_pictures_to_hold(hold uuid) RETURNS TABLE (read_id uuid, upload_day date, number smallint, kind text,
  pack text, starts_at bigint, size integer, thumbnail_starts_at bigint, thumbnail_size integer, digest text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.* FROM reads_heldread h JOIN reads_picture p ON p.read_id = h.id AND p.upload_day = h.upload_day
  WHERE h.hold_id = hold AND NOT EXISTS (SELECT 1 FROM reads_heldpicture q WHERE q.hold_id = hold)
  ORDER BY p.upload_day, p.pack, p.starts_at
$$;

CREATE FUNCTION reads_hold_reviewed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE reads_holdstate s SET keep_until = NEW.keep_until WHERE s.hold_id = NEW.hold_id AND s.released_at IS NULL;
  IF NOT FOUND THEN  -- the disposal came between
    PERFORM training_no('hold_runs', 'This hold is not approved, or it ended (G)');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION reads_hold_released() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.approved THEN
    UPDATE reads_holdstate s SET released_at = NEW.at FROM reads_releaseasked r
    WHERE r.id = NEW.release_id AND s.hold_id = r.hold_id AND s.released_at IS NULL;
    IF NOT FOUND THEN
      PERFORM training_no('hold_runs', 'This hold is not approved, or it ended (G)');
    END IF;
  END IF;
  RETURN NULL;
END $$;

-- Holds whose copy is to leave the disk: released, or not reviewed for a week after their day.
CREATE FUNCTION reads_held_due() RETURNS TABLE (hold_id uuid, because text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.hold_id, CASE WHEN s.released_at IS NOT NULL THEN 'released' ELSE 'lapsed' END FROM reads_holdstate s
  WHERE s.released_at IS NOT NULL
    OR s.keep_until + 7 < (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date
$$;

-- Takes the copies of every hold that is due off the disk; answers which, and how much. The tables are written anew
-- without them: rows that are only deleted would stay readable in the files. Gives up after 200 ms where somebody looks at
-- held data; the caller tries again.
CREATE FUNCTION reads_dispose_held() RETURNS TABLE (hold_id uuid, because text, reads bigint, pictures bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
  due uuid[];
BEGIN
  LOCK TABLE reads_heldread, reads_heldpicture, reads_heldkey IN ACCESS EXCLUSIVE MODE;
  LOCK TABLE reads_holdstate IN SHARE ROW EXCLUSIVE MODE;  -- no review and no release comes between
  due := array(SELECT d.hold_id FROM reads_held_due() d);
  IF cardinality(due) = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT d.hold_id, d.because, (SELECT count(*) FROM reads_heldread r WHERE r.hold_id = d.hold_id),
    (SELECT count(*) FROM reads_heldpicture p WHERE p.hold_id = d.hold_id)
  FROM reads_held_due() d WHERE d.hold_id = ANY (due);
  CREATE TEMP TABLE kept_reads ON COMMIT DROP AS SELECT * FROM reads_heldread r WHERE r.hold_id <> ALL (due);
  CREATE TEMP TABLE kept_pictures ON COMMIT DROP AS SELECT * FROM reads_heldpicture p WHERE p.hold_id <> ALL (due);
  CREATE TEMP TABLE kept_keys ON COMMIT DROP AS SELECT * FROM reads_heldkey k WHERE k.hold_id <> ALL (due);
  TRUNCATE reads_heldread, reads_heldpicture, reads_heldkey;
  INSERT INTO reads_heldread SELECT * FROM kept_reads;
  INSERT INTO reads_heldpicture SELECT * FROM kept_pictures;
  INSERT INTO reads_heldkey SELECT * FROM kept_keys;
  DELETE FROM reads_holdstate s WHERE s.hold_id = ANY (due);
END $$;
"""

# trigger function → (when, table)
TRIGGERS = (
    ("reads_guard_hold", "BEFORE INSERT", "hold"),
    ("reads_guard_hold_decision", "BEFORE INSERT", "holddecision"),
    ("reads_take_held", "BEFORE INSERT", "holddecision"),
    ("reads_guard_hold_review", "BEFORE INSERT", "holdreview"),
    ("reads_guard_hold_member", "BEFORE INSERT", "holdmember"),
    ("reads_guard_release", "BEFORE INSERT", "releaseasked"),
    ("reads_guard_release_decision", "BEFORE INSERT", "releasedecision"),
    ("reads_hold_reviewed", "AFTER INSERT", "holdreview"),
    ("reads_hold_released", "AFTER INSERT", "releasedecision"),
)
OTHERS = """
CREATE TRIGGER reads_guard_access BEFORE INSERT ON reads_access FOR EACH ROW WHEN (NEW.hold_id IS NOT NULL)
  EXECUTE FUNCTION reads_guard_access();
ALTER TABLE reads_access ENABLE ALWAYS TRIGGER reads_guard_access;
CREATE TRIGGER reads_guard_hold_item AFTER INSERT ON reads_holditem REFERENCING NEW TABLE AS new_items
  FOR EACH STATEMENT EXECUTE FUNCTION reads_guard_hold_item();
ALTER TABLE reads_holditem ENABLE ALWAYS TRIGGER reads_guard_hold_item;
CREATE CONSTRAINT TRIGGER reads_guard_hold_items AFTER INSERT ON reads_hold DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION reads_guard_hold_items();
ALTER TABLE reads_hold ENABLE ALWAYS TRIGGER reads_guard_hold_items;
"""


def stand() -> str:
    """The triggers, each named as its function, firing in replica mode too."""
    return OTHERS + "\n".join(
        f"CREATE TRIGGER {name} {when} ON reads_{table} FOR EACH ROW EXECUTE FUNCTION {name}();"
        f"ALTER TABLE reads_{table} ENABLE ALWAYS TRIGGER {name};"
        for name, when, table in TRIGGERS
    )


def fall() -> str:
    others = (
        ("reads_guard_access", "access"),
        ("reads_guard_hold_item", "holditem"),
        ("reads_guard_hold_items", "hold"),
    )
    return "\n".join(
        [f"DROP TRIGGER {name} ON reads_{table};" for name, table in others]
        + [f"DROP TRIGGER {name} ON reads_{table};" for name, _, table in TRIGGERS]
        + [f"DROP FUNCTION {name}();" for name in (*(n for n, _, _ in TRIGGERS), *(n for n, _ in others))]
        + ["DROP FUNCTION reads_dispose_held(); DROP FUNCTION reads_held_due();"]
        + ["DROP FUNCTION reads_pictures_to_hold(uuid); DROP FUNCTION reads_lock_hold(uuid);"]
        + ["DROP FUNCTION reads_no_decider(uuid, uuid);"]
    )


class Migration(migrations.Migration):
    dependencies = [("reads", "0013_holds"), ("training", "0008_rights")]
    operations = [
        written_once(*(f"reads_{name}" for name in RECORDS)),
        migrations.RunSQL(DAILY, DAILY_BEFORE),
        migrations.RunSQL(
            HELD,
            "DROP VIEW reads_held_picture_window; DROP VIEW reads_held_window; DROP FUNCTION reads_access_case();"
            "DROP TABLE reads_heldkey; DROP TABLE reads_heldpicture; DROP TABLE reads_heldread;",
        ),
        migrations.RunSQL(GUARDS + EFFECTS + stand(), fall()),
    ]
