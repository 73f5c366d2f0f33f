"""What is deployed: the version of this program, the hash of the deployed project, and from when
on its raw tables are stale."""

import asyncio
import contextlib
from collections.abc import Mapping

import psycopg
import structlog

from api import tasks
from api.database import Database
from hedge import __version__
from hedge.errors import HedgeError
from hedge.project import thresholds

log = structlog.get_logger("hedge.api")
#: Seconds after which it is asked again which project is deployed.
PAUSE = 5.0
#: The header names the project by so many digits of its hash, as errors do.
SHORT = 12


class Deployed:
    """What was deployed when the database last said so."""

    def __init__(self) -> None:
        """The version alone; what the database says is read later."""
        self.definitions: str | None = None
        #: Raw tables, and after how many seconds without a new row somebody has to see to them.
        self.error_after: Mapping[str, int] = {}
        #: The same with the seconds after which it is late.
        self.warn_after: Mapping[str, int] = {}
        self._watch: asyncio.Task[None] | None = None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that say it, which every answer has. That of the project is missing until
        the database has said which one is deployed."""
        named = [(b"x-hedge-version", __version__.encode())]
        if self.definitions is not None:
            named.append((b"x-hedge-project", self.definitions[:SHORT].encode()))
        return named

    async def read(self, database: Database) -> None:
        """Ask the database; raises the error of the driver where it does not answer."""
        definitions = (await database.single(dict, "deployed"))["definitions"]
        if definitions == self.definitions:
            return
        if definitions is not None:
            found = await database.rows(dict, "deployed_archive", definitions=definitions)
            try:
                archives = [one["archive"] for one in found]
                self.error_after, self.warn_after = (
                    thresholds.of_archive(archives[0], which) if archives else {}
                    for which in ("error_after", "warn_after")
                )
            except HedgeError as error:
                self.error_after, self.warn_after = {}, {}
                log.warning("the thresholds of raw tables are not known", error=str(error))
        self.definitions = definitions

    def watch(self, database: Database) -> None:
        """Ask again and again until end()."""
        self._watch = asyncio.create_task(self._watch_it(database))

    async def end(self) -> None:
        """Stop asking."""
        await tasks.end(self._watch)

    async def _watch_it(self, database: Database) -> None:
        while True:
            # a database without tables, or one that is away, is told by what needs it
            with contextlib.suppress(psycopg.Error):
                await self.read(database)
            await asyncio.sleep(PAUSE)
