import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Play",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scenario", models.CharField(max_length=100)),
                ("text", models.TextField()),
                ("seed", models.CharField(max_length=100)),
                ("edition", models.PositiveIntegerField(default=0)),
                ("rate", models.FloatField()),
                ("seconds", models.FloatField()),
                ("planned", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("stopped", "Stopped"),
                            ("interrupted", "Interrupted"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=20,
                    ),
                ),
                ("fault", models.TextField(blank=True, default="")),
                ("fixtures", models.JSONField(default=dict)),
                ("position", models.PositiveIntegerField(default=0)),
                ("events", models.PositiveIntegerField(default=0)),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("claim_token", models.CharField(blank=True, default="", max_length=32)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plays",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-id"], name="play_newest"),
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="play_due"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "running")), fields=("account",), name="play_one_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("status", "running")),
                            models.Q(models.Q(("status", "running"), _negated=True), ("due_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="play_is_due_while_it_runs",
                    ),
                ],
            },
        ),
    ]
