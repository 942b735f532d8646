"""Reads reported wrong, and what came of it: records without a plate, and beside them, by upload day, what it reads right."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from alpr_portal.records import written_once

KINDS = [
    ("misread", "Plate misread"),
    ("wrong_state", "Wrong state"),
    ("no_plate", "No plate at all"),
    ("wrong_place", "Wrong camera or place"),
    ("wrong_time", "Wrong time"),
]
GROUNDS = [
    ("picture", "Its picture shows it"),
    ("source", "The camera or its source shows it"),
    ("record", "Another record shows it"),
    ("unclear", "It cannot be told"),
]


def record(*fields: tuple[str, models.Field]) -> list[tuple[str, models.Field]]:
    """What every record has, and these fields."""
    return [
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
        ("by_name", models.CharField(max_length=200)),
        ("by_badge", models.CharField(blank=True, max_length=40)),
        ("by_unit", models.CharField(blank=True, max_length=120)),
        ("by", to(settings.AUTH_USER_MODEL, null=True)),
        *fields,
    ]


def to(model: str, **said: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model, **said)


# Closed to everybody but the window and the function below. Every upload day has a partition, which goes with its reads.
RIGHT = """
CREATE TABLE reads_rightplate (
  said_in uuid NOT NULL,
  read_id uuid NOT NULL,
  upload_day date NOT NULL,
  uploaded_at timestamptz NOT NULL,
  confirmed boolean NOT NULL,
  plate varchar(10) COLLATE "C" NOT NULL CHECK (plate ~ '^[A-Z0-9]+$'),
  plate_fold varchar(10) COLLATE "C" NOT NULL,
  state varchar(2) NOT NULL,
  PRIMARY KEY (said_in, upload_day)
) PARTITION BY RANGE (upload_day);
ALTER TABLE ONLY reads_rightplate ALTER COLUMN plate SET STATISTICS 0;
ALTER TABLE ONLY reads_rightplate ALTER COLUMN plate_fold SET STATISTICS 0;
INSERT INTO reads_daily VALUES ('reads_rightplate');
SELECT reads_make_partitions(day, 1) FROM reads_upload_days() AS day;

CREATE VIEW reads_right_window AS
  SELECT * FROM reads_rightplate
  WHERE (SELECT reads_gate())
    AND uploaded_at > statement_timestamp() - interval '720 hours'
    AND upload_day >= ((statement_timestamp() - interval '720 hours') AT TIME ZONE 'UTC')::date;

