"""Two persons, approved courses, marks and one way to a role: what the database itself refuses, whoever asks."""

from django.db import migrations

from alpr_portal.records import written_once

RECORDS = (
    *("accessreview", "reviewedmember", "accountclosed", "accountdecision", "accountlock", "accountproposal"),
    *("accountreopened", "attempt", "attemptanswered", "categorychanged", "courseapproval", "courseend"),
    *("factorreset", "gap", "gapstep", "intake", "intakeapplied", "job", "jobdone", "jobtry", "letter", "lettersent"),
    *("loan", "loanend", "lockrelease", "publication", "publicationend", "roleend", "rolegrant", "storedfile"),
)

# Each guard runs as whoever inserts: current_user tells the application from the owner.
GUARDS = """
CREATE FUNCTION training_no(what text, says text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', says USING ERRCODE = '23514', CONSTRAINT = what;
END $$;

-- acts that are somebody's word, never the portal's own
CREATE FUNCTION training_guard_actor() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.by_id IS NULL AND current_user = 'alpr_app' THEN
    PERFORM training_no('act_by_a_member', 'This is the word of a member, who is named (C.1, J, L.1)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_member() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = 'alpr_app' AND (NEW.is_active, NEW.category) IS DISTINCT FROM (OLD.is_active, OLD.category) THEN
    PERFORM training_no('member_changed_by_record', 'Accounts are closed, opened and recategorised by a record (K.login)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM training_accountproposal p WHERE p.id = NEW.proposal_id
      AND p.by_id = NEW.proposed_by_id AND (p.step = 'join' OR p.member_id = NEW.member_id)) THEN
    PERFORM training_no('decision_of_its_proposal', 'A decision names who proposed, and whom it concerns (C.3.b)');
  END IF;
  RETURN NEW;
END $$;

-- approved, of this step, about this member
CREATE FUNCTION training_decided(decision uuid, steps text[], member uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM training_accountdecision d JOIN training_accountproposal p ON p.id = d.proposal_id
    WHERE d.id = decision AND d.approved AND p.step = ANY (steps) AND d.member_id = member)
$$;

CREATE FUNCTION training_guard_grant() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM auth_group g WHERE g.name = NEW.role) THEN
    PERFORM training_no('role_known', 'There is no such role');
  END IF;
  IF current_user <> 'alpr_app' THEN
    RETURN NEW;
  END IF;
  IF NEW.by_id IS NULL AND NEW.proposed_by_id IS NULL AND NEW.decision_id IS NULL
      AND (SELECT count(*) FROM training_member) <= 2 THEN
    RETURN NEW;  -- the first two, by the portal itself (L.1)
  END IF;
  IF NOT coalesce(training_decided(NEW.decision_id, '{join,role}', NEW.member_id), false) OR NOT EXISTS (
      SELECT 1 FROM training_accountdecision d JOIN training_accountproposal p ON p.id = d.proposal_id
      WHERE d.id = NEW.decision_id AND d.by_id = NEW.by_id AND d.proposed_by_id = NEW.proposed_by_id
        AND NEW.role = ANY (p.roles)) THEN
    PERFORM training_no('role_granted_by_decision', 'Roles are granted by two people (C.3.b)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_step() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT training_decided(NEW.decision_id, ARRAY[TG_ARGV[0]], NEW.member_id) THEN
    PERFORM training_no('step_by_decision', 'This step rests on the decision of a second person (C.3.b)');
  END IF;
  IF TG_ARGV[0] = 'category' THEN  -- only that table has a category
    IF NOT EXISTS (
        SELECT 1 FROM training_accountdecision d JOIN training_accountproposal p ON p.id = d.proposal_id
        WHERE d.id = NEW.decision_id AND p.category = NEW.category) THEN
      PERFORM training_no('step_by_decision', 'This is not the category that was decided (C.1)');
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_release() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.member_id IS DISTINCT FROM (SELECT l.member_id FROM training_accountlock l WHERE l.id = NEW.lock_id) THEN
    PERFORM training_no('release_of_its_lock', 'A release names the member of its lock (K.login)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_course() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM training_courseapproval a WHERE a.course_id = OLD.id) THEN
    PERFORM training_no('approved_course_stands', 'An approved course changes no more: make a new version (C.3.a)');
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION training_guard_approval() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.made_by_id IS DISTINCT FROM (SELECT c.made_by_id FROM training_course c WHERE c.id = NEW.course_id) THEN
    PERFORM training_no('approval_names_maker', 'An approval names who made the course (C.3.a)');
  END IF;
  IF NEW.by_id IS NULL AND current_user = 'alpr_app' THEN
    PERFORM training_no('approval_by_a_member', 'Somebody approves a course (C.3.a)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_answer() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked record;
  hits integer;
  mark integer;
BEGIN
  SELECT a.by_id, a."right", c.pass_mark INTO asked
  FROM training_attempt a JOIN training_course c ON c.id = a.course_id WHERE a.id = NEW.attempt_id;
  SELECT count(*) INTO hits FROM unnest(asked."right", NEW.answers::integer[]) AS u(wanted, given) WHERE wanted = given;
  mark := (100 * hits) / greatest(cardinality(asked."right"), 1);
  IF asked.by_id IS DISTINCT FROM NEW.by_id OR cardinality(NEW.answers) <> cardinality(asked."right")
      OR NEW.score <> mark OR NEW.passed <> (mark >= asked.pass_mark AND cardinality(asked."right") > 0) THEN
    PERFORM training_no('answer_marked_right', 'An exam is answered by who began it, and marked as it was answered (J)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_completion() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  taken training_course;
BEGIN
  SELECT * INTO taken FROM training_course c WHERE c.id = NEW.course_id;
  IF NOT EXISTS (SELECT 1 FROM training_courseapproval a WHERE a.course_id = taken.id) THEN
    PERFORM training_no('completion_of_approved_course', 'Only a course that the Department approved counts (C.3.a)');
  END IF;
  IF NOT (NEW.topics <@ taken.topics)
      OR NEW.completed_on > (now() AT TIME ZONE 'America/Los_Angeles')::date
      OR NEW.expires_at > (NEW.completed_on + taken.valid_days + 1)::timestamp AT TIME ZONE 'America/Los_Angeles' THEN
    PERFORM training_no('completion_as_course_says', 'A completion covers what its course covers, as long as it says (J)');
  END IF;
  IF NEW.attempt_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM training_attempt t JOIN training_attemptanswered r ON r.attempt_id = t.id
      WHERE t.id = NEW.attempt_id AND r.passed AND t.by_id = NEW.member_id AND t.course_id = NEW.course_id) THEN
    PERFORM training_no('completion_by_passed_exam', 'An exam that was not passed completes nothing (J)');
  END IF;
  IF NEW.by_id IS NULL AND current_user = 'alpr_app' THEN
    PERFORM training_no('completion_by_a_member', 'Somebody enters a completion (J)');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION training_guard_withdrawal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.entered_by_id IS DISTINCT FROM (SELECT c.by_id FROM training_completion c WHERE c.id = NEW.completion_id) THEN
    PERFORM training_no('withdrawal_names_enterer', 'A withdrawal names who entered the completion (J)');
  END IF;
  RETURN NEW;
END $$;
"""

