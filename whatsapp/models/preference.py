"""Settings that were changed while the hub runs."""

from django.db import models


class Preference(models.Model):
    """One setting's value in place of its default (`whatsapp.preferences` knows which there are)."""

    key = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "setting"

    def __str__(self) -> str:
        return self.key
