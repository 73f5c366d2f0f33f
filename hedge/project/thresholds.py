"""After how long without a new row a raw table is stale: `freshness` of dbt's sources, read without
dbt, which the service never loads."""

import io
import tarfile
import zlib
from collections.abc import Mapping
from typing import Any

import yaml

from hedge.errors import HedgeError
from hedge.project.files import LOADER

#: The file of a project that describes its raw tables.
SOURCES = "models/staging/_sources.yml"
#: The periods of dbt, in seconds.
PERIODS = {"minute": 60, "hour": 3600, "day": 86_400}


def of_archive(archive: bytes, which: str = "error_after") -> dict[str, int]:
    """The raw tables of an archive (archives.pack) that have `error_after`, or `warn_after`,
    and its seconds.

    An archive or a file of sources that cannot be read is a HedgeError.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
            file = packed.extractfile(SOURCES)
            text = file.read() if file else b""
    except (KeyError, OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise HedgeError(f"{SOURCES} of the deployed project cannot be read: {error}") from error
    return of_text(text, which)


def of_text(text: bytes, which: str = "error_after") -> dict[str, int]:
    """The same of the text of such a file. A table has the threshold of its source unless it has
    its own; null means none."""
    try:
        sources = (yaml.load(text, LOADER) or {}).get("sources") or []
        return {
            table["name"]: seconds
            for source in sources
            if source["name"] == "raw"
            for table in source["tables"]
            if (seconds := _seconds(_freshness(table, _freshness(source, None)), which)) is not None
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        sentence = f"{SOURCES} of the deployed project is wrong: {error}"
        raise HedgeError(" ".join(sentence.split())) from error


def _freshness(of: Mapping[str, Any], inherited: Any) -> Any:
    for part in (of.get("config") or {}, of):
        if "freshness" in part:
            own = part["freshness"]
            return own if own is None or inherited is None else {**inherited, **own}
    return inherited


def _seconds(freshness: Any, which: str) -> int | None:
    after = (freshness or {}).get(which)
    if not after:
        return None
    return int(after["count"]) * PERIODS[after["period"]]
