"""Who holds a verb, as the database knows it: guards of other apps ask these, so that two persons are a fact."""

from django.db import migrations

RIGHTS = """
-- whether a role of the member's own lists the verb
CREATE FUNCTION training_own(who uuid, verb text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM training_member m JOIN training_member_groups mg ON mg.member_id = m.id
    JOIN auth_group_permissions gp ON gp.group_id = mg.group_id
    JOIN auth_permission p ON p.id = gp.permission_id JOIN django_content_type t ON t.id = p.content_type_id
    WHERE m.id = who AND m.is_active AND t.app_label || '.' || p.codename = verb)
$$;

-- own, or lent by a principal who holds it; never lent to those who oversee (training/loans.py says the same)
CREATE FUNCTION training_holds(who uuid, verb text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT training_own(who, verb) OR EXISTS (
    SELECT 1 FROM training_loan l JOIN training_member m ON m.id = l.designee_id
    WHERE l.designee_id = who AND m.is_active AND l.verb = $2
      AND l.starts_at <= clock_timestamp() AND l.ends_at > clock_timestamp() AND training_own(l.by_id, l.verb)
      AND NOT EXISTS (SELECT 1 FROM training_loanend e WHERE e.loan_id = l.id)
      AND NOT EXISTS (
        SELECT 1 FROM training_member_groups mg JOIN auth_group g ON g.id = mg.group_id WHERE mg.member_id = who
          AND g.name IN ('auditor', 'independent_auditor', 'internal_affairs', 'commissioner')))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0007_guards")]
    operations = [
        migrations.RunSQL(RIGHTS, "DROP FUNCTION training_holds(uuid, text); DROP FUNCTION training_own(uuid, text);")
    ]
