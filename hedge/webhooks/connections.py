"""Connections to targets that may be called, for httpcore."""

from typing import Any

import httpcore

from hedge.webhooks.targets import NotAllowed, resolve


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses alone. The certificate is checked for the name all the same."""

    def __init__(self, scheme: str) -> None:
        """The scheme of the target."""
        self._network = httpcore.AnyIOBackend()
        self._scheme = scheme

    async def connect_tcp(self, host: str, port: int, *args: Any, **named: Any) -> Any:
        """A connection to an address of the host."""
        address = await resolve(host, port, self._scheme)
        return await self._network.connect_tcp(address, port, *args, **named)

    async def connect_unix_socket(self, path: str, *args: Any, **named: Any) -> Any:
        """Refuses: no target is a socket of this host."""
        raise NotAllowed(f"{path} is no address of the internet")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
