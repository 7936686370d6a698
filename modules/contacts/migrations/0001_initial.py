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
                ("line_display_name", models.CharField(blank=True, default="", max_length=255)),
                ("display_name", models.CharField(blank=True, default="", max_length=255)),
                ("customer_id", models.CharField(blank=True, max_length=255, null=True)),
                ("mobile", models.CharField(blank=True, default="", max_length=16)),
                ("email", models.CharField(blank=True, default="", max_length=255)),
                (
                    "gender",
                    models.CharField(
                        choices=[("male", "male"), ("female", "female"), ("unknown", "unknown")],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("birthday", models.DateField(blank=True, null=True)),
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
                ("import_key", models.CharField(blank=True, default="", max_length=20)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("mismatched", models.PositiveIntegerField(default=0)),
                ("mismatches", models.JSONField(blank=True, default=list)),
                ("problems", models.JSONField(blank=True, default=dict)),
                ("begun_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
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
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("description", models.CharField(blank=True, default="", max_length=1000)),
                ("kind", models.PositiveSmallIntegerField(choices=[(1, "Tags"), (2, "List")])),
                ("operator", models.CharField(default="AND", max_length=3)),
                ("filters", models.JSONField(blank=True, default=list)),
                ("uploaded", models.BinaryField(null=True)),
                ("status", models.PositiveSmallIntegerField(choices=[(1, "Pending"), (2, "Ready")], default=1)),
                ("member_count", models.IntegerField(default=-1)),
                ("due_at", models.DateTimeField(null=True)),
                ("counted_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segments",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="contacts.segment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("available_days", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tagging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_tagged_at", models.DateTimeField()),
                ("tagged_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="contacts.contact",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="contacts.tag",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["account", "-updated_at", "-id"], name="contact_newest_update"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("mobile", ""), _negated=True),
                fields=["account", "mobile"],
                name="contact_of_mobile",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(fields=("account", "line_uid"), name="contact_once"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("customer_id__isnull", False)),
                fields=("account", "customer_id"),
                name="contact_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="contactimport",
            index=models.Index(fields=["account", "-id"], name="contact_import_newest"),
        ),
        migrations.AddIndex(
            model_name="contactimport",
            index=models.Index(condition=models.Q(("status", "running")), fields=["id"], name="contact_import_running"),
        ),
        migrations.AddConstraint(
            model_name="contactimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "running")), fields=("account",), name="contact_import_one_at_a_time"
            ),
        ),
        migrations.AddIndex(
            model_name="segment",
            index=models.Index(fields=["account", "-id"], name="segment_newest"),
        ),
        migrations.AddIndex(
            model_name="segment",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="segment_due"),
        ),
        migrations.AddConstraint(
            model_name="segmentmember",
            constraint=models.UniqueConstraint(fields=("segment", "contact"), name="segment_member_once"),
        ),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(fields=["account", "-id"], name="tag_newest"),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("account", "name"), name="tag_once"),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(fields=["tag", "contact"], name="tagging_of_tag"),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="tagging_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="tagging",
            constraint=models.UniqueConstraint(fields=("contact", "tag"), name="tagging_once"),
        ),
    ]
