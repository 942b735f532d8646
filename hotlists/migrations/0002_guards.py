"""Two persons, approved templates, versions in order: what the database refuses, whoever asks; and what follows from a record."""

from django.db import migrations

from alpr_portal.records import written_once

RECORDS = (
    *("listtemplate", "templatedecision", "delivery", "refresh", "refreshdecision", "entry", "entryversion"),
    *("entrydecision", "entryconfirmation", "entryend", "matchreceipt", "incident", "hit", "incidentassigned", "mute"),
    *("verification", "vehiclepack", "stop", "nextstep", "stepdone", "stopnote"),
)

# Each guard runs as whoever inserts: current_user tells the application from the owner.
GUARDS = """
CREATE FUNCTION hotlists_guard_template_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.proposed_by_id IS DISTINCT FROM (SELECT t.by_id FROM hotlists_listtemplate t WHERE t.id = NEW.template_id) THEN
    PERFORM training_no('template_decision_names_author', 'A decision names who made the template (C.2.A.1)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'hotlists.approve_template') THEN
    PERFORM training_no('template_decided_by_entitled', 'The Administrator or designee approves templates (C.2.A.1)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_refresh() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM hotlists_delivery d JOIN hotlists_hotlist l ON l.id = d.hot_list_id
      WHERE d.id = NEW.delivery_id AND l.id = NEW.hot_list_id AND l.feed = 'file') THEN
    PERFORM training_no('refresh_of_its_list', 'A file replaces the list it was delivered to, where files feed it (C.2.B.1)');
  END IF;
  IF NEW.number <> 1 + coalesce((SELECT max(r.number) FROM hotlists_refresh r WHERE r.hot_list_id = NEW.hot_list_id), 0)
  THEN
    PERFORM training_no('refresh_numbered_once', 'Versions of a list are numbered in order (C.2.B.1)');
  END IF;
  IF NEW.outcome = 'applied' AND EXISTS (
      SELECT 1 FROM hotlists_liststate s JOIN hotlists_refresh r ON r.id = s.refresh_id
      JOIN hotlists_delivery was ON was.id = r.delivery_id JOIN hotlists_delivery d ON d.id = NEW.delivery_id
      WHERE s.hot_list_id = NEW.hot_list_id AND was.at > d.at) THEN
    PERFORM training_no('newer_list_stands', 'A file that came in later has replaced the list already (C.2.B.1)');
  END IF;
  IF NEW.outcome <> 'refused' AND NOT EXISTS (
      SELECT 1 FROM hotlists_listtemplate t JOIN hotlists_templatedecision d ON d.template_id = t.id
      WHERE t.id = NEW.template_id AND t.hot_list_id = NEW.hot_list_id AND d.approved) THEN
    PERFORM training_no('refresh_by_approved_template', 'Files are read with an approved template (C.2.A.1)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_refresh_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  held hotlists_refresh;
BEGIN
  SELECT * INTO held FROM hotlists_refresh r WHERE r.id = NEW.refresh_id;
  IF held.outcome <> 'held' OR NEW.delivered_by_id IS DISTINCT FROM held.by_id THEN
    PERFORM training_no('refresh_decision_of_held', 'Only a held file is decided, and the decision names who delivered it');
  END IF;
  IF NEW.applied AND EXISTS (SELECT 1 FROM hotlists_liststate s JOIN hotlists_refresh r ON r.id = s.refresh_id
      WHERE s.hot_list_id = held.hot_list_id AND r.number > held.number) THEN
    PERFORM training_no('newer_list_stands', 'A newer file has replaced the list already (C.2.B.1)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'hotlists.decide_refresh') THEN
    PERFORM training_no('held_file_decided_by_entitled', 'The Coordinator or the Administrator decides held files (C.2.B.1)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.by_id IS NULL OR NOT EXISTS (
      SELECT 1 FROM hotlists_hotlist l WHERE l.id = NEW.hot_list_id AND l.feed = 'members' AND l.is_active) THEN
    PERFORM training_no('entry_on_a_list_of_members', 'Members propose entries for lists that members feed (C.2.B.2)');
  END IF;
  RETURN NEW;
END $$;

-- of two acts on one entry at once, the second sees what the first did
CREATE FUNCTION hotlists_hold_entry(entry uuid) RETURNS void LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('hotlists entry ' || entry, 0));
$$;

CREATE FUNCTION hotlists_guard_version() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM hotlists_hold_entry(NEW.entry_id);
  IF NEW.number <> 1 + coalesce((SELECT max(v.number) FROM hotlists_entryversion v WHERE v.entry_id = NEW.entry_id), 0) THEN
    PERFORM training_no('entry_version_numbered_once', 'Versions of an entry are numbered in order (C.2.B.2)');
  END IF;
  IF EXISTS (SELECT 1 FROM hotlists_entryend e WHERE e.entry_id = NEW.entry_id) THEN
    PERFORM training_no('entry_ended', 'An entry that ended is not changed: propose a new one (C.2.B.2)');
  END IF;
  IF NEW.expires_at <= NEW.at OR NEW.expires_at > NEW.at + interval '30 days' THEN
    PERFORM training_no('entry_lasts_30_days', 'An entry ends, within thirty days of being proposed (C.2.B.2)');
  END IF;
  IF NEW.urgent AND NOT EXISTS (SELECT 1 FROM hotlists_entry e JOIN hotlists_hotlist l ON l.id = e.hot_list_id
      WHERE e.id = NEW.entry_id AND l.kind IN ('amber', 'silver')) THEN
    PERFORM training_no('urgent_is_amber_or_silver', 'Only Amber and Silver entries are urgent (C.2.A.1)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  seen hotlists_entryversion;
BEGIN
  SELECT * INTO seen FROM hotlists_entryversion v WHERE v.id = NEW.version_id;
  PERFORM hotlists_hold_entry(seen.entry_id);
  IF NEW.proposed_by_id IS DISTINCT FROM seen.by_id THEN
    PERFORM training_no('entry_decision_names_author', 'A decision names who proposed the entry (C.2.B.2)');
  END IF;
  IF NEW.by_id = (SELECT e.by_id FROM hotlists_entry e WHERE e.id = seen.entry_id) THEN
    PERFORM training_no('entry_decided_by_someone_else', 'Nobody decides on their own entry (C.2.B.2)');
  END IF;
  IF EXISTS (SELECT 1 FROM hotlists_entryversion v WHERE v.entry_id = seen.entry_id AND v.number > seen.number) THEN
    PERFORM training_no('entry_decided_as_seen', 'The entry was changed meanwhile: decide on the newest version (C.2.B.2)');
  END IF;
  IF EXISTS (SELECT 1 FROM hotlists_entryend e WHERE e.entry_id = seen.entry_id) THEN
    PERFORM training_no('entry_ended', 'An entry that ended is not decided (C.2.B.2)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_holds(NEW.by_id, 'hotlists.decide_entry') THEN
    PERFORM training_no('entry_decided_by_entitled', 'The Administrator or designee decides entries (C.2.B.2)');
  END IF;
  IF current_user = 'alpr_app'
      AND (NEW.on_behalf_of_id IS NULL) <> training_own(NEW.by_id, 'hotlists.decide_entry') THEN
    PERFORM training_no('entry_decided_on_behalf', 'A designee, and nobody else, decides on behalf of a principal (L.2)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_confirmation() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM hotlists_entrydecision d JOIN hotlists_entryversion v ON v.id = d.version_id
      WHERE d.id = NEW.decision_id AND d.approved AND v.urgent AND v.by_id = NEW.proposed_by_id AND d.by_id <> NEW.by_id
        AND NEW.by_id <> (SELECT e.by_id FROM hotlists_entry e WHERE e.id = v.entry_id)) THEN
    PERFORM training_no('urgent_entry_confirmed', 'An urgent entry that another let in is confirmed (C.2.B.2)');
  END IF;
  IF NEW.confirmed AND EXISTS (SELECT 1 FROM hotlists_entrydecision d
      WHERE d.id = NEW.decision_id AND d.at <= NEW.at - interval '24 hours') THEN
    PERFORM training_no('urgent_entry_lapsed', 'An urgent entry that nobody confirmed within 24 hours has ended (C.2.B.2)');
  END IF;
  IF current_user = 'alpr_app' AND NOT training_own(NEW.by_id, 'hotlists.decide_entry') THEN
    PERFORM training_no('urgent_entry_confirmed_by_administrator', 'The Administrator confirms urgent entries (C.2.B.2)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION hotlists_guard_stop() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.verification = 'full' AND NOT EXISTS (
      SELECT 1 FROM hotlists_verification v WHERE v.incident_id = NEW.incident_id AND v.clets = 'yes'
        AND v.clets_at <= NEW.responded_at AND date_trunc('minute', v.at) <= NEW.responded_at
        AND v.clets_result <> 'no_record' AND v.other <> 'no'
        AND (v.plate, v.state, v.make, v.model, v.colour) = ('yes', 'yes', 'yes', 'yes', 'yes')) THEN
    PERFORM training_no('verified_stop_was_verified', 'A stop is called verified only where it was (C.2.A)');
  END IF;
  RETURN NEW;
END $$;

-- rows of a file stand beside its receipt: none more than it says, and none of another list
CREATE FUNCTION hotlists_guard_rows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = 'alpr_app' AND EXISTS (
      SELECT 1 FROM (SELECT DISTINCT refresh_id, hot_list_id FROM new_rows) n
      LEFT JOIN hotlists_refresh r ON r.id = n.refresh_id AND r.hot_list_id = n.hot_list_id AND r.outcome <> 'refused'
      WHERE r.id IS NULL
         OR (SELECT count(*) FROM hotlists_watchrow w WHERE w.refresh_id = n.refresh_id) > r.kept) THEN
    PERFORM training_no('rows_of_their_receipt', 'Rows come with the receipt of their file, and as many as it says (C.2.B.1)');
  END IF;
  RETURN NULL;
END $$;

-- at the end of the transaction a receipt is true
CREATE FUNCTION hotlists_guard_receipt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (NEW.outcome = 'held' OR EXISTS (SELECT 1 FROM hotlists_liststate s WHERE s.refresh_id = NEW.id))
      AND (SELECT count(*) FROM hotlists_watchrow w WHERE w.refresh_id = NEW.id) <> NEW.kept THEN
    PERFORM training_no('receipt_counts_its_rows', 'A receipt says how many rows were kept (C.2.B.1)');
  END IF;
  RETURN NULL;
END $$;
"""

