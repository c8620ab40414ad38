"""Where a program on this machine finds a hub that listens at some address."""

import pytest

from whatsapp.hosts import reachable, url_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:3100"),
        ("0.0.0.0", "http://127.0.0.1:3100"),  # noqa: S104  (nothing is bound)
        ("::", "http://[::1]:3100"),
        ("192.0.2.7", "http://192.0.2.7:3100"),
        ("2001:db8::7", "http://[2001:db8::7]:3100"),
        ("hub.example.org", "http://hub.example.org:3100"),
    ],
)
def test_a_hub_that_listens_everywhere_is_found_on_this_machine(host: str, url: str) -> None:
    assert url_of(reachable(host), 3100) == url
