"""Accounts in the hands of two people, second factors, sign-in, courses with exams, papers and letters: their tables."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0003_invitations"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("year", models.PositiveSmallIntegerField()),
                ("note", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccountClosed",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("left", "Left the Department"),
                            ("transferred", "Transferred, needs it no more"),
                            ("unused", "Not used for 90 days"),
                            ("review", "Not confirmed in the yearly review"),
                            ("other", "Other, see the note"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccountDecision",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("approved", models.BooleanField()),
                ("reason", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccountLock",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("failures", models.PositiveSmallIntegerField()),
                ("address", models.GenericIPAddressField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccountProposal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("join", "A new member"),
                            ("role", "More roles"),
                            ("category", "Another category"),
                            ("reopen", "Open a closed account again"),
                            ("factor", "Remove a lost second factor"),
                        ],
                        max_length=10,
                    ),
                ),
                ("details", models.JSONField(blank=True, default=dict)),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sworn", "Sworn"),
                            ("pst", "Police Service Technician"),
                            ("other", "Other, designated"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("reason", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="AccountReopened",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("questions", models.JSONField()),
                (
                    "right",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AttemptAnswered",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "answers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("passed", models.BooleanField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CategoryChanged",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("sworn", "Sworn"),
                            ("pst", "Police Service Technician"),
                            ("other", "Other, designated"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CourseApproval",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("on_behalf_of_name", models.CharField(blank=True, editable=False, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="CourseEnd",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FactorReset",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Gap",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("clause", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("gap", models.TextField()),
                ("plan", models.TextField(blank=True)),
                ("due_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="GapStep",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("note", models.TextField()),
                ("closed", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HistoricalQuestion",
            fields=[
                ("id", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("law", "Applicable federal and state law"),
                            ("policy", "Applicable policy"),
                            ("equipment", "Functionality of equipment"),
                            ("accessing_data", "Accessing data"),
                            ("safeguarding", "Safeguarding passwords and data"),
                            ("sharing", "Sharing of data"),
                            ("reporting_breaches", "Reporting breaches"),
                            ("post_breach", "Post-breach procedures"),
                        ],
                        max_length=30,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=None),
                ),
                ("right", models.PositiveSmallIntegerField()),
                ("in_use", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical question",
                "verbose_name_plural": "historical questions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[("roster", "Roster of completions"), ("personnel", "Leavers and transfers")],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.TextField()),
                ("rows", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="IntakeApplied",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("counts", models.JSONField(default=dict)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("what", models.CharField(max_length=40)),
                ("verb", models.CharField(max_length=60)),
                ("arguments", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="JobDone",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("done", "Done"), ("refused", "Refused"), ("failed", "Failed")], max_length=10
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=120)),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("content", models.BinaryField(null=True)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("clause", models.CharField(blank=True, max_length=20)),
                ("says", models.TextField(blank=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="JobTry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("number", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("about_on", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="LetterSent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LiveSession",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="live_session",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("number", models.UUIDField(default=uuid.uuid4)),
                ("began_at", models.DateTimeField()),
                ("address", models.GenericIPAddressField(null=True)),
                ("device", models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("verb", models.CharField(max_length=60)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="LoanEnd",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LockRelease",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("through", models.CharField(choices=[("page", "Page"), ("console", "Console")], max_length=10)),
                ("reason", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("on_behalf_of_name", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order", "The order"),
                            ("guidelines", "Guidelines"),
                            ("transfer_protocol", "Data transfer protocol"),
                            ("training_material", "Training material"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("version", models.CharField(max_length=40)),
                ("in_force_on", models.DateField()),
                ("note", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="PublicationEnd",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("law", "Applicable federal and state law"),
                            ("policy", "Applicable policy"),
                            ("equipment", "Functionality of equipment"),
                            ("accessing_data", "Accessing data"),
                            ("safeguarding", "Safeguarding passwords and data"),
                            ("sharing", "Sharing of data"),
                            ("reporting_breaches", "Reporting breaches"),
                            ("post_breach", "Post-breach procedures"),
                        ],
                        max_length=30,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=None),
                ),
                ("right", models.PositiveSmallIntegerField()),
                ("in_use", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReviewedMember",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("kept", models.BooleanField()),
                ("reason", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="RoleEnd",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("role", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by_name", models.CharField(max_length=200)),
                ("by_badge", models.CharField(blank=True, max_length=40)),
                ("by_unit", models.CharField(blank=True, max_length=120)),
                ("name", models.CharField(max_length=120)),
                ("media_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="completion",
            name="corrects",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrected_by",
                to="training.completion",
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="entered",
            field=models.CharField(
                choices=[("singly", "Entered singly"), ("roster", "From a roster"), ("exam", "Exam in the portal")],
                default="singly",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="instructor",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="completion",
            name="score",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="course",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="pass_mark",
            field=models.PositiveSmallIntegerField(default=80),
        ),
        migrations.AddField(
            model_name="course",
            name="questions_per_topic",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="designation",
            name="on_behalf_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="designation",
            name="on_behalf_of_name",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="designationend",
            name="on_behalf_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="designationend",
            name="on_behalf_of_name",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="historicalcourse",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcourse",
            name="pass_mark",
            field=models.PositiveSmallIntegerField(default=80),
        ),
        migrations.AddField(
            model_name="historicalcourse",
            name="questions_per_topic",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="signin",
            name="device",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="signin",
            name="note",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="completion",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="completions", to="training.course"
            ),
        ),
        migrations.AlterField(
            model_name="signin",
            name="kind",
            field=models.CharField(
                choices=[
                    ("in", "Signed in"),
                    ("out", "Signed out"),
                    ("failed", "Password failed"),
                    ("factor_failed", "Second factor failed"),
                    ("turned_away", "Turned away: locked or closed"),
                    ("locked", "Locked after failures"),
                    ("released", "Lock released"),
                    ("idle", "Locked when idle"),
                    ("limit", "Ended by the time limit"),
                    ("ended", "Ended by a newer sign-in"),
                    ("revoked", "Ended by its owner from another page"),
                    ("confirmed", "Confirmed again who it is"),
                    ("factor_added", "Second factor added"),
                    ("factor_removed", "Second factor removed"),
                    ("codes_made", "Recovery codes made"),
                    ("password", "Password set or changed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["address", "-at"], name="training_si_address_3bb2da_idx"),
        ),
        migrations.AddField(
            model_name="accessreview",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountclosed",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountclosed",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="closings", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountdecision",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountdecision",
            name="member",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="accountdecision",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountlock",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountlock",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="locks", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountproposal",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountproposal",
            name="member",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposals",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="accountdecision",
            name="proposal",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="decision", to="training.accountproposal"
            ),
        ),
        migrations.AddField(
            model_name="accountreopened",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accountreopened",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="reopened", to="training.accountdecision"
            ),
        ),
        migrations.AddField(
            model_name="accountreopened",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reopenings", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="training.course"
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="attempt",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="completion",
                to="training.attempt",
            ),
        ),
        migrations.AddField(
            model_name="attemptanswered",
            name="attempt",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="answered", to="training.attempt"
            ),
        ),
        migrations.AddField(
            model_name="attemptanswered",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="categorychanged",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="categorychanged",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="category_change",
                to="training.accountdecision",
            ),
        ),
        migrations.AddField(
            model_name="categorychanged",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="category_changes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="courseapproval",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="courseapproval",
            name="course",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="approval", to="training.course"
            ),
        ),
        migrations.AddField(
            model_name="courseapproval",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="courseapproval",
            name="on_behalf_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="courseend",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="courseend",
            name="course",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="training.course"
            ),
        ),
        migrations.AddField(
            model_name="factorreset",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="factorreset",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="factor_reset", to="training.accountdecision"
            ),
        ),
        migrations.AddField(
            model_name="factorreset",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="factor_resets", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="gap",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="gapstep",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="gapstep",
            name="gap",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="training.gap"
            ),
        ),
        migrations.AddField(
            model_name="historicalquestion",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="intake",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="intake",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="completions",
                to="training.intake",
            ),
        ),
        migrations.AddField(
            model_name="intakeapplied",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="intakeapplied",
            name="intake",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="applied", to="training.intake"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="jobdone",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="jobdone",
            name="job",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="done", to="training.job"
            ),
        ),
        migrations.AddField(
            model_name="jobtry",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="jobtry",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="training.job"
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="letters", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="lettersent",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="lettersent",
            name="letter",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="sent", to="training.letter"
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="designee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="loans", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="loanend",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="loanend",
            name="loan",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="training.loan"
            ),
        ),
        migrations.AddField(
            model_name="lockrelease",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="lockrelease",
            name="lock",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="release", to="training.accountlock"
            ),
        ),
        migrations.AddField(
            model_name="lockrelease",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="on_behalf_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="material",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="courses",
                to="training.publication",
            ),
        ),
        migrations.AddField(
            model_name="historicalcourse",
            name="material",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="training.publication",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(("pass_mark__gte", 1), ("pass_mark__lte", 100)), name="course_pass_mark_percent"
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_days__gte", 1), ("valid_days__lte", 1826)), name="course_valid_days"
            ),
        ),
        migrations.AddField(
            model_name="publicationend",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="publicationend",
            name="publication",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="training.publication"
            ),
        ),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["topic"], name="training_qu_topic_074790_idx"),
        ),
        migrations.AddField(
            model_name="reviewedmember",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewedmember",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewedmember",
            name="review",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="training.accessreview"
            ),
        ),
        migrations.AddField(
            model_name="roleend",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="training.accountdecision",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="role_grants", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="roleend",
            name="grant",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="training.rolegrant"
            ),
        ),
        migrations.AddField(
            model_name="storedfile",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="publications", to="training.storedfile"
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="evidence",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="training.storedfile",
            ),
        ),
        migrations.AddConstraint(
            model_name="completion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", models.F("member")), _negated=True), ("attempt__isnull", False), _connector="OR"
                ),
                name="completion_entered_by_someone_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="completion",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__isnull", True), ("score__lte", 100), _connector="OR"),
                name="completion_score_percent",
            ),
        ),
        migrations.AddIndex(
            model_name="accessreview",
            index=models.Index(fields=["year", "by"], name="training_ac_year_22dd45_idx"),
        ),
        migrations.AddConstraint(
            model_name="accessreview",
            constraint=models.CheckConstraint(condition=models.Q(("by__isnull", False)), name="review_by_a_member"),
        ),
        migrations.AddIndex(
            model_name="accountclosed",
            index=models.Index(fields=["member", "-at"], name="training_ac_member__6db6c3_idx"),
        ),
        migrations.AddConstraint(
            model_name="accountclosed",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="closed_by_someone_else"
            ),
        ),
        migrations.AddIndex(
            model_name="accountlock",
            index=models.Index(fields=["member", "-at"], name="training_ac_member__7ede3c_idx"),
        ),
        migrations.AddIndex(
            model_name="accountproposal",
            index=models.Index(fields=["-at"], name="training_ac_at_69c652_idx"),
        ),
        migrations.AddConstraint(
            model_name="accountproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="proposal_for_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountproposal",
            constraint=models.CheckConstraint(condition=models.Q(("by__isnull", False)), name="proposal_by_a_member"),
        ),
        migrations.AddConstraint(
            model_name="accountproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["join", "role", "category", "reopen", "factor"])),
                name="proposal_step_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("member__isnull", True), ("step", "join")),
                    models.Q(("member__isnull", False), models.Q(("step", "join"), _negated=True)),
                    _connector="OR",
                ),
                name="proposal_names_its_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountdecision",
            constraint=models.CheckConstraint(condition=models.Q(("by__isnull", False)), name="decision_by_a_member"),
        ),
        migrations.AddConstraint(
            model_name="accountdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("proposed_by")), _negated=True), name="decision_by_a_second_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="decision_about_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved", True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="decision_no_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["by", "-at"], name="training_at_by_id_42d88f_idx"),
        ),
        migrations.AddConstraint(
            model_name="courseapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("made_by")), _negated=True), name="course_approved_by_someone_else"
            ),
        ),
        migrations.AddIndex(
            model_name="intake",
            index=models.Index(fields=["kind", "-at"], name="training_in_kind_e1b7ae_idx"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["by", "-at"], name="training_jo_by_id_84c5f2_idx"),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(condition=models.Q(("by__isnull", False)), name="job_by_a_member"),
        ),
        migrations.AddConstraint(
            model_name="jobtry",
            constraint=models.UniqueConstraint(fields=("job", "number"), name="job_try_once"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["-at"], name="training_le_at_783071_idx"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(fields=("member", "kind", "about_on"), name="letter_once_an_occasion"),
        ),
        migrations.AddIndex(
            model_name="loan",
            index=models.Index(fields=["designee", "ends_at"], name="training_lo_designe_27c08b_idx"),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="loan_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(condition=models.Q(("by__isnull", False)), name="loan_by_a_member"),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("designee")), _negated=True), name="loan_to_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="lockrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="released_by_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="lockrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("by__isnull", False), ("through", "console"), _connector="OR"),
                name="released_by_a_member_or_console",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedmember",
            constraint=models.UniqueConstraint(fields=("review", "member"), name="reviewed_once_a_review"),
        ),
        migrations.AddConstraint(
            model_name="reviewedmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="reviewed_by_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept", True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="review_no_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="rolegrant",
            index=models.Index(fields=["member", "role"], name="training_ro_member__ef9498_idx"),
        ),
        migrations.AddIndex(
            model_name="rolegrant",
            index=models.Index(fields=["-at"], name="training_ro_at_bd3529_idx"),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("member")), _negated=True), name="role_granted_by_someone_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("proposed_by")), _negated=True), name="role_granted_by_two"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("proposed_by", models.F("member")), _negated=True),
                name="role_proposed_by_someone_else",
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["kind", "-in_force_on"], name="training_pu_kind_b471fc_idx"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(fields=("kind", "title", "version"), name="publication_version_once"),
        ),
        migrations.AddField(
            model_name='publicationend',
            name='on_behalf_of',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publicationend',
            name='on_behalf_of_name',
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
    ]
