"""The day of a course's approval is its record's, no longer a column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0005_approve_what_stands")]
    operations = [
        # backwards the column comes back empty, and 0005 fills it from the records
        migrations.AlterField("course", "approved_on", models.DateField(null=True)),
        migrations.AlterField("historicalcourse", "approved_on", models.DateField(null=True)),
        migrations.RemoveField("course", "approved_on"),
        migrations.RemoveField("historicalcourse", "approved_on"),
    ]
