"""A published document may be the annual report."""

from django.db import migrations, models

KINDS = [
    ("order", "The order"),
    ("guidelines", "Guidelines"),
    ("transfer_protocol", "Data transfer protocol"),
    ("training_material", "Training material"),
    ("annual_report", "Annual report"),
]


class Migration(migrations.Migration):
    dependencies = [("training", "0008_rights")]
    operations = [
        migrations.AlterField("publication", "kind", models.CharField(choices=KINDS, max_length=20)),
    ]
