"""Asks the drawing process for pictures, one at a time, and keeps the last ones."""

import asyncio
import contextlib
import sys
from collections import OrderedDict
from http import HTTPStatus

import msgspec
import structlog

from api.pictures.cards import LENGTH, Card
from api.problems import Refused
from api.response_cache import etag_of
from hedge import __version__

log = structlog.get_logger("hedge.api")

#: Bytes of pictures that are kept; a picture has about 50,000.
MOST_KEPT = 16_000_000
#: Pictures that may wait for the process; who comes then is asked to come again.
MOST_WAITING = 16
#: Seconds that a picture may take, the start of the process included.
LONGEST = 10.0


def tag(card: Card) -> str:
    """The entity tag of a picture: a hash of what it shows and of the version that draws it."""
    return etag_of(__version__.encode() + msgspec.json.encode(card))


class Painter:
    """Pictures by their tags. The process is started for the first picture."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._drawn: dict[str, asyncio.Task[bytes]] = {}
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def png(self, card: Card) -> bytes:
        """The picture of a card. Refused with 503 where too many wait, and where it cannot be
        drawn."""
        key = tag(card)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._drawn.get(key)
        if task is None:
            if len(self._drawn) >= MOST_WAITING:
                raise _refused("many pictures are being drawn: try again in a moment")
            task = self._drawn[key] = asyncio.create_task(self._draw(key, card))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        # a client that leaves does not take the picture from the others who wait for it
        return await asyncio.shield(task)

    async def _draw(self, key: str, card: Card) -> bytes:
        try:
            async with self._lock:
                try:
                    async with asyncio.timeout(LONGEST):
                        picture = await self._asked(msgspec.json.encode(card))
                except (TimeoutError, OSError, EOFError) as error:
                    await self._stop()
                    log.warning("the drawing process does not answer", error=repr(error))
                    raise _refused("no picture can be drawn at present") from error
            if not picture:
                raise _refused("this picture cannot be drawn")
            self._keep(key, picture)
            return picture
        finally:
            del self._drawn[key]

    def _keep(self, key: str, picture: bytes) -> None:
        self._kept[key] = picture
        while sum(map(len, self._kept.values())) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def _asked(self, card: bytes) -> bytes:
        """The answer of the process, or of another one where it has died."""
        try:
            return await self._ask(card)
        except (OSError, EOFError):
            await self._stop()
            return await self._ask(card)

    async def _ask(self, card: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "api.pictures.process"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None
        assert taken is not None
        given.write(LENGTH.pack(len(card)) + card)
        await given.drain()
        (length,) = LENGTH.unpack(await taken.readexactly(LENGTH.size))
        return await taken.readexactly(length)

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def close(self) -> None:
        """End the process."""
        await self._stop()


def _refused(sentence: str) -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, sentence, **{"Retry-After": "5"})
