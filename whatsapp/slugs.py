"""Words that are safe as the names of folders: what accounts are called."""

LONGEST = 64
RULE = f"1 to {LONGEST} letters, digits, hyphens or underscores"


def is_slug(text: str) -> bool:
    """Whether `text` keeps to the RULE."""
    return len(text) <= LONGEST and text.replace("-", "").replace("_", "").isalnum()
