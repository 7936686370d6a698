import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_uid", models.CharField(max_length=33)),
                ("line_display_name", models.CharField(blank=True, default="", max_length=100)),
                ("display_name", models.CharField(blank=True, default="", max_length=100)),
                ("customer_id", models.CharField(blank=True, max_length=100, null=True)),
                ("mobile", models.CharField(blank=True, default="", max_length=16)),
                ("email", models.CharField(blank=True, default="", max_length=100)),
                (
                    "gender",
                    models.CharField(
                        choices=[("male", "male"), ("female", "female"), ("unknown", "unknown")],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("birthday", models.DateField(blank=True, null=True)),
                ("tags", models.JSONField(blank=True, default=list)),
                (
                    "status",
                    models.CharField(
                        choices=[("follow", "follow"), ("auth", "auth"), ("unfollow", "unfollow")],
                        default="follow",
                        max_length=10,
                    ),
                ),
                ("blocked_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="accounts.account"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-updated_at", "-id"], name="contact_newest_update"),
                    models.Index(
                        condition=models.Q(("mobile", ""), _negated=True),
                        fields=["account", "mobile"],
                        name="contact_of_mobile",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "line_uid"), name="contact_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("customer_id__isnull", False)),
                        fields=("account", "customer_id"),
                        name="contact_of_customer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("finished", "Finished"), ("failed", "Failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("fault", models.TextField(blank=True, default="")),
                ("rows", models.JSONField(default=list)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_imports",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-id"], name="contact_import_newest"),
                    models.Index(
                        condition=models.Q(("status", "running")), fields=["id"], name="contact_import_running"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "running")),
                        fields=("account",),
                        name="contact_import_one_at_a_time",
                    )
                ],
            },
        ),
    ]
