"""Tickets: what a browser shows instead of a key, which it could not put into a WebSocket's headers."""

from django.db import models

from whatsapp.models.api_key import ApiKey


class Ticket(models.Model):
    """A ticket that nobody has used yet, known by its digest alone (`whatsapp.tickets`)."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256, hexadecimal.")
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, help_text="Null: the owner's.")
    expires_at = models.BigIntegerField(db_index=True, help_text="Unix seconds.")

    def __str__(self) -> str:
        return self.digest[:8]
