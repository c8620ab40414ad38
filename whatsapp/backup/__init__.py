"""Backups: one file with a hub's database, the link to its phones, and its files, as they were at one moment.

Taken while the hub runs, and put back on any machine: the phones need not be linked again.
"""