# What follows from a record is done by the database, as the owner: the application has no other way to it.
EFFECTS = """
CREATE FUNCTION training_role_given() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO training_member_groups (member_id, group_id)
  SELECT NEW.member_id, g.id FROM auth_group g WHERE g.name = NEW.role ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE FUNCTION training_role_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM training_member_groups mg USING training_rolegrant was, auth_group g
  WHERE was.id = NEW.grant_id AND mg.member_id = was.member_id AND g.name = was.role AND mg.group_id = g.id
    AND NOT EXISTS (
      SELECT 1 FROM training_rolegrant o WHERE o.member_id = was.member_id AND o.role = was.role
        AND NOT EXISTS (SELECT 1 FROM training_roleend e WHERE e.grant_id = o.id));
  RETURN NULL;
END $$;

CREATE FUNCTION training_account_closed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE training_member SET is_active = false WHERE id = NEW.member_id;
  DELETE FROM training_livesession WHERE member_id = NEW.member_id;
  RETURN NULL;
END $$;

CREATE FUNCTION training_account_reopened() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE training_member SET is_active = true WHERE id = NEW.member_id;
  RETURN NULL;
END $$;

CREATE FUNCTION training_category_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE training_member SET category = NEW.category WHERE id = NEW.member_id;
  RETURN NULL;
END $$;
"""

# trigger function → (when, table, its arguments)
TRIGGERS = (
    ("training_guard_member()", "BEFORE UPDATE", "training_member"),
    ("training_guard_decision()", "BEFORE INSERT", "training_accountdecision"),
    ("training_guard_grant()", "BEFORE INSERT", "training_rolegrant"),
    ("training_guard_step('reopen')", "BEFORE INSERT", "training_accountreopened"),
    ("training_guard_step('category')", "BEFORE INSERT", "training_categorychanged"),
    ("training_guard_step('factor')", "BEFORE INSERT", "training_factorreset"),
    ("training_guard_release()", "BEFORE INSERT", "training_lockrelease"),
    ("training_guard_course()", "BEFORE UPDATE OR DELETE", "training_course"),
    ("training_guard_approval()", "BEFORE INSERT", "training_courseapproval"),
    ("training_guard_answer()", "BEFORE INSERT", "training_attemptanswered"),
    ("training_guard_completion()", "BEFORE INSERT", "training_completion"),
    ("training_guard_withdrawal()", "BEFORE INSERT", "training_completionwithdrawn"),
    *(
        ("training_guard_actor()", "BEFORE INSERT", f"training_{name}")
        for name in ("designation", "designationend", "completionwithdrawn", "publication", "publicationend")
    ),
    ("training_role_given()", "AFTER INSERT", "training_rolegrant"),
    ("training_role_ended()", "AFTER INSERT", "training_roleend"),
    ("training_account_closed()", "AFTER INSERT", "training_accountclosed"),
    ("training_account_reopened()", "AFTER INSERT", "training_accountreopened"),
    ("training_category_changed()", "AFTER INSERT", "training_categorychanged"),
)


def stand() -> str:
    """The triggers, each named as its function, firing in replica mode too."""
    return "\n".join(
        f"CREATE TRIGGER {call.split('(')[0]} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {call};"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {call.split('(')[0]};"
        for call, when, table in TRIGGERS
    )


def fall() -> str:
    functions = dict.fromkeys(call.split("(")[0] for call, _, _ in TRIGGERS)
    return "\n".join(
        [f"DROP TRIGGER {call.split('(')[0]} ON {table};" for call, _, table in TRIGGERS]
        + [f"DROP FUNCTION {name}();" for name in functions]
        + ["DROP FUNCTION training_decided(uuid, text[], uuid);", "DROP FUNCTION training_no(text, text);"]
    )


class Migration(migrations.Migration):
    dependencies = [("training", "0006_course_approved_by_record")]
    operations = [
        written_once(*(f"training_{name}" for name in RECORDS)),
        migrations.RunSQL(GUARDS + EFFECTS + stand(), fall()),
    ]
