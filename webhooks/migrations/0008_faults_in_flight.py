from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0006_claims_and_run_errors")]

    operations = [
        migrations.AddField(
            model_name="fault",
            name="in_flight",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
