"""A file belongs to a message, a story or a profile, so its key is its own; that of a message's file stays."""

import django.db.models.deletion
from django.db import migrations, models


SAME = [
    "kind", "mime_type", "file_size", "original_filename", "file_path", "file_hash", "width", "height",
    "duration", "thumbnail", "download_status", "download_error", "attempts", "next_attempt_at", "created_at",
]

COPY = f"""
INSERT INTO whatsapp_media (id, account_id, message_id, {", ".join(SAME)})
SELECT message.id, message.account_id, message.id, {", ".join(f"old.{name}" for name in SAME)}
FROM whatsapp_mediaofmessage old JOIN whatsapp_message message ON message.id = old.message_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0002_everything_delivered'),
    ]

    operations = [
        migrations.RemoveIndex(model_name="media", name="media_pending"),
        migrations.RemoveIndex(model_name="media", name="media_hash"),
        migrations.RenameModel(old_name="Media", new_name="MediaOfMessage"),
        migrations.CreateModel(
            name='Media',
            fields=[
                ('id', models.BigAutoField(help_text='Sorts by the time of what it belongs to.', primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='whatsapp.account')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, to='whatsapp.message')),
                ('story', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, to='whatsapp.story')),
                ('contact', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='whatsapp.contact')),
                ('group', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='whatsapp.group')),
                ('kind', models.CharField(help_text='image, video, audio, document, sticker or profile_picture.', max_length=16)),
                ('picture_id', models.CharField(help_text="WhatsApp's id of a profile picture.", max_length=64, null=True)),
                ('url', models.TextField(help_text='Where a profile picture is fetched; it expires.', null=True)),
                ('mime_type', models.CharField(max_length=255, null=True)),
                ('file_size', models.BigIntegerField(help_text='Bytes.', null=True)),
                ('original_filename', models.TextField(help_text="As the sender named it: show it, don't open it.", null=True)),
                ('file_path', models.TextField(help_text='Below MEDIA_DIR; null until downloaded.', null=True)),
                ('file_hash', models.CharField(help_text='SHA-256, hex.', max_length=64, null=True)),
                ('width', models.IntegerField(help_text='Pixels.', null=True)),
                ('height', models.IntegerField(help_text='Pixels.', null=True)),
                ('duration', models.IntegerField(help_text='Seconds.', null=True)),
                ('thumbnail', models.BinaryField(help_text="A small JPEG: the sender's, else of our own making.", null=True)),
                ('download_status', models.CharField(choices=[('pending', 'Pending'), ('downloaded', 'Downloaded'), ('failed', 'Failed'), ('skipped', 'Skipped')], default='pending', max_length=12)),
                ('download_error', models.TextField(null=True)),
                ('attempts', models.IntegerField(default=0)),
                ('next_attempt_at', models.BigIntegerField(default=0, help_text='Unix seconds.')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'media',
                'indexes': [models.Index(condition=models.Q(('download_status', 'pending')), fields=['account', 'next_attempt_at', '-id'], name='media_due'), models.Index(condition=models.Q(('file_hash__isnull', False)), fields=['file_hash'], name='media_file'), models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact', '-id'], name='media_contact'), models.Index(condition=models.Q(('group__isnull', False)), fields=['group', '-id'], name='media_group')],
                'constraints': [],
            },
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.DeleteModel(name="MediaOfMessage"),
    ]
