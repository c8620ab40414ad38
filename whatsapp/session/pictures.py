"""Fetches profile pictures. They are not encrypted, and lie on WhatsApp's servers for a few days."""

import os
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

TIMEOUT = (10, 30)  # seconds to connect, to wait for the next bytes
LARGEST = 8 * 1024 * 1024  # bytes
HOSTS = (".whatsapp.net", ".whatsapp.com")


class NotFetched(Exception):
    """The picture is not here. `is_gone`: it will not be there later, either."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.is_gone = is_gone


def fetch(url: str, proxy: str | None = None) -> bytes:
    """The picture at an address of WhatsApp's; `proxy` is the simulator's. Raises NotFetched."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not (parts.hostname or "").endswith(HOSTS):
        raise NotFetched(f"{parts.hostname} is not a server of WhatsApp's.", is_gone=True)
    proxies = {"https": proxy} if proxy else {}
    authority = os.environ.get("SSL_CERT_FILE") if proxy else None
    try:
        with requests.get(
            url,
            proxies=proxies,
            verify=authority or True,
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,
        ) as response:
            if response.status_code != HTTPStatus.OK:
                gone = response.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
                reason = f"The download failed with status code {response.status_code}."
                raise NotFetched(reason, is_gone=gone)
            data = response.raw.read(LARGEST + 1, decode_content=True)
    except requests.RequestException as error:
        raise NotFetched(f"WhatsApp's server can't be reached ({type(error).__name__}).") from error
    if len(data) > LARGEST:
        raise NotFetched(f"The picture is larger than {LARGEST // 1024 // 1024} MB.", is_gone=True)
    return bytes(data)
