"""One module for each kind of event. Importing this package fills the registry."""

from whatsapp.ingest.handlers import messages, receipts

__all__ = ["messages", "receipts"]
