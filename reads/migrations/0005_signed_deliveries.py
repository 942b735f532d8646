"""Deliveries in our own format may be signed: who must sign, the sealed key to check with, and nonces that were used."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from alpr_portal.records import written_once


class Migration(migrations.Migration):
    dependencies = [
        ("reads", "0004_list_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("source", "sealed_key", models.BinaryField(null=True)),
        migrations.AddField("source", "signed_only", models.BooleanField(default=False)),
        migrations.AddField("historicalsource", "signed_only", models.BooleanField(default=False)),
        migrations.AddConstraint(
            "source",
            models.CheckConstraint(
                condition=models.Q(("signed_only", False), ("format", "portal"), _connector="OR"),
                name="source_signs_own_format",
            ),
        ),
        migrations.CreateModel(
            name="NonceSeen",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("nonce", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="nonces", to="reads.source"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["source", "nonce"], name="nonce_once_per_source")],
            },
        ),
        written_once("reads_nonceseen"),
    ]
