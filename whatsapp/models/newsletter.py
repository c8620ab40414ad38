"""Newsletters, which people know as channels."""

from django.db import models

from whatsapp.models.account import Account


class Newsletter(models.Model):
    """A newsletter that we follow or did follow. Its messages are in the chat with the same JID."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    jid = models.CharField()
    name = models.TextField(null=True)
    description = models.TextField(null=True)
    invite_code = models.CharField(null=True)
    subscriber_count = models.BigIntegerField(null=True)
    is_verified = models.BooleanField(default=False)
    is_followed = models.BooleanField(default=True)
    is_muted = models.BooleanField(default=False)
    role = models.CharField(null=True, help_text="subscriber, guest, admin or owner.")
    set_at = models.JSONField(
        default=dict,
        help_text="field → Unix milliseconds of what last set it: older news change nothing.",
    )
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "jid"], name="newsletter_jid")]

    def __str__(self) -> str:
        return self.name or self.jid
