"""The pages of the connection."""
