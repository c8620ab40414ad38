"""What acts do: one module for each noun, and in it one function for each kind of act."""

from whatsapp.session.deeds import media

__all__ = ["media"]
