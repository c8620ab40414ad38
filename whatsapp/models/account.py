"""An account is one linked number; its connection is the state of the line to WhatsApp."""

from pathlib import Path

from django.conf import settings
from django.db import models

from whatsapp.querysets import AccountQuerySet


class Account(models.Model):
    """A linked number. Every record of the hub belongs to one."""

    name = models.CharField(
        max_length=64, unique=True, help_text="The session's name; the default one's is SESSION_NAME."
    )
    jid = models.CharField(null=True, help_text="The phone JID, without device.")
    lid = models.CharField(null=True)
    device = models.CharField(null=True, help_text="The linked device's JID; null: not linked.")
    push_name = models.TextField(null=True)
    privacy = models.JSONField(null=True, help_text="Who may see what of us, in WhatsApp's words.")
    spooled = models.BigIntegerField(
        default=0, help_text="Sequence of the last event taken out of the spool."
    )
    removed_at = models.DateTimeField(
        null=True, help_text="Since when it counts as removed; its rows go, and it goes last."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_default(self) -> bool:
        return self.name == settings.SESSION_NAME

    @property
    def is_removed(self) -> bool:
        """Whether nobody is to see it any more. The default account is always there."""
        return self.removed_at is not None and not self.is_default

    @property
    def folder(self) -> Path:
        """Where its session keeps what is no table: credentials, and the spool."""
        return Path(settings.DATA_DIR) / "auth" / self.name

    @property
    def spool(self) -> Path:
        """The file of events that have come and are not taken in yet."""
        return self.folder / "inbox.spool"

    @classmethod
    def default(cls) -> "Account":
        """The account that SESSION_NAME names; made, with its connection, when it is not there yet."""
        return cls.named(settings.SESSION_NAME)

    @classmethod
    def named(cls, name: str) -> "Account":
        """The account of that name; made, with its connection, when it is not there yet."""
        account, made = cls.objects.get_or_create(name=name)
        if made:
            Connection.objects.get_or_create(account=account)
        return account


class Connection(models.Model):
    """What is known of an account's line to WhatsApp. Written by the session process, read by all."""

    class Status(models.TextChoices):
        DISCONNECTED = "disconnected"
        CONNECTING = "connecting"
        QR = "qr"
        CONNECTED = "connected"

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DISCONNECTED)
    reason = models.TextField(null=True, help_text="One sentence: why the status is what it is.")
    since = models.BigIntegerField(null=True, help_text="Unix seconds: when the status last changed.")
    retry_at = models.BigIntegerField(null=True, help_text="Unix seconds: the next try to connect.")
    last_event_at = models.BigIntegerField(null=True, help_text="Unix seconds: the last event received.")
    qr = models.TextField(null=True, help_text="The text of the QR code that a phone may scan now.")
    heartbeat_at = models.BigIntegerField(
        null=True, help_text="Unix seconds: the session's last sign of life."
    )

    def __str__(self) -> str:
        return f"{self.account_id}: {self.status}"


class Lease(models.Model):
    """To which of all machines an account's session belongs, where the database is one that several use
    (`whatsapp.leases`). It is the holder's until then; without a moment, whoever takes it next."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True)
    # Unique, for a takeover then waits for transactions that hold the row's key (`leases.fence`).
    holder = models.CharField(max_length=64, null=True, unique=True, help_text="The last one that had it.")
    host = models.CharField(max_length=64, default="", help_text="The machine that the holder runs on.")
    until = models.DateTimeField(null=True, help_text="By the database's clock.")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.host}"
