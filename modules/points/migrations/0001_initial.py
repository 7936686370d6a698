import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Prize",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("memo", models.CharField(blank=True, default="", max_length=200)),
                ("count", models.PositiveIntegerField(default=1)),
                ("category", models.CharField(blank=True, default="", max_length=100)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("expires_after_days", models.PositiveIntegerField(blank=True, null=True)),
                ("needs_bound_contact", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prizes", to="accounts.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("points_id", models.UUIDField(default=uuid.uuid4)),
                ("grant_key", models.CharField(max_length=100, null=True)),
                ("count", models.PositiveIntegerField()),
                ("spent", models.PositiveIntegerField(default=0)),
                ("memo", models.CharField(max_length=200)),
                ("category", models.CharField(max_length=100)),
                ("expire_date", models.DateTimeField(null=True)),
                ("granted_at", models.DateTimeField()),
                ("webhook_event_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="contacts.contact"
                    ),
                ),
                (
                    "prize",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="points.prize",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("code", models.CharField(max_length=32)),
                ("points", models.PositiveIntegerField(default=0)),
                ("valid_until", models.DateTimeField(null=True)),
                ("is_blocked", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("customer_id", models.CharField(max_length=1024, null=True)),
                ("mobile", models.CharField(max_length=16, null=True)),
                ("gender", models.CharField(max_length=10, null=True)),
                ("store", models.CharField(max_length=1024, null=True)),
                ("revenue", models.FloatField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vouchers",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vouchers",
                        to="contacts.contact",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_on__isnull", True), ("expires_after_days__isnull", True), _connector="OR"),
                name="prize_has_one_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["account", "-id"], name="grant_newest"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["prize", "-id"], name="grant_newest_of_prize"),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(fields=("account", "points_id"), name="grant_points_id_once"),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("spent__lte", models.F("count"))), name="grant_spends_what_it_has"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("grant_key__isnull", False)),
                fields=("prize", "contact", "grant_key"),
                name="grant_key_once",
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["account", "-id"], name="voucher_newest"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(fields=("account", "code"), name="voucher_code_once"),
        ),
    ]
