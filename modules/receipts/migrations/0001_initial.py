from decimal import Decimal

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
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("is_active", models.BooleanField(default=True)),
                ("purchase_from", models.DateTimeField(blank=True, null=True)),
                ("purchase_until", models.DateTimeField(blank=True, null=True)),
                ("upload_from", models.DateTimeField(blank=True, null=True)),
                ("upload_until", models.DateTimeField(blank=True, null=True)),
                ("shops", models.JSONField(blank=True, default=list)),
                ("keywords", models.JSONField(blank=True, default=list)),
                ("minimum_amount", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=12)),
                ("number_once", models.BooleanField(default=True)),
                ("uploads_per_contact", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipt_campaigns",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=10)),
                ("random_number", models.CharField(max_length=4)),
                ("purchased_at", models.DateTimeField()),
                ("uploaded_at", models.DateTimeField()),
                ("channel", models.CharField(max_length=100)),
                ("items", models.JSONField()),
                ("matched", models.BooleanField()),
                ("failed_conditions", models.JSONField(default=list)),
                ("webhook_event_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipt_uploads",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="receipts.campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipt_uploads",
                        to="contacts.contact",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-id"], name="upload_newest"),
                    models.Index(fields=["campaign", "-id"], name="upload_newest_of_campaign"),
                    models.Index(
                        condition=models.Q(("matched", True)), fields=["campaign", "number"], name="upload_number"
                    ),
                    models.Index(
                        condition=models.Q(("matched", True)), fields=["campaign", "contact"], name="upload_of_contact"
                    ),
                ],
            },
        ),
    ]
