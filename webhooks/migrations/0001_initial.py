import django.db.models.deletion
from django.db import migrations, models

import webhooks.engine.lifecycle
import webhooks.models
import webhooks.secrets


def leave_space_in_pages(_apps, schema_editor):
    """PostgreSQL can then update a settled delivery in its page (HOT), without a new entry in any index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE webhooks_delivery SET (fillfactor = 80)")
        schema_editor.execute("ALTER TABLE webhooks_queueentry SET (fillfactor = 80)")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("error", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("error_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("webhook", "Webhook"), ("callback", "Binding callback")],
                        db_default="webhook",
                        default="webhook",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("url", models.CharField(max_length=2000)),
                ("event_types", models.JSONField(default=list)),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("paused", "Paused"), ("deleted", "Deleted")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("share_secret", webhooks.secrets.EncryptedField()),
                ("previous_secret", webhooks.secrets.EncryptedField(blank=True, null=True)),
                ("preset_headers", webhooks.secrets.EncryptedField(blank=True, null=True)),
                ("verify_tls", models.BooleanField(default=True)),
                ("host_override", models.CharField(blank=True, default="", max_length=255)),
                ("extra_headers", models.JSONField(blank=True, default=dict)),
                ("retry_waits", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="endpoints", to="accounts.account"
                    ),
                ),
            ],
            options={
                "verbose_name": "endpoint",
                "verbose_name_plural": "endpoints",
            },
        ),
        migrations.CreateModel(
            name="DeliveryStats",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50)),
                ("is_test", models.BooleanField()),
                ("minute", models.DateTimeField()),
                (
                    "grain",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "one batch"), (1, "one minute"), (2, "one hour")], default=0
                    ),
                ),
                ("delivered", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("retried", models.PositiveIntegerField(default=0)),
                ("duration_counts", models.JSONField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stats",
                        to="accounts.account",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stats",
                        to="webhooks.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stats",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=50)),
                ("is_test", models.BooleanField(default=False)),
                (
                    "idempotency_key",
                    models.CharField(default=webhooks.models.new_idempotency_key, max_length=32, unique=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("delivered", "delivered"),
                            ("failed", "failed"),
                            ("skipped", "skipped"),
                        ],
                        default=webhooks.engine.lifecycle.Status["PENDING"],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=30)),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("series_start", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.account",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="events.event"
                    ),
                ),
                (
                    "redelivery_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="webhooks.delivery",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="webhooks.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000)),
                ("secret", webhooks.secrets.EncryptedField(blank=True, null=True)),
                ("previous_secret", webhooks.secrets.EncryptedField(blank=True, null=True)),
                ("options", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done"), ("broken", "Broken")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("fault", models.TextField(blank=True, default="")),
                ("done", models.PositiveSmallIntegerField(default=0)),
                ("total", models.PositiveSmallIntegerField()),
                ("counts", models.JSONField(default=dict)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(blank=True, null=True)),
                ("passed", models.BooleanField(blank=True, null=True)),
                ("results", models.TextField(default="[]")),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="accounts.account",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="checks",
                        to="webhooks.endpoint",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InjectedFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30)),
                ("topic", models.CharField(blank=True, default="", max_length=50)),
                ("attempt", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("every", models.PositiveIntegerField(default=1)),
                ("probability", models.FloatField(default=1.0)),
                ("seed", models.CharField(max_length=100)),
                ("times", models.PositiveIntegerField(blank=True, default=1, null=True)),
                ("seconds", models.FloatField(default=0.0)),
                ("count", models.PositiveSmallIntegerField(default=0)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("hits", models.PositiveIntegerField(default=0)),
                ("held", models.JSONField(default=list)),
                ("leaving", models.JSONField(default=list)),
                ("in_flight", models.JSONField(db_default=[], default=list)),
                ("is_over", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("expires_at", models.DateTimeField()),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="faults", to="webhooks.endpoint"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=30)),
                ("message", models.TextField()),
                ("failed", models.PositiveIntegerField(default=0)),
                ("finished", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("last_reason", models.CharField(blank=True, default="", max_length=30)),
                ("last_status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("has_paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="accounts.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="webhooks.endpoint"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AcceptedRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
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
                "constraints": [models.UniqueConstraint(fields=("account", "key"), name="accepted_request_once")],
            },
        ),
        migrations.CreateModel(
            name="QueueEntry",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="queue_entry",
                        serialize=False,
                        to="webhooks.delivery",
                    ),
                ),
                ("endpoint_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField()),
                ("claim_token", models.CharField(blank=True, default="", max_length=32)),
                ("claims", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["endpoint_id", "due_at"], name="entry_of_endpoint"),
                    models.Index(condition=models.Q(("claims__gt", 1)), fields=["claims"], name="entry_claimed_again"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.FloatField()),
                ("dns_ms", models.FloatField(blank=True, null=True)),
                ("connect_ms", models.FloatField(blank=True, null=True)),
                ("tls_ms", models.FloatField(blank=True, null=True)),
                ("first_byte_ms", models.FloatField(blank=True, null=True)),
                ("address", models.CharField(blank=True, default="", max_length=60)),
                ("request_headers", models.JSONField()),
                ("reason", models.CharField(max_length=30)),
                ("detail", models.TextField(blank=True, default="")),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("response_headers", models.JSONField(default=list)),
                ("response_body", models.BinaryField(default=b"")),
                ("response_truncated", models.BooleanField(default=False)),
                ("fault", models.CharField(blank=True, db_default="", default="", max_length=30)),
                ("request_body", models.BinaryField(blank=True, null=True)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="webhooks.delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "constraints": [models.UniqueConstraint(fields=("delivery", "number"), name="attempt_number_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "callback"), models.Q(("status", "deleted"), _negated=True)),
                fields=("account",),
                name="endpoint_one_callback",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deleted_at__isnull", False), ("status", "deleted")),
                    models.Q(models.Q(("status", "deleted"), _negated=True), ("deleted_at__isnull", True)),
                    _connector="OR",
                ),
                name="endpoint_deleted_has_its_time",
            ),
        ),
        migrations.AddIndex(
            model_name="deliverystats",
            index=models.Index(fields=["account", "minute"], name="stats_of_account"),
        ),
        migrations.AddIndex(
            model_name="deliverystats",
            index=models.Index(fields=["endpoint", "minute"], name="stats_of_endpoint"),
        ),
        migrations.AddIndex(
            model_name="deliverystats",
            index=models.Index(fields=["grain", "minute"], name="stats_to_roll_up"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["account", "-id"], name="delivery_newest"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("redelivery_of__isnull", False)), fields=["redelivery_of"], name="delivery_copies"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("status", "pending")),
                    models.Q(("finished_at__isnull", False), ("status__in", ["delivered", "failed", "skipped"])),
                    _connector="OR",
                ),
                name="delivery_done_has_its_time",
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(fields=["account", "-id"], name="check_newest"),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["id"], name="check_open"),
        ),
        migrations.AddConstraint(
            model_name="check",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("status__in", ["queued", "running"])),
                    models.Q(("finished_at__isnull", False), ("status__in", ["done", "broken"])),
                    _connector="OR",
                ),
                name="check_over_has_its_time",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["endpoint", "-created_at"], name="notice_newest_of_endpoint"),
        ),
        migrations.RunPython(leave_space_in_pages, migrations.RunPython.noop),
    ]