-- What a read's plate reads right, as its report or its correction says in the same transaction; nothing else writes here.
CREATE FUNCTION reads_say_right(record uuid, right_plate text, right_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_read reads_readreport;
  correction uuid;
BEGIN
  SELECT r.* INTO of_read FROM reads_readreport r LEFT JOIN reads_correction c ON c.report_id = r.id
  WHERE r.id = record AND r.at >= transaction_timestamp() AND c.id IS NULL
    OR c.id = record AND c.at >= transaction_timestamp() AND c.confirmed;
  IF NOT FOUND THEN
    PERFORM training_no('right_plate_said_with_its_record', 'What is right is said with a report or a confirmation (G)');
  END IF;
  INSERT INTO reads_rightplate VALUES (record, of_read.read_id, of_read.upload_day, of_read.uploaded_at,
    record <> of_read.id, right_plate, translate(right_plate, 'OQDILSBZ', '00011582'), right_state);
  -- an approval under way that keeps this read comes first; the disposal of held data comes before or after
  PERFORM reads_lock_hold(i.hold_id) FROM (
    SELECT hold_id FROM reads_holditem WHERE read_id = of_read.read_id ORDER BY hold_id) i;
  LOCK TABLE reads_heldread, reads_heldright IN ROW EXCLUSIVE MODE;
  INSERT INTO reads_heldright (hold_id, said_in, read_id, plate, state)
  SELECT h.hold_id, record, h.id, right_plate, right_state FROM reads_holditem i
  JOIN reads_heldread h ON h.hold_id = i.hold_id AND h.id = i.read_id WHERE i.read_id = of_read.read_id;
END $$;
"""
RIGHT_FALL = """
DROP FUNCTION reads_say_right(uuid, text, text);
DROP VIEW reads_right_window;
DELETE FROM reads_daily WHERE parent = 'reads_rightplate';
DROP TABLE reads_rightplate;
"""

# What a held read's plate reads right lies with its copy: it outlives the day, and goes with the hold.
HELD_RIGHT = """
CREATE TABLE reads_heldright (
  hold_id uuid NOT NULL REFERENCES reads_hold (id),
  said_in uuid NOT NULL,
  read_id uuid NOT NULL,
  plate varchar(10) COLLATE "C" NOT NULL,
  state varchar(2) NOT NULL,
  PRIMARY KEY (hold_id, said_in)
);
CREATE INDEX reads_heldright_read ON reads_heldright (hold_id, read_id);
ALTER TABLE reads_heldright ALTER COLUMN plate SET STATISTICS 0;
CREATE INDEX reads_holditem_read ON reads_holditem (read_id);

-- As it was, and beside it what the plate reads right, by the report or the correction that says so.
CREATE OR REPLACE VIEW reads_held_window AS
  SELECT r.*, (SELECT jsonb_object_agg(k.said_in, jsonb_build_array(k.plate, k.state)) FROM reads_heldright k
    WHERE k.hold_id = r.hold_id AND k.read_id = r.id) AS rights
  FROM reads_heldread r JOIN reads_holdstate s ON s.hold_id = r.hold_id
  WHERE (SELECT reads_gate()) AND s.case_number = (SELECT reads_access_case())
    AND s.released_at IS NULL
    AND s.keep_until >= (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;

-- After reads_take_held has copied the reads, under the lock that reads_guard_hold_decision took.
CREATE FUNCTION reads_take_rights() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO reads_heldright (hold_id, said_in, read_id, plate, state)
  SELECT h.hold_id, p.said_in, p.read_id, p.plate, p.state FROM reads_heldread h
  JOIN reads_rightplate p ON p.read_id = h.id AND p.upload_day = h.upload_day WHERE h.hold_id = NEW.hold_id;
  RETURN NULL;
END $$;
CREATE TRIGGER reads_take_rights AFTER INSERT ON reads_holddecision FOR EACH ROW WHEN (NEW.approved)
  EXECUTE FUNCTION reads_take_rights();
ALTER TABLE reads_holddecision ENABLE ALWAYS TRIGGER reads_take_rights;
"""
HELD_RIGHT_FALL = """
DROP TRIGGER reads_take_rights ON reads_holddecision;
DROP FUNCTION reads_take_rights();
DROP VIEW reads_held_picture_window;
DROP VIEW reads_held_window;
CREATE VIEW reads_held_window AS
  SELECT r.* FROM reads_heldread r JOIN reads_holdstate s ON s.hold_id = r.hold_id
  WHERE (SELECT reads_gate()) AND s.case_number = (SELECT reads_access_case())
    AND s.released_at IS NULL
    AND s.keep_until >= (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date;
CREATE VIEW reads_held_picture_window AS
  SELECT p.* FROM reads_heldpicture p JOIN reads_held_window r ON r.hold_id = p.hold_id AND r.id = p.read_id;
DROP INDEX reads_holditem_read;
DROP TABLE reads_heldright;
"""
# As 0014 has it, where the parts in braces are empty.
DISPOSE = """
CREATE OR REPLACE FUNCTION reads_dispose_held() RETURNS TABLE (hold_id uuid, because text, reads bigint, pictures bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
  due uuid[];
BEGIN
  LOCK TABLE reads_heldread, reads_heldpicture, reads_heldkey{table} IN ACCESS EXCLUSIVE MODE;
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
{kept}  TRUNCATE reads_heldread, reads_heldpicture, reads_heldkey{table};
  INSERT INTO reads_heldread SELECT * FROM kept_reads;
  INSERT INTO reads_heldpicture SELECT * FROM kept_pictures;
  INSERT INTO reads_heldkey SELECT * FROM kept_keys;
{back}  DELETE FROM reads_holdstate s WHERE s.hold_id = ANY (due);
END $$;
"""
DISPOSE_RIGHT = DISPOSE.format(
    table=", reads_heldright",
    kept="  CREATE TEMP TABLE kept_rights ON COMMIT DROP AS SELECT * FROM reads_heldright k WHERE k.hold_id <> ALL (due);\n",
    back="  INSERT INTO reads_heldright SELECT * FROM kept_rights;\n",
)
DISPOSE_BEFORE = DISPOSE.format(table="", kept="", back="")

# Each guard runs as whoever inserts, but for the one that looks whether the read is there.
GUARDS = """
-- of two acts on one read at once, the second sees what the first did
CREATE FUNCTION reads_lock_read(read uuid) RETURNS void LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('reads correction ' || read, 0));
$$;

-- Whether a read is reported wrong and nobody rejected it. reads/corrections/rules.py says the same.
CREATE FUNCTION reads_is_flagged(read uuid) RETURNS boolean
LANGUAGE sql STABLE COST 1000 SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM reads_readreport r LEFT JOIN reads_correction c ON c.report_id = r.id
    WHERE r.read_id = read AND c.confirmed IS NOT FALSE)
$$;

CREATE FUNCTION reads_guard_report() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM reads_lock_read(NEW.read_id);
  IF NOT EXISTS (SELECT 1 FROM reads_access a
      WHERE a.id = NEW.access_id AND a.by_id = NEW.by_id AND a.read_id = NEW.read_id) THEN
    PERFORM training_no('read_reported_after_a_look', 'A read is reported by a member who looked at it (G)');
  END IF;
  IF reads_is_flagged(NEW.read_id) THEN
    PERFORM training_no('read_reported_once', 'This read is reported wrong already (G)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'reads.report_read') THEN
    PERFORM training_no('read_reported_by_entitled', 'Whoever opens reads reports what is wrong with them (G)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_reported_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM reads_read r WHERE r.id = NEW.read_id AND r.upload_day = NEW.upload_day
      AND r.uploaded_at = NEW.uploaded_at AND r.uploaded_at > statement_timestamp() - interval '720 hours') THEN
    PERFORM training_no('reported_read_is_there', 'A report names a read that is there (G)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION reads_guard_correction() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  of_read reads_readreport;
BEGIN
  SELECT * INTO of_read FROM reads_readreport r WHERE r.id = NEW.report_id;
  PERFORM reads_lock_read(of_read.read_id);
  IF NEW.reported_by_id IS DISTINCT FROM of_read.by_id THEN
    PERFORM training_no('correction_names_reporter', 'A correction names who reported the read (G)');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM reads_access a
      WHERE a.id = NEW.access_id AND a.by_id = NEW.by_id AND a.read_id = of_read.read_id) THEN
    PERFORM training_no('read_corrected_after_a_look', 'A correction is decided by a member who looked at the read (G)');
  END IF;
  IF of_read.uploaded_at <= statement_timestamp() - interval '720 hours' THEN
    PERFORM training_no('reported_read_is_there', 'The read is over its 720 hours: there is nothing to decide (G)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'reads.correct_read') THEN
    PERFORM training_no('read_corrected_by_entitled', 'A supervisor decides on reads reported wrong (G)');
  END IF;
  RETURN NEW;
END $$;
"""
TRIGGERS = {
    "reads_guard_report": "readreport",
    "reads_guard_reported_read": "readreport",
    "reads_guard_correction": "correction",
}
STAND = "\n".join(
    f"CREATE TRIGGER {name} BEFORE INSERT ON reads_{table} FOR EACH ROW EXECUTE FUNCTION {name}();"
    f"ALTER TABLE reads_{table} ENABLE ALWAYS TRIGGER {name};"
    for name, table in TRIGGERS.items()
)
FALL = "\n".join(f"DROP TRIGGER {name} ON reads_{table}; DROP FUNCTION {name}();" for name, table in TRIGGERS.items())


class Migration(migrations.Migration):
    dependencies = [
        ("reads", "0015_certificates"),
        ("training", "0008_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="RightPlate",
            fields=[
                ("said_in", models.UUIDField(primary_key=True, serialize=False)),
                ("read_id", models.UUIDField()),
                ("upload_day", models.DateField()),
                ("uploaded_at", models.DateTimeField()),
                ("confirmed", models.BooleanField()),
                ("plate", models.CharField(max_length=10)),
                ("plate_fold", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=2)),
            ],
            options={"db_table": "reads_right_window", "managed": False},
        ),
        migrations.CreateModel(
            name="ReadReport",
            fields=record(
                ("read_id", models.UUIDField()),
                ("upload_day", models.DateField()),
                ("uploaded_at", models.DateTimeField()),
                ("kind", models.CharField(choices=KINDS, max_length=20)),
                ("unit", models.CharField(blank=True, max_length=120)),
                ("access", to("reads.access")),
            ),
        ),
        migrations.CreateModel(
            name="Correction",
            fields=record(
                ("confirmed", models.BooleanField()),
                ("ground", models.CharField(choices=GROUNDS, max_length=20)),
                ("access", to("reads.access")),
                ("reported_by", to(settings.AUTH_USER_MODEL)),
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="correction", to="reads.readreport"
                    ),
                ),
            ),
        ),
        migrations.AddIndex("readreport", models.Index(fields=["read_id"], name="reads_readr_read_id_94f05b_idx")),
        migrations.AddIndex("readreport", models.Index(fields=["-at"], name="reads_readr_at_002c15_idx")),
        migrations.AddConstraint(
            "readreport",
            models.CheckConstraint(condition=Q(kind__in=[kind for kind, _ in KINDS]), name="read_report_kind_listed"),
        ),
        migrations.AddConstraint(
            "correction",
            models.CheckConstraint(condition=Q(ground__in=[g for g, _ in GROUNDS]), name="correction_ground_listed"),
        ),
        migrations.AddConstraint(
            "correction",
            models.CheckConstraint(condition=~Q(by=F("reported_by")), name="correction_by_someone_else"),
        ),
        migrations.AddConstraint(
            "correction",
            models.CheckConstraint(condition=~Q(confirmed=True, ground="unclear"), name="correction_is_sure"),
        ),
        written_once("reads_readreport", "reads_correction"),
        migrations.RunSQL(RIGHT, RIGHT_FALL),
        migrations.RunSQL(HELD_RIGHT + DISPOSE_RIGHT, DISPOSE_BEFORE + HELD_RIGHT_FALL),
        migrations.RunSQL(
            GUARDS + STAND, FALL + "DROP FUNCTION reads_is_flagged(uuid); DROP FUNCTION reads_lock_read(uuid);"
        ),
    ]
