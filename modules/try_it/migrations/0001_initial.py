import django.db.models.deletion
from django.db import migrations, models

import modules.try_it.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("webhooks", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Receiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(default=modules.try_it.models.new_token, max_length=40, unique=True)),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("verifies", "200 if the signature is right, otherwise 401"),
                            ("error", "500 to everything"),
                            ("slow", "200 after three seconds"),
                            ("hangs", "after the time limit, so that each attempt times out"),
                        ],
                        default="verifies",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receiver", to="accounts.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="built_in_receivers",
                        to="webhooks.endpoint",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Received",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("topic", models.CharField(max_length=50)),
                ("idempotency_key", models.CharField(max_length=64)),
                ("headers", models.JSONField()),
                ("body", models.TextField()),
                ("is_verified", models.BooleanField()),
                ("is_repeated", models.BooleanField()),
                ("status_code", models.PositiveSmallIntegerField()),
                (
                    "receiver",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="received",
                        to="try_it.receiver",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["receiver", "-id"], name="received_newest")],
            },
        ),
    ]
