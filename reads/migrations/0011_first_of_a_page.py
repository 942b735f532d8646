"""An answer tells which of the reads found its page began with; a page by key has no number of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reads", "0010_store_staged")]
    operations = [migrations.AddField("answer", "first", models.PositiveIntegerField(null=True))]