# What follows from a record is done by the database, as the owner: the application has no other way to it.
EFFECTS = """
CREATE FUNCTION hotlists_put_in_force(refresh hotlists_refresh) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM hotlists_watchrow w WHERE w.hot_list_id = refresh.hot_list_id AND w.refresh_id IN (
    SELECT r.id FROM hotlists_refresh r WHERE r.hot_list_id = refresh.hot_list_id AND r.number < refresh.number);
  INSERT INTO hotlists_liststate (hot_list_id, refresh_id, refreshed_at)
  VALUES (refresh.hot_list_id, refresh.id, refresh.at)
  ON CONFLICT (hot_list_id) DO UPDATE SET refresh_id = refresh.id, refreshed_at = refresh.at;
$$;

CREATE FUNCTION hotlists_refreshed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.outcome = 'applied' THEN
    PERFORM hotlists_put_in_force(NEW);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION hotlists_held_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.applied THEN
    PERFORM hotlists_put_in_force(r) FROM hotlists_refresh r WHERE r.id = NEW.refresh_id;
  ELSE
    DELETE FROM hotlists_watchrow w WHERE w.refresh_id = NEW.refresh_id;
  END IF;
  RETURN NULL;
END $$;

-- an approved version takes the place of the one before it; an urgent one that a designee let in lasts a day at first
CREATE FUNCTION hotlists_entry_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v hotlists_entryversion;
BEGIN
  IF NOT NEW.approved THEN
    RETURN NULL;
  END IF;
  SELECT * INTO v FROM hotlists_entryversion WHERE id = NEW.version_id;
  DELETE FROM hotlists_watchrow w WHERE w.entry_id = v.entry_id;
  INSERT INTO hotlists_watchrow (hot_list_id, version_id, entry_id, plate, plate_fold, pattern, state, starts_at, ends_at, detail)
  SELECT e.hot_list_id, v.id, v.entry_id,
    CASE v.watched WHEN 'plate' THEN v.plate END,
    CASE v.watched WHEN 'plate' THEN translate(v.plate, 'OQDILSBZ', '00011582') END,
    CASE v.watched WHEN 'partial' THEN translate(v.plate, '*?', '%_') END,
    v.state, NEW.at,
    CASE WHEN v.urgent AND NOT training_own(NEW.by_id, 'hotlists.decide_entry')
      THEN least(v.expires_at, NEW.at + interval '24 hours') ELSE v.expires_at END,
    jsonb_build_object('reason', v.instructions, 'make', v.make, 'model', v.model, 'colour', v.colour, 'year', v.year,
      'marks', v.marks, 'case_number', v.case_number)
  FROM hotlists_entry e WHERE e.id = v.entry_id AND v.watched <> 'vehicle';
  RETURN NULL;
END $$;

CREATE FUNCTION hotlists_entry_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.confirmed THEN
    UPDATE hotlists_watchrow w SET ends_at = v.expires_at
    FROM hotlists_entrydecision d JOIN hotlists_entryversion v ON v.id = d.version_id
    WHERE d.id = NEW.decision_id AND w.version_id = v.id;
  ELSE
    DELETE FROM hotlists_watchrow w USING hotlists_entrydecision d WHERE d.id = NEW.decision_id AND w.version_id = d.version_id;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION hotlists_entry_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM hotlists_hold_entry(NEW.entry_id);
  DELETE FROM hotlists_watchrow w WHERE w.entry_id = NEW.entry_id;
  RETURN NULL;
END $$;

-- tell open pages that something about an incident is new: its id, nothing else
CREATE FUNCTION hotlists_tell(incident uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  number bigint;
BEGIN
  INSERT INTO hotlists_hitevent (incident_id, at) VALUES (incident, clock_timestamp()) RETURNING id INTO number;
  PERFORM pg_notify('hotlists_hits', number::text);
END $$;

CREATE FUNCTION hotlists_incident_worked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  row jsonb := to_jsonb(NEW);
  about uuid := (row ->> 'incident_id')::uuid;
BEGIN
  IF about IS NULL THEN
    RETURN NULL;  -- a stop from an alert that the portal did not raise
  END IF;
  CASE TG_ARGV[0]
    WHEN 'assigned' THEN
      UPDATE hotlists_queueitem SET assigned_to_id = (row ->> 'member_id')::uuid WHERE incident_id = about;
    WHEN 'muted' THEN
      UPDATE hotlists_queueitem SET muted_until = (row ->> 'ends_at')::timestamptz WHERE incident_id = about;
    WHEN 'stopped' THEN
      DELETE FROM hotlists_queueitem WHERE incident_id = about;
    WHEN 'verified' THEN
      IF row ->> 'outcome' = '' THEN
        UPDATE hotlists_queueitem SET verified_at = (row ->> 'at')::timestamptz WHERE incident_id = about;
      ELSE
        DELETE FROM hotlists_queueitem WHERE incident_id = about;
      END IF;
  END CASE;
  PERFORM hotlists_tell(about);
  RETURN NULL;
END $$;
"""

