import django.db.models.deletion
from django.db import migrations, models

ROWS_AT_ONCE = 500


def move_tags(apps, _schema_editor):
    """Names in a list at each contact become rows. When they were put on is unknown: the contact's update is taken."""
    Contact, Tag, Tagging = (apps.get_model("contacts", name) for name in ("Contact", "Tag", "Tagging"))
    tags = {}
    rows = []
    for contact in Contact.objects.exclude(tags=[]).order_by("pk").iterator():
        moment = contact.updated_at
        for name in dict.fromkeys(contact.tags):
            key = (contact.account_id, name)
            if key not in tags:
                tags[key] = Tag.objects.create(account_id=contact.account_id, name=name, created_at=moment)
            rows.append(Tagging(contact=contact, tag=tags[key], first_tagged_at=moment, tagged_at=moment))
    Tagging.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)


def move_back(apps, _schema_editor):
    Contact, Tagging = (apps.get_model("contacts", name) for name in ("Contact", "Tagging"))
    names = {}
    for contact_id, name in Tagging.objects.order_by("pk").values_list("contact_id", "tag__name"):
        names.setdefault(contact_id, []).append(name)
    for contact_id, tags in names.items():
        Contact.objects.filter(pk=contact_id).update(tags=tags)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactimport",
            name="begun_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="changed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="import_key",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="mismatched",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="mismatches",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="problems",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="contactimport",
            name="tags",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name="contact",
            name="customer_id",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AlterField(
            model_name="contact",
            name="display_name",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AlterField(
            model_name="contact",
            name="email",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AlterField(
            model_name="contact",
            name="line_display_name",
            field=models.CharField(blank=True, default="", max_length=255),
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
        migrations.RunPython(move_tags, move_back),
    ]
