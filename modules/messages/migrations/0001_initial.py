import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("is_archived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_events",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("parameters", models.JSONField(default=list)),
                (
                    "line_answer",
                    models.CharField(
                        choices=[("success", "success"), ("timeout", "timeout"), ("error", "error")],
                        default="success",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_templates",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DirectMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("push", "push"),
                            ("multicast", "multicast"),
                            ("enhanced_multicast", "enhanced_multicast"),
                        ],
                        max_length=20,
                    ),
                ),
                ("total_count", models.PositiveIntegerField()),
                ("fail_count", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="direct_messages",
                        to="accounts.account",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="direct_messages",
                        to="line_messages.messageevent",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="direct_messages",
                        to="line_messages.template",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("tag", models.CharField(blank=True, default="", max_length=50)),
                ("total_count", models.PositiveIntegerField()),
                ("fail_count", models.PositiveIntegerField()),
                ("sent_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="broadcasts", to="accounts.account"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="broadcasts",
                        to="line_messages.template",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrackedLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(blank=True, default="", max_length=1000)),
                ("keyword", models.CharField(blank=True, default="", max_length=100)),
                ("utm_campaign", models.CharField(max_length=100, null=True)),
                ("utm_source", models.CharField(max_length=100, null=True)),
                ("utm_medium", models.CharField(max_length=100, null=True)),
                ("utm_content", models.CharField(max_length=100, null=True)),
                ("tags", models.JSONField(default=list)),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="line_messages.template"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Click",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_uid", models.CharField(max_length=33)),
                ("adds_to_cart", models.PositiveIntegerField(default=0)),
                ("transactions", models.PositiveIntegerField(default=0)),
                ("transaction_revenue", models.FloatField(default=0.0)),
                ("clicked_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_clicks",
                        to="accounts.account",
                    ),
                ),
                (
                    "direct_message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clicks",
                        to="line_messages.directmessage",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clicks",
                        to="line_messages.messageevent",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clicks",
                        to="line_messages.trackedlink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Open",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_uid", models.CharField(max_length=33)),
                (
                    "message_type",
                    models.CharField(
                        blank=True,
                        choices=[("broadcast", "broadcast"), ("openapi", "openapi")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("message_id", models.BigIntegerField(null=True)),
                ("is_first", models.BooleanField(default=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("published", "published"),
                            ("opened_before", "opened_before"),
                            ("without_event", "without_event"),
                            ("not_tracked", "not_tracked"),
                            ("not_bound", "not_bound"),
                        ],
                        max_length=20,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("webhook_event_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_opens",
                        to="accounts.account",
                    ),
                ),
                (
                    "broadcast",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opens",
                        to="line_messages.broadcast",
                    ),
                ),
                (
                    "direct_message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opens",
                        to="line_messages.directmessage",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-id"], name="open_newest"),
                    models.Index(fields=["message_type", "message_id", "opened_at"], name="open_of_message"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_first", True)),
                        fields=("message_type", "message_id", "line_uid", "account"),
                        name="first_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_uid", models.CharField(max_length=33)),
                ("values", models.JSONField(default=dict)),
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("not_found", "not_found"),
                            ("blocked", "blocked"),
                            ("timeout", "timeout"),
                            ("error", "error"),
                            ("rate_limited", "rate_limited"),
                            ("refused", "refused"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="line_messages.broadcast",
                    ),
                ),
                (
                    "direct_message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="line_messages.directmessage",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["broadcast", "line_uid"], name="recipient_of_broadcast"),
                    models.Index(fields=["direct_message", "line_uid"], name="recipient_of_direct_message"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("broadcast__isnull", True), ("direct_message__isnull", False)),
                            models.Q(("broadcast__isnull", False), ("direct_message__isnull", True)),
                            _connector="OR",
                        ),
                        name="recipient_of_one_message",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="directmessage",
            index=models.Index(fields=["account", "-id"], name="direct_message_newest"),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(fields=["account", "-id"], name="click_newest"),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(fields=["event", "clicked_at"], name="click_of_event"),
        ),
    ]
