import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0016_several_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='whatsapp.account')),
                ('holder', models.CharField(help_text='The last one that had it.', max_length=64, null=True, unique=True)),
                ('host', models.CharField(default='', help_text='The machine that the holder runs on.', max_length=64)),
                ('until', models.DateTimeField(help_text="By the database's clock.", null=True)),
            ],
        ),
    ]
