"""The embedded PostgreSQL in its newest version: its data are copied by PostgreSQL's pg_upgrade.

The package of the server holds more than one major version, and data stay of the version with which
they were created, until this is called.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hedge import embedded_server
from hedge.errors import HedgeError, StateError


def upgrade(data: Path) -> tuple[str, Path] | None:
    """Bring a data directory to the newest version of the package; returns its old version, and the
    folder in which it is kept as it was. None where it is of the newest already. The server is
    stopped, and not started again.

    A HedgeError says why it is not possible; the data are as they were then.
    """
    if not embedded_server.exists(data):
        raise HedgeError(f"there is no database in {data.parent}: nothing is to be upgraded")
    version = (data / "PG_VERSION").read_text().strip()
    old, new = embedded_server.programs(data), embedded_server.newest_programs()
    if old == new:
        return None
    kept = data.with_name(f"{data.name}-{version}")
    if kept.exists():
        raise StateError(f"the folder {kept} of an upgrade before exists: move it elsewhere")
    embedded_server.stop(data)
    # Beside the data, so that the new ones can be renamed.
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".up-") as folder:
        created = Path(folder) / data.name
        account = embedded_server.account(old / "postgres", new / "postgres", data)
        if account:
            shutil.chown(folder, account)
        checksums = [] if _has_checksums(old, data, account) else ["--no-data-checksums"]
        initdb = [*embedded_server.INITDB, f"--pgdata={created}", *checksums]
        _run(account, [str(new / "initdb"), *initdb], folder)
        # The path of a socket is short.
        with tempfile.TemporaryDirectory(prefix="hedge-") as sockets:
            if account:
                shutil.chown(sockets, account)
            command = [
                *(str(new / "pg_upgrade"), f"--username={embedded_server.USER}"),
                *(f"--old-bindir={old}", f"--new-bindir={new}"),
                *(f"--old-datadir={data}", f"--new-datadir={created}"),
                f"--socketdir={sockets}",
            ]
            _run(account, command, folder)
        data.rename(kept)
        created.rename(data)
    return version, kept


def _has_checksums(programs: Path, data: Path, account: str | None) -> bool:
    said = _run(account, [str(programs / "pg_controldata"), str(data)])
    return "Data page checksum version:           0" not in said


def _run(account: str | None, command: Sequence[str], folder: str = "/") -> str:
    """What a program prints; a HedgeError with its last lines where it fails."""
    status, printed = embedded_server.run_as(account, command, folder)
    if status != 0:
        lines = " ".join(" ".join(printed.splitlines()[-4:]).split())
        raise HedgeError(f"the embedded PostgreSQL was not upgraded: {lines}")
    return printed
