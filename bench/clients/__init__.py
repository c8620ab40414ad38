"""Clients of the hub that cost as little as they can, so that the hub is what is measured.

The usual packages take as long for a request as the hub does. These know just what the hub and the injection
door say.
"""
