from django.db import migrations

# An id is given when the event is inserted, to one transaction after another: whoever has appended an event
# keeps all others from it until the commit. So ids grow without a gap, in the order of commits, and nobody who
# has read up to one of them will ever find a lower one. SQLite has one writer at a time anyway.
NUMBER = """
CREATE FUNCTION whatsapp_event_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('whatsapp_event'));
    SELECT coalesce(max(id), 0) + 1 INTO NEW.id FROM whatsapp_event;
    RETURN NEW;
END $$;
CREATE TRIGGER whatsapp_event_number BEFORE INSERT ON whatsapp_event
FOR EACH ROW EXECUTE FUNCTION whatsapp_event_number();
"""
NO_NUMBER = """
DROP TRIGGER whatsapp_event_number ON whatsapp_event;
DROP FUNCTION whatsapp_event_number();
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NUMBER)


def take_away(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NO_NUMBER)


class Migration(migrations.Migration):

    dependencies = [
        ('whatsapp', '0014_periodic_runs'),
    ]

    operations = [
        migrations.RunPython(add, take_away),
    ]
