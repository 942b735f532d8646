"""Training's records are written once, and the database knows who may enter."""

from django.db import migrations

from alpr_portal.records import written_once

MAY_ENTER = """
CREATE FUNCTION training_may_enter(who uuid, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM training_member m
    WHERE m.id = who AND m.is_active
      AND (m.category IN ('sworn', 'pst') OR EXISTS (
        SELECT 1 FROM training_designation d
        WHERE d.member_id = m.id AND d.starts_at <= moment AND d.ends_at > moment
          AND NOT EXISTS (SELECT 1 FROM training_designationend e WHERE e.designation_id = d.id)))
      AND 8 = (
        SELECT count(DISTINCT topic) FROM training_completion c CROSS JOIN unnest(c.topics) AS topic
        WHERE c.member_id = m.id AND c.expires_at > moment
          AND topic IN ('law', 'policy', 'equipment', 'accessing_data', 'safeguarding', 'sharing',
                        'reporting_breaches', 'post_breach')
          AND NOT EXISTS (SELECT 1 FROM training_completionwithdrawn w WHERE w.completion_id = c.id)))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]
    operations = [
        written_once(
            "training_designation",
            "training_designationend",
            "training_completion",
            "training_completionwithdrawn",
            "training_signin",
            "training_refusalrecord",
        ),
        migrations.RunSQL(MAY_ENTER, "DROP FUNCTION training_may_enter(uuid, timestamptz);"),
    ]
