import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="auto_replies",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AutoReplyPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("utm_campaign", models.CharField(blank=True, default="", max_length=100)),
                ("utm_source", models.CharField(blank=True, default="", max_length=100)),
                ("utm_medium", models.CharField(blank=True, default="", max_length=100)),
                ("utm_content", models.CharField(blank=True, default="", max_length=100)),
                ("url", models.CharField(blank=True, default="", max_length=1000)),
                ("message", models.CharField(blank=True, default="", max_length=300)),
                ("tags", models.JSONField(default=list)),
                (
                    "auto_reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="links.autoreply"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AutoReplyAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("adds_to_cart", models.PositiveIntegerField(default=0)),
                ("transactions", models.PositiveIntegerField(default=0)),
                ("transaction_revenue", models.FloatField(default=0.0)),
                (
                    "kind",
                    models.CharField(
                        choices=[("trigger", "Trigger"), ("open", "Open"), ("click", "Click")], max_length=10
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        choices=[("new_friend", "New"), ("original_friend", "Original"), ("bound_friend", "Bound")],
                        max_length=20,
                    ),
                ),
                ("line_uid", models.CharField(max_length=33)),
                ("acted_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="auto_reply_acts",
                        to="accounts.account",
                    ),
                ),
                (
                    "auto_reply",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="links.autoreply",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="links.autoreplypart",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BehaviorRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("utm_campaign", models.CharField(blank=True, default="", max_length=100)),
                ("utm_source", models.CharField(blank=True, default="", max_length=100)),
                ("utm_medium", models.CharField(blank=True, default="", max_length=100)),
                ("utm_content", models.CharField(blank=True, default="", max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("pageview", "Pageview"), ("product", "Product"), ("transaction", "Transaction")],
                        max_length=12,
                    ),
                ),
                ("line_uid", models.CharField(max_length=33)),
                ("values", models.JSONField()),
                ("time", models.DateTimeField()),
                ("ingested_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="behavior",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("utm_campaign", models.CharField(blank=True, default="", max_length=100)),
                ("utm_source", models.CharField(blank=True, default="", max_length=100)),
                ("utm_medium", models.CharField(blank=True, default="", max_length=100)),
                ("utm_content", models.CharField(blank=True, default="", max_length=100)),
                (
                    "kind",
                    models.CharField(choices=[("deeplink", "Deeplink"), ("tracelink", "Tracelink")], max_length=10),
                ),
                ("name", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, default="", max_length=500)),
                ("url", models.CharField(max_length=1000)),
                ("code", models.CharField(max_length=12)),
                ("tags", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Click",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("adds_to_cart", models.PositiveIntegerField(default=0)),
                ("transactions", models.PositiveIntegerField(default=0)),
                ("transaction_revenue", models.FloatField(default=0.0)),
                ("line_uid", models.CharField(max_length=33)),
                ("authorized", models.BooleanField(default=False)),
                ("is_new_friend", models.BooleanField(default=False)),
                ("clicked_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link_clicks",
                        to="accounts.account",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clicks",
                        to="links.link",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="autoreply",
            index=models.Index(fields=["account", "-id"], name="auto_reply_newest"),
        ),
        migrations.AddIndex(
            model_name="autoreplyact",
            index=models.Index(fields=["account", "-id"], name="auto_reply_act_newest"),
        ),
        migrations.AddIndex(
            model_name="autoreplyact",
            index=models.Index(fields=["auto_reply", "acted_at"], name="act_of_auto_reply"),
        ),
        migrations.AddIndex(
            model_name="behaviorrow",
            index=models.Index(fields=["account", "kind", "time"], name="behavior_of_day"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["account", "kind", "-id"], name="link_newest"),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(fields=["account", "-id"], name="link_click_newest"),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(fields=["link", "clicked_at"], name="click_of_link"),
        ),
    ]
