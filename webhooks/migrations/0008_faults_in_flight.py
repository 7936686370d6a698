from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0005_receiver_checks")]

    operations = [
        migrations.AddField(
            model_name="fault",
            name="in_flight",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
