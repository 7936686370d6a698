import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50)),
                ("is_test", models.BooleanField(default=False)),
                ("occurred_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("body", models.TextField()),
                ("not_reached", models.JSONField(default=list)),
                ("retry_waits", models.JSONField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [models.Index(fields=["account", "-id"], name="event_newest")],
            },
        ),
    ]
