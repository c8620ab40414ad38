"""Webhooks: who is told of events by HTTP, and what came of telling them."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from whatsapp.models.account import Account


class WebhookQuerySet(models.QuerySet[Any]):
    def told_of(self, account: Account) -> "WebhookQuerySet":
        """Those that get the account's events: its own, and those for all accounts. They are few: as one
        value, for with two SQLite would take an index on it twice, and sort."""
        told = Coalesce("account_id", Value(account.pk), output_field=models.BigIntegerField())
        rows: WebhookQuerySet = self.alias(told=told).filter(told=account.pk)
        return rows


class Webhook(models.Model):
    """One subscription: the events of an account, or of all, that are posted to a URL.

    Secrets and the values of headers are sealed (`whatsapp.sealing`).
    """

    class Source(models.TextChoices):
        API = "api"
        ENVIRONMENT = "environment"  # of WEBHOOK_URLS

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        help_text="Null: all of them, those that come later, too.",
    )
    url = models.CharField(max_length=2048)
    events = models.JSONField(default=list, blank=True, help_text="Beginnings of their types; none: all.")
    chats = models.JSONField(null=True, blank=True, help_text="JIDs of the only chats it is for; null: all.")
    headers = models.JSONField(default=dict, blank=True, help_text="Further headers; their values sealed.")
    secret = models.TextField(null=True, help_text="What deliveries are signed with, sealed.")
    previous_secret = models.TextField(null=True, help_text="The secret before, sealed.")
    previous_secret_until = models.BigIntegerField(
        null=True, help_text="Unix milliseconds: until when deliveries are signed with that one, too."
    )
    is_active = models.BooleanField(default=True)
    source = models.CharField(max_length=12, choices=Source, default=Source.API, editable=False)
    cursor = models.BigIntegerField(default=0, help_text="The newest event that was looked at for it.")

    # How its receiver is
    failures = models.IntegerField(default=0, help_text="How often in a row it has failed.")
    failing_since = models.BigIntegerField(null=True, help_text="Unix milliseconds.")
    retry_at = models.BigIntegerField(null=True, help_text="Unix milliseconds: nothing is tried before.")
    paused_at = models.BigIntegerField(null=True, help_text="Unix milliseconds: since when it is paused.")
    pause_reason = models.TextField(null=True)
    last_success_at = models.BigIntegerField(null=True, help_text="Unix milliseconds.")

    # Who works on its deliveries
    drained_by = models.CharField(max_length=80, null=True, help_text="The thread that sends for it now.")
    drained_until = models.BigIntegerField(
        null=True, help_text="Unix milliseconds: when that thread counts as dead."
    )

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="webhook_newest")]

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def is_on(self) -> bool:
        """Whether events are sent: neither turned off nor paused."""
        return self.is_active and self.paused_at is None


class Status(models.TextChoices):
    """What came of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # and it is tried again
    EXHAUSTED = "exhausted"  # given up


OPEN = (Status.PENDING.value, Status.FAILED.value)


class DeliveryQuerySet(models.QuerySet[Any]):
    """Those that are still to be delivered are known by their place: it is indexed for them alone, and asked
    for without a value, which SQLite needs to use such an index."""

    def in_line(self) -> models.QuerySet[Any]:
        """Those that wait for those before them; in the order of their events."""
        return self.filter(place__isnull=False).order_by("place")

    def aside(self) -> models.QuerySet[Any]:
        """Those that go on by a schedule of their own; the next one first."""
        return self.filter(aside_at__isnull=False).order_by("aside_at", "event_id")

    def numbers_open(self, webhook_ids: Iterable[int], most: int) -> dict[int, int]:
        """Webhook → how many of its deliveries are still to be made. No more than `most` are
        counted in line, and beside it: a paused webhook may have a great many."""
        table = connection.ops.quote_name(self.model._meta.db_table)
        rows = f"SELECT 1 FROM {table} WHERE webhook_id = %s AND {{}} IS NOT NULL LIMIT %s"
        part = f"SELECT %s, count(*) FROM ({rows}) open"
        numbers = dict.fromkeys(webhook_ids, 0)
        asked = [
            (part.format(column), (key, key, most)) for key in numbers for column in ("place", "aside_at")
        ]
        if asked:
            with connection.cursor() as cursor:
                cursor.execute(
                    " UNION ALL ".join(sql for sql, _ in asked),
                    [value for _, values in asked for value in values],
                )
                for key, number in cursor.fetchall():
                    numbers[key] += number
        return numbers


class Delivery(models.Model):
    """One event for one webhook. What is posted is rendered from the event whenever it is sent."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False)
    # No foreign key: the log is pruned without looking here.
    event_id = models.BigIntegerField(null=True, help_text="Its number in the log; null: a test.")
    event_type = models.CharField(max_length=64)
    payload = models.TextField(null=True, help_text="JSON of a test; other events are in the log.")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    place = models.BigIntegerField(
        null=True, help_text="Its event's number while it waits in line; null: it does not."
    )
    aside_at = models.BigIntegerField(
        null=True, help_text="Unix milliseconds: when it is tried again, beside the line; null: it is not."
    )
    attempts = models.IntegerField(default=0)
    max_attempts = models.IntegerField()
    last_error = models.TextField(null=True)
    last_status_code = models.IntegerField(null=True)
    last_duration_ms = models.IntegerField(null=True)
    last_attempt_at = models.BigIntegerField(null=True, help_text="Unix milliseconds.")
    next_retry_at = models.BigIntegerField(null=True, help_text="Unix milliseconds.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["webhook", "place"], name="delivery_in_line", condition=Q(place__isnull=False)
            ),
            models.Index(
                fields=["webhook", "aside_at", "event_id"],
                name="delivery_aside",
                condition=Q(aside_at__isnull=False),
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_webhook"),
            models.Index(fields=["status", "-id"], name="delivery_status"),
            models.Index(fields=["webhook", "status", "-id"], name="delivery_webhook_status"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}: {self.status}"


class DeliveryAttempt(models.Model):
    """One request that was made for a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.IntegerField(help_text="Begins again at 1 when the delivery is asked for anew.")
    at = models.BigIntegerField(help_text="Unix milliseconds.")
    status_code = models.IntegerField(null=True)
    duration_ms = models.IntegerField()
    error = models.TextField(null=True, help_text="Why it has failed.")
    answer = models.TextField(null=True, help_text="The beginning of the answer's body.")

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.error or self.status_code}"
