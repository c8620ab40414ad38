from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0013_ingest'),
    ]

    operations = [
        migrations.CreateModel(
            name='PeriodicRun',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('minute', models.BigIntegerField(help_text='The last minute in which it was begun; Unix time / 60.')),
            ],
        ),
    ]
