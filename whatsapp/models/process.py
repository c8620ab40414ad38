"""The hub's processes, as each says of itself that it lives."""

from django.db import models


class Process(models.Model):
    """One running web or worker process; its row goes when it ends, and when it has been silent for long."""

    class Kind(models.TextChoices):
        WEB = "web"
        WORKER = "worker"

    id = models.CharField(max_length=64, primary_key=True, help_text="Kind, host and process number.")
    kind = models.CharField(max_length=16, choices=Kind)
    started_at = models.BigIntegerField(help_text="Unix seconds.")
    seen_at = models.BigIntegerField(help_text="Unix seconds: its last sign of life.")
    listeners = models.IntegerField(default=0, help_text="WebSockets and event streams that it serves.")
    cursor = models.BigIntegerField(
        null=True, help_text="The newest event that the slowest of its listeners has got; null: it has none."
    )

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.id
