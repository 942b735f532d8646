"""An attestation names the place it is for; one from before names none and is to be made anew (C.3.1)."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reads", "0005_signed_deliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="camera",
            name="place_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddField(
            model_name="sitingattestation",
            name="place_id",
            field=models.UUIDField(null=True),
        ),
    ]
