"""What is done by the clock, and when it last was."""

from django.db import models


class PeriodicRun(models.Model):
    """One task of the worker's clock. Each worker has a clock: this row gives the turn to one of them."""

    name = models.CharField(max_length=80, primary_key=True)
    minute = models.BigIntegerField(help_text="The last minute in which it was begun; Unix time / 60.")

    def __str__(self) -> str:
        return self.name
