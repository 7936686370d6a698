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
            name="Survey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100)),
                ("svid", models.CharField(max_length=5)),
                (
                    "status",
                    models.CharField(choices=[("open", "open"), ("closed", "closed")], default="open", max_length=10),
                ),
                ("is_once", models.BooleanField(default=False)),
                ("next_sn", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="surveys", to="accounts.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answer_hash", models.CharField(max_length=32)),
                ("result", models.JSONField()),
                ("not_taken", models.JSONField(default=dict)),
                ("submitted_at", models.DateTimeField()),
                ("webhook_event_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="contacts.contact"
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="surveys.survey"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sn", models.PositiveIntegerField()),
                ("place", models.PositiveIntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("TXTSHORT", "TXTSHORT"),
                            ("TXTLONG", "TXTLONG"),
                            ("CHOICEONE", "CHOICEONE"),
                            ("CHOICEMULTI", "CHOICEMULTI"),
                            ("NEST", "NEST"),
                            ("NESTCHILD", "NESTCHILD"),
                            ("DIGITINPUT", "DIGITINPUT"),
                            ("DIGITSLIDE", "DIGITSLIDE"),
                            ("ITEMSORT", "ITEMSORT"),
                            ("RATINGBAR", "RATINGBAR"),
                            ("PICKFROM", "PICKFROM"),
                            ("QUOTE", "QUOTE"),
                            ("STATEMENT", "STATEMENT"),
                            ("DATEPICKER", "DATEPICKER"),
                            ("DIVIDER", "DIVIDER"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(max_length=500)),
                ("alias", models.CharField(blank=True, default="", max_length=50)),
                ("label", models.CharField(blank=True, default="", max_length=200)),
                ("choices", models.JSONField(default=list)),
                ("has_other", models.BooleanField(default=False)),
                ("is_required", models.BooleanField(default=False)),
                ("minimum", models.IntegerField(null=True)),
                ("maximum", models.IntegerField(null=True)),
                ("default", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("is_hidden", models.BooleanField(db_default=False, default=False)),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="surveys.survey"
                    ),
                ),
            ],
            options={
                "ordering": ["place"],
            },
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.UniqueConstraint(fields=("account", "svid"), name="survey_svid_once"),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["account", "-id"], name="submission_newest"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("survey", "sn"), name="question_sn_once"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(
                condition=models.Q(("alias", ""), _negated=True), fields=("survey", "alias"), name="question_alias_once"
            ),
        ),
    ]
