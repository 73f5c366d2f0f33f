"""HTTP clients for servers on loopback."""

from typing import Any

import httpx


def plain_client(**options: Any) -> httpx.Client:
    """A client with options of httpx.Client and without the certificates that one reads at its
    creation, which takes longer than many requests. It is for servers that have no TLS."""
    return httpx.Client(verify=False, **options)
