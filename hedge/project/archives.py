"""Archives of projects: the files that dbt parses as one tar file, compressed by gzip."""

import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hedge import kept_files
from hedge.project import files

#: How many files are brought to disk at once: a file system writes down many in one go.
SYNCED_AT_ONCE = 32


def pack(project: Path) -> bytes:
    """The definitions and the data tests of a project. Equal files make equal archives."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for file in files.matching(project, (*files.DEFINITIONS, *files.TESTS)):
            content = file.read_bytes()
            member = tarfile.TarInfo(file.relative_to(project).as_posix())
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return _without_time(packed.getvalue())


def definitions_hash(archive: bytes) -> str:
    """What files.definitions_hash says of the project that was packed."""
    digest = hashlib.sha256()
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        for member in packed:
            content = packed.extractfile(member)
            if content is not None and files.is_definition(member.name):
                digest.update(f"{member.name}\0".encode())
                digest.update(content.read())
    return digest.hexdigest()


def unpack(archive: bytes, folder: Path) -> None:
    """Write the files of an archive into an empty folder, and wait until they are on disk.

    Raises OSError where that is not possible, and tarfile.TarError, gzip.BadGzipFile, EOFError or
    zlib.error where the archive is damaged.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        extract(packed, folder)
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        # The list raises what a thread has raised.
        list(pool.map(kept_files.sync, (*folder.rglob("*"), folder)))


def extract(packed: tarfile.TarFile, folder: Path) -> None:
    """Write the files of a tar file into an empty folder; a tarfile.TarError where one would be
    written elsewhere."""
    if hasattr(tarfile, "data_filter"):
        packed.extractall(folder, filter="data")
        return
    # Python 3.11.2, which Debian 12 has, knows no filters.
    place = folder.resolve()
    for member in packed:
        is_inside = (place / member.name).resolve().is_relative_to(place)
        if not is_inside or not (member.isfile() or member.isdir()):
            raise tarfile.ExtractError(f"{member.name} is no file below the folder")
    packed.extractall(folder)


def _without_time(compressed: bytes) -> bytes:
    """A gzip file whose header does not say when it was made (RFC 1952: bytes 4 to 7)."""
    return compressed[:4] + bytes(4) + compressed[8:]
