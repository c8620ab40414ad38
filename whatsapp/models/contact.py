"""A contact is one person or business, however WhatsApp addresses them."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.querysets import ContactQuerySet


class Contact(models.Model):
    """A person. `jid` is the phone JID where it is known, else the LID; `lid` the LID where it is known."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    jid = models.CharField()
    lid = models.CharField(null=True)
    name = models.TextField(null=True, help_text="The name in the phone's address book.")
    short_name = models.TextField(null=True, help_text="The first name in the phone's address book.")
    notify_name = models.TextField(null=True, help_text="The name that the person gave themself.")
    notify_name_at = models.BigIntegerField(null=True, help_text="Unix seconds: when it was last seen.")
    business_name = models.TextField(null=True, help_text="The name of a business, verified or not.")
    phone_number = models.CharField(null=True, help_text="Digits, with country code.")
    is_business = models.BooleanField(default=False)
    is_verified = models.BooleanField(default=False, help_text="WhatsApp vouches for the business's name.")
    is_blocked = models.BooleanField(default=False)
    profile_pic_url = models.TextField(null=True, help_text="WhatsApp's own address; it expires.")
    profile_pic_id = models.CharField(null=True)
    profile_pic_changed_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    status_text = models.TextField(null=True, help_text="The person's about text.")
    profile_asked_at = models.BigIntegerField(
        null=True, help_text="Unix seconds: when WhatsApp was last asked for about text and picture."
    )
    identity_changed_at = models.BigIntegerField(
        null=True, help_text="Unix seconds: when the person's security code changed."
    )
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ContactQuerySet.as_manager()

    NAMES = ContactQuerySet.NAMES

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "jid"], name="contact_jid"),
            models.UniqueConstraint(
                fields=["account", "lid"], name="contact_lid", condition=models.Q(lid__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "profile_asked_at", "id"], name="contact_profile_asked"),
            models.Index("account", ContactQuerySet.SHOWN, "id", name="contact_by_name"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.jid

    @property
    def display_name(self) -> str | None:
        """What to call the person: as the phone's owner does, else as a business is registered, else as they
        call themself. None when nobody has told."""
        return next((name for field in self.NAMES if (name := getattr(self, field))), None)
