"""What the pages of contacts show."""
