from django.db import migrations, models

# Texts of WhatsApp's and of strangers, which come as long as they like. SQLite has never looked at how long they
# are, so nothing changes there: Django would make each table anew. On PostgreSQL only the catalogue does, and
# indexes of few rows, whose condition is on such a column, or of names are made anew.
TEXTS = [
    migrations.AlterField(
        model_name='account',
        name='device',
        field=models.CharField(help_text="The linked device's JID; null: not linked.", null=True),
    ),
    migrations.AlterField(
        model_name='account',
        name='jid',
        field=models.CharField(help_text='The phone JID, without device.', null=True),
    ),
    migrations.AlterField(
        model_name='account',
        name='lid',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='action',
        name='jid',
        field=models.CharField(help_text='The chat or group that it is about.', null=True),
    ),
    migrations.AlterField(
        model_name='action',
        name='message_id',
        field=models.CharField(help_text="WhatsApp's id of the message sent.", null=True),
    ),
    migrations.AlterField(
        model_name='call',
        name='call_id',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='call',
        name='end_reason',
        field=models.CharField(help_text="In WhatsApp's own word.", null=True),
    ),
    migrations.AlterField(
        model_name='call',
        name='logged_result',
        field=models.CharField(help_text="As the phone's call log has it.", null=True),
    ),
    migrations.AlterField(
        model_name='chat',
        name='jid',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='contact',
        name='jid',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='contact',
        name='lid',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='contact',
        name='phone_number',
        field=models.CharField(help_text='Digits, with country code.', null=True),
    ),
    migrations.AlterField(
        model_name='contact',
        name='profile_pic_id',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='filetally',
        name='mime_type',
        field=models.CharField(help_text='Empty where it is not known.'),
    ),
    migrations.AlterField(
        model_name='group',
        name='invite_code',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='group',
        name='jid',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='group',
        name='parent_jid',
        field=models.CharField(help_text='The community that it belongs to.', null=True),
    ),
    migrations.AlterField(
        model_name='group',
        name='profile_pic_id',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='historysync',
        name='sync_type',
        field=models.CharField(help_text='initial_bootstrap, recent, full, push_name, …'),
    ),
    migrations.AlterField(
        model_name='inboxevent',
        name='waits_for',
        field=models.CharField(help_text='The id of the message it changes.', null=True),
    ),
    migrations.AlterField(
        model_name='label',
        name='label_id',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='labelassociation',
        name='message_id',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='media',
        name='mime_type',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='media',
        name='picture_id',
        field=models.CharField(help_text="WhatsApp's id of a profile picture.", null=True),
    ),
    migrations.AlterField(
        model_name='message',
        name='message_id',
        field=models.CharField(help_text="WhatsApp's id of the message."),
    ),
    migrations.AlterField(
        model_name='message',
        name='quoted_id',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='message',
        name='reaction_target_id',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='message',
        name='target_id',
        field=models.CharField(help_text='The id of the message that this one pins, comments on, votes in …', null=True),
    ),
    migrations.AlterField(
        model_name='newsletter',
        name='invite_code',
        field=models.CharField(null=True),
    ),
    migrations.AlterField(
        model_name='newsletter',
        name='jid',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='newsletter',
        name='role',
        field=models.CharField(help_text='subscriber, guest, admin or owner.', null=True),
    ),
    migrations.AlterField(
        model_name='pollvote',
        name='poll_id',
        field=models.CharField(help_text="WhatsApp's id of the poll's message."),
    ),
    migrations.AlterField(
        model_name='reaction',
        name='target_id',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='receipt',
        name='message_id',
        field=models.CharField(),
    ),
    migrations.AlterField(
        model_name='story',
        name='message_id',
        field=models.CharField(help_text="WhatsApp's id of the post."),
    ),
    migrations.AlterField(
        model_name='storyview',
        name='message_id',
        field=models.CharField(),
    ),
]


def set_free(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    quote = schema_editor.quote_name
    for text in TEXTS:
        model = apps.get_model("whatsapp", text.model_name)
        column = model._meta.get_field(text.name).column
        schema_editor.execute(
            f"ALTER TABLE {quote(model._meta.db_table)} ALTER COLUMN {quote(column)} TYPE varchar"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0017_lease'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Backwards nothing is cut: an earlier release takes columns without a limit, too.
            database_operations=[migrations.RunPython(set_free, migrations.RunPython.noop)],
            state_operations=TEXTS,
        ),
    ]
