"""The saved columns of a source's files; how late deliveries come; how old the reads are that a search showed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reads", "0007_pictures")]
    operations = [
        migrations.AddField("source", "columns", models.JSONField(blank=True, default=dict)),
        migrations.AddField("historicalsource", "columns", models.JSONField(blank=True, default=dict)),
        migrations.AddField("batch", "lag_median", models.PositiveIntegerField(null=True)),
        migrations.AddField("batch", "lag_longest", models.PositiveIntegerField(null=True)),
        migrations.AddField("answer", "ages", models.JSONField(default=dict)),
        migrations.AddField("answer", "digest", models.CharField(blank=True, max_length=64)),
    ]
