"""A contact is one person or business, however WhatsApp addresses them."""

from django.db import models

from whatsapp.models.account import Account


class Contact(models.Model):
    """A person. `jid` is the phone JID where it is known, else the LID; `lid` the LID where it is known."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    jid = models.CharField(max_length=80)
    lid = models.CharField(max_length=80, null=True)
    name = models.TextField(null=True, help_text="The name in the phone's address book.")
    notify_name = models.TextField(null=True, help_text="The name that the person gave themself.")
    short_name = models.TextField(null=True)
    phone_number = models.CharField(max_length=32, null=True, help_text="Digits, with country code.")
    is_business = models.BooleanField(default=False)
    profile_pic_url = models.TextField(null=True)
    status_text = models.TextField(null=True)
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "jid"], name="contact_jid"),
            models.UniqueConstraint(
                fields=["account", "lid"], name="contact_lid", condition=models.Q(lid__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.notify_name or self.jid
