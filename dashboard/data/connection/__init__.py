"""What the pages of the connection show."""
