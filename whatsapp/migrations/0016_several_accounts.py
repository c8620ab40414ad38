import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0015_log_on_postgresql'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='removed_at',
            field=models.DateTimeField(help_text='Since when it counts as removed; its rows go, and it goes last.', null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='accounts',
            field=models.JSONField(blank=True, help_text='Numbers of the only accounts it is for; null: all.', null=True),
        ),
        migrations.AlterField(
            model_name='account',
            name='name',
            field=models.CharField(help_text="The session's name; the default one's is SESSION_NAME.", max_length=64, unique=True),
        ),
        migrations.AlterField(
            model_name='webhook',
            name='account',
            field=models.ForeignKey(db_index=False, help_text='Null: all of them, those that come later, too.', null=True, on_delete=django.db.models.deletion.CASCADE, to='whatsapp.account'),
        ),
    ]
