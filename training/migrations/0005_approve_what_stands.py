"""What stood before there were approvals and grants keeps standing, as records by the portal itself."""

from django.db import migrations

FORWARD = """
INSERT INTO training_courseapproval (id, at, by_id, by_name, by_badge, by_unit, on_behalf_of_name, course_id)
SELECT gen_random_uuid(), c.approved_on, NULL, 'the portal', '', '', '', c.id FROM training_course c
WHERE c.approved_on < '9999-12-31' AND NOT EXISTS (SELECT 1 FROM training_courseapproval a WHERE a.course_id = c.id);
INSERT INTO training_rolegrant (id, at, by_id, by_name, by_badge, by_unit, member_id, role)
SELECT gen_random_uuid(), m.joined_at, NULL, 'the portal', '', '', m.id, g.name
FROM training_member_groups mg JOIN training_member m ON m.id = mg.member_id JOIN auth_group g ON g.id = mg.group_id;
"""
BACKWARD = """
DELETE FROM training_courseapproval;
DELETE FROM training_rolegrant;
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0004_accounts_and_training")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