# trigger function → (when, table)
TRIGGERS = (
    ("hotlists_guard_template_decision()", "BEFORE INSERT", "templatedecision"),
    ("hotlists_guard_refresh()", "BEFORE INSERT", "refresh"),
    ("hotlists_guard_refresh_decision()", "BEFORE INSERT", "refreshdecision"),
    ("hotlists_guard_entry()", "BEFORE INSERT", "entry"),
    ("hotlists_guard_version()", "BEFORE INSERT", "entryversion"),
    ("hotlists_guard_decision()", "BEFORE INSERT", "entrydecision"),
    ("hotlists_guard_confirmation()", "BEFORE INSERT", "entryconfirmation"),
    ("hotlists_guard_stop()", "BEFORE INSERT", "stop"),
    ("hotlists_refreshed()", "AFTER INSERT", "refresh"),
    ("hotlists_held_decided()", "AFTER INSERT", "refreshdecision"),
    ("hotlists_entry_decided()", "AFTER INSERT", "entrydecision"),
    ("hotlists_entry_confirmed()", "AFTER INSERT", "entryconfirmation"),
    ("hotlists_entry_ended()", "AFTER INSERT", "entryend"),
    ("hotlists_incident_worked('assigned')", "AFTER INSERT", "incidentassigned"),
    ("hotlists_incident_worked('muted')", "AFTER INSERT", "mute"),
    ("hotlists_incident_worked('verified')", "AFTER INSERT", "verification"),
    ("hotlists_incident_worked('stopped')", "AFTER INSERT", "stop"),
)
OF_STATEMENTS = """
CREATE TRIGGER hotlists_guard_rows AFTER INSERT ON hotlists_watchrow REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hotlists_guard_rows();
ALTER TABLE hotlists_watchrow ENABLE ALWAYS TRIGGER hotlists_guard_rows;
CREATE CONSTRAINT TRIGGER hotlists_guard_receipt AFTER INSERT ON hotlists_refresh DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION hotlists_guard_receipt();
ALTER TABLE hotlists_refresh ENABLE ALWAYS TRIGGER hotlists_guard_receipt;
"""


