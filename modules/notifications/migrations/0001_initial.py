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
            name="Conditions",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_push_monthly_limit", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "sms_vendor",
                    models.CharField(
                        choices=[("up", "up"), ("recovers", "recovers"), ("down", "down"), ("silent", "silent")],
                        default="up",
                        max_length=20,
                    ),
                ),
                ("sensitive_words", models.JSONField(default=list)),
                ("blocked_numbers", models.JSONField(default=list)),
                ("numbers_off", models.JSONField(default=list)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_conditions",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField(null=True)),
                ("customized_id", models.CharField(max_length=100, null=True)),
                ("phone_number", models.CharField(max_length=64)),
                ("line_push_template_id", models.BigIntegerField(null=True)),
                ("parameters", models.JSONField(default=dict)),
                ("plan", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("line_push_preparing", "line_push_preparing"),
                            ("line_push_delivered", "line_push_delivered"),
                            ("line_push_failed", "line_push_failed"),
                            ("line_push_undeliverable", "line_push_undeliverable"),
                            ("pnp_preparing", "pnp_preparing"),
                            ("pnp_accepted", "pnp_accepted"),
                            ("pnp_delivered", "pnp_delivered"),
                            ("pnp_failed", "pnp_failed"),
                            ("pnp_undeliverable", "pnp_undeliverable"),
                            ("sms_preparing", "sms_preparing"),
                            ("sms_accepted", "sms_accepted"),
                            ("sms_delivered", "sms_delivered"),
                            ("sms_failed", "sms_failed"),
                            ("sms_undeliverable", "sms_undeliverable"),
                            ("sms_blocked", "sms_blocked"),
                            ("sms_temporary_error", "sms_temporary_error"),
                            ("sms_callback_timeout", "sms_callback_timeout"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "line_push_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("line_push_preparing", "line_push_preparing"),
                            ("line_push_delivered", "line_push_delivered"),
                            ("line_push_failed", "line_push_failed"),
                            ("line_push_undeliverable", "line_push_undeliverable"),
                        ],
                        default="",
                        max_length=30,
                    ),
                ),
                ("line_push_delivered_at", models.DateTimeField(null=True)),
                ("line_push_error_category", models.CharField(blank=True, default="", max_length=30)),
                (
                    "pnp_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pnp_preparing", "pnp_preparing"),
                            ("pnp_accepted", "pnp_accepted"),
                            ("pnp_delivered", "pnp_delivered"),
                            ("pnp_failed", "pnp_failed"),
                            ("pnp_undeliverable", "pnp_undeliverable"),
                        ],
                        default="",
                        max_length=30,
                    ),
                ),
                ("pnp_delivered_at", models.DateTimeField(null=True)),
                (
                    "sms_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sms_preparing", "sms_preparing"),
                            ("sms_accepted", "sms_accepted"),
                            ("sms_delivered", "sms_delivered"),
                            ("sms_failed", "sms_failed"),
                            ("sms_undeliverable", "sms_undeliverable"),
                            ("sms_blocked", "sms_blocked"),
                            ("sms_temporary_error", "sms_temporary_error"),
                            ("sms_callback_timeout", "sms_callback_timeout"),
                        ],
                        default="",
                        max_length=30,
                    ),
                ),
                ("sms_delivered_at", models.DateTimeField(null=True)),
                ("sms_error_category", models.CharField(blank=True, default="", max_length=30)),
                ("due_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(max_length=30)),
                ("at", models.DateTimeField()),
                ("webhook_event_id", models.BigIntegerField()),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="notifications.message"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("inactive", "inactive")], default="active", max_length=10
                    ),
                ),
                ("line_push_enabled", models.BooleanField(default=False)),
                ("pnp_enabled", models.BooleanField(default=True)),
                ("fallback_enabled", models.BooleanField(default=True)),
                ("fallback_period", models.PositiveIntegerField(default=5)),
                ("parameters", models.JSONField(default=list)),
                ("sms_parameters", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_templates",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="message",
            name="template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="notifications.template"
            ),
        ),
        migrations.CreateModel(
            name="Binding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(choices=[("pnp", "pnp"), ("sms", "sms")], max_length=10)),
                ("phone_number", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("webhook_event_id", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_bindings",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_bindings",
                        to="contacts.contact",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bindings",
                        to="notifications.template",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["account", "-updated_at", "-id"], name="notification_newest_update"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["account", "-id"], name="notification_newest"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="notification_due"
            ),
        ),
    ]
