"""Files that are kept under HEDGE_HOME to save time, and can be made anew at any time.

A process may be killed while it writes, a disk may be full, and a person may edit what is kept. A
kept file therefore appears as a whole or not at all, and is used only while its content is what
was written.
"""

import contextlib
import hashlib
import os
from pathlib import Path

from hedge.errors import HedgeError

#: A kept file begins with the SHA-256 of what follows it.
_DIGEST = 32


def write(file: Path, content: bytes) -> None:
    """Write a file in place of one of that name. The new one is on disk before the old one goes,
    so that a reader, and a start after a crash, find either of them whole."""
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as unfinished:
            unfinished.write(content)
            unfinished.flush()
            os.fsync(unfinished.fileno())
        new.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    sync(file.parent)


def keep(file: Path, content: bytes) -> None:
    """Write a file that `kept` reads."""
    write(file, hashlib.sha256(content).digest() + content)


def kept(file: Path) -> bytes | None:
    """The content of a file that was written by `keep`; None where it is missing, torn or
    edited."""
    try:
        stored = file.read_bytes()
    except FileNotFoundError:
        return None
    digest, content = stored[:_DIGEST], stored[_DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def required(file: Path) -> bytes:
    """The content of a file that was written by `keep`; a HedgeError where `kept` finds none."""
    content = kept(file)
    if content is None:
        raise HedgeError(f"{file} was removed or damaged while it was in use: repeat the command")
    return content


def seal(file: Path) -> None:
    """Remember the content of a file that another program has written, for `is_sealed`."""
    write(_seal_of(file), hashlib.sha256(file.read_bytes()).hexdigest().encode())


def is_sealed(file: Path) -> bool:
    """Whether a file exists, with the content that it had when it was sealed."""
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest().encode()
        return found == _seal_of(file).read_bytes()
    except FileNotFoundError:
        return False


def _seal_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