def stand() -> str:
    """The triggers, each named as its function, firing in replica mode too."""
    return OF_STATEMENTS + "\n".join(
        f"CREATE TRIGGER {call.split('(')[0]} {when} ON hotlists_{table} FOR EACH ROW EXECUTE FUNCTION {call};"
        f"ALTER TABLE hotlists_{table} ENABLE ALWAYS TRIGGER {call.split('(')[0]};"
        for call, when, table in TRIGGERS
    )


def fall() -> str:
    functions = dict.fromkeys(call.split("(")[0] for call, _, _ in TRIGGERS)
    return "\n".join(
        [
            "DROP TRIGGER hotlists_guard_rows ON hotlists_watchrow; DROP TRIGGER hotlists_guard_receipt ON hotlists_refresh;"
        ]
        + [f"DROP TRIGGER {call.split('(')[0]} ON hotlists_{table};" for call, _, table in TRIGGERS]
        + [f"DROP FUNCTION {name}();" for name in (*functions, "hotlists_guard_rows", "hotlists_guard_receipt")]
        + ["DROP FUNCTION hotlists_put_in_force(hotlists_refresh);", "DROP FUNCTION hotlists_tell(uuid);"]
        + ["DROP FUNCTION hotlists_hold_entry(uuid);"]
    )


class Migration(migrations.Migration):
    dependencies = [("hotlists", "0001_initial"), ("training", "0008_rights")]
    operations = [
        written_once(*(f"hotlists_{name}" for name in RECORDS)),
        migrations.RunSQL(GUARDS + EFFECTS + stand(), fall()),
    ]
