"""Where a program on this machine finds the hub."""

import ipaddress


def reachable(host: str) -> str:
    """The address by which one gets to what listens at `host`: one that stands for every network is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name
        return host
    return {4: "127.0.0.1", 6: "::1"}[address.version] if address.is_unspecified else host


def url_of(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
