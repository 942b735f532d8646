"""Lists that left as files are records, written once."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from alpr_portal.records import written_once


class Migration(migrations.Migration):
    dependencies = [
        ("reads", "0003_reads_and_gate"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListExport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("list_name", models.CharField(max_length=60)),
                ("filters", models.JSONField(default=dict)),
                ("rows", models.PositiveIntegerField()),
                ("format", models.CharField(choices=[("csv", "CSV"), ("xlsx", "XLSX")], max_length=10)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-at"], name="reads_liste_at_fb582d_idx")],
            },
        ),
        written_once("reads_listexport"),
    ]
