from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0002_tags_and_segments"),
    ]

    operations = [
        migrations.RemoveField(model_name="contact", name="tags"),
    ]
