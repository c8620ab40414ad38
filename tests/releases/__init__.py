"""Databases that earlier hubs have made, one for each release: `NAME.db.gz`, NAME being its last migration.

`python -m tests.releases` adds that of this hub, once, when it is released.
"""
