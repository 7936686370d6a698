import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScriptedFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "failure",
                    models.CharField(
                        choices=[
                            ("peak", "peak"),
                            ("timeout", "timeout"),
                            ("error", "error"),
                            ("refused", "refused"),
                            ("line_rate_limit", "line_rate_limit"),
                            ("failed_to_send", "failed_to_send"),
                            ("token_expired", "token_expired"),
                            ("maintenance", "maintenance"),
                            ("no_points", "no_points"),
                            ("failed_to_emit", "failed_to_emit"),
                            ("redeem_retry", "redeem_retry"),
                            ("redeem_error", "redeem_error"),
                        ],
                        max_length=20,
                    ),
                ),
                ("path", models.CharField(blank=True, default="", max_length=100)),
                ("times", models.PositiveIntegerField(null=True)),
                ("hits", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("expires_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openapi_failures",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Bucket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("call", models.CharField(max_length=50)),
                ("full_at", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "call"), name="bucket_once")],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("called_at", models.DateTimeField()),
                ("microseconds", models.PositiveIntegerField()),
                ("method", models.CharField(max_length=10)),
                ("path", models.CharField(max_length=500)),
                ("query", models.TextField(blank=True, default="")),
                ("request_headers", models.TextField()),
                ("request_body", models.TextField(blank=True, default="")),
                ("request_size", models.PositiveIntegerField(default=0)),
                ("status", models.PositiveSmallIntegerField()),
                ("response_headers", models.TextField()),
                ("response_body", models.TextField(blank=True, default="")),
                ("response_size", models.PositiveIntegerField(default=0)),
                ("failure", models.CharField(blank=True, default="", max_length=20)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openapi_calls",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-id"], name="openapi_call_newest")],
            },
        ),
    ]
