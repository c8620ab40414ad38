"""What pages show, page by page: small classes that ask the domain, so that templates hold no logic."""
