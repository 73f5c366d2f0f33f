"""A value that many requests need and that is expensive to read."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any


class Remembered:
    """A value that is read again when it is older than some seconds. While one request reads it,
    the others wait for it."""

    def __init__(self, seconds: float) -> None:
        """Nothing is read yet; seconds may be changed."""
        self.seconds = seconds
        self._read_at = -math.inf
        self._value: Any = None
        self._lock = asyncio.Lock()

    async def get(self, read: Callable[[], Awaitable[Any]]) -> Any:
        """The value, at most as old as the seconds allow; an error of read is raised."""
        async with self._lock:
            if time.monotonic() - self._read_at > self.seconds:
                self._value = await read()
                self._read_at = time.monotonic()
            return self._value
