import django.db.models.deletion
from django.db import migrations, models

import modules.binding.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BindingTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="binding_templates",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BindLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(default=modules.binding.models.new_code, max_length=20, unique=True)),
                ("customer_id", models.CharField(max_length=1024)),
                ("email", models.CharField(blank=True, default="", max_length=255)),
                ("mobile", models.CharField(blank=True, default="", max_length=16)),
                ("bind_once", models.BooleanField(default=False)),
                ("bindings", models.PositiveIntegerField(default=0)),
                ("bound_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bind_links",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.contact",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="binding.bindingtemplate"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-id"], name="bind_link_newest")],
            },
        ),
    ]
