"""The day of a course's approval is its record's, no longer a column."""

from django.db import migrations, models

# Backwards a course has to name a day: one that nobody approved gets a day that never comes.
FILL = """
UPDATE training_course SET approved_on = coalesce(
  (SELECT a.at::date FROM training_courseapproval a WHERE a.course_id = training_course.id), '9999-12-31');
UPDATE training_historicalcourse SET approved_on = history_date::date;
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0005_approve_what_stands")]
    operations = [
        migrations.AlterField("course", "approved_on", models.DateField(null=True)),
        migrations.AlterField("historicalcourse", "approved_on", models.DateField(null=True)),
        migrations.RunSQL(migrations.RunSQL.noop, FILL),
        migrations.RemoveField("course", "approved_on"),
        migrations.RemoveField("historicalcourse", "approved_on"),
    ]
