"""Settings from the environment: the dbt project, the home folder and the database."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from hedge.errors import UsageError

#: The dbt project that comes with this package: a folder of the wheel, or the checkout.
_OF_WHEEL = Path(__file__).resolve().parent / "dbt_project"
PACKAGED_PROJECT = _OF_WHEEL if _OF_WHEEL.is_dir() else Path(__file__).resolve().parent.parent


def project() -> Path:
    """The dbt project that commands read edits from: HEDGE_PROJECT, else the nearest folder, from
    the current one upward, that holds a dbt_project.yml of Hedge, else the project of the package.

    A HEDGE_PROJECT that is not a project is a UsageError.
    """
    named = os.environ.get("HEDGE_PROJECT")
    if named:
        folder = Path(named).expanduser().resolve()
        if not is_project(folder):
            raise UsageError(f"HEDGE_PROJECT names {named}, which has no dbt_project.yml of Hedge")
        return folder
    current = Path.cwd()
    # A deploy from a subfolder of a project must not deploy the project of the package.
    found = filter(is_project, (current, *current.parents))
    return next(found, PACKAGED_PROJECT)


def is_installed(project: Path) -> bool:
    """Whether a project lies inside an installed package, where nobody may edit it."""
    return project == _OF_WHEEL


def is_project(folder: Path) -> bool:
    """Whether a folder holds a dbt project of Hedge."""
    file = folder / "dbt_project.yml"
    return file.is_file() and "name: hedge" in file.read_text(errors="replace").splitlines()


def home() -> Path:
    """The folder of the embedded server and of kept files: HEDGE_HOME, else the nearest .hedge in
    the current folder or above it, else .hedge in the checkout or, for an installed package, in
    the current folder. It need not exist."""
    named = os.environ.get("HEDGE_HOME")
    return Path(named).expanduser().resolve() if named else _default_home()


def _default_home() -> Path:
    current = Path.cwd()
    for folder in (current, *current.parents):
        if (folder / ".hedge").is_dir():
            return folder / ".hedge"
    return (current if PACKAGED_PROJECT == _OF_WHEEL else PACKAGED_PROJECT) / ".hedge"


@contextlib.contextmanager
def overridden(**values: str | None) -> Iterator[None]:
    """Set environment variables of this process while the block runs; None removes one."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def external_database_url() -> str | None:
    """HEDGE_DATABASE_URL: the server to use instead of the embedded one."""
    return os.environ.get("HEDGE_DATABASE_URL") or None


def compute_timeout() -> int:
    """HEDGE_COMPUTE_TIMEOUT: for how many seconds a preview or a deploy computes one model."""
    return _seconds("HEDGE_COMPUTE_TIMEOUT", 600)


def deploy_wait() -> int:
    """HEDGE_DEPLOY_WAIT: for how many seconds a deploy waits for runs, and again for readers."""
    return _seconds("HEDGE_DEPLOY_WAIT", 600)


def large_move() -> float:
    """HEDGE_LARGE_MOVE: the share of clusters, in per cent, above which a deploy that raises or
    lowers their values or tiers wants to be confirmed."""
    return _per_cent("HEDGE_LARGE_MOVE", 25)


def max_rejected() -> float:
    """HEDGE_MAX_REJECTED: the share of the rows of a file, in per cent, above which rejected rows
    make a load fail."""
    return _per_cent("HEDGE_MAX_REJECTED", 50)


def _per_cent(name: str, default: int) -> float:
    """A share in per cent from the environment."""
    text = os.environ.get(name) or str(default)
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 100:
        raise UsageError(f"{name} is '{text}', which is no number from 0 to 100")
    return share


def _seconds(name: str, default: int) -> int:
    """A number of seconds from the environment."""
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 86_400:
        raise UsageError(f"{name} is '{text}', which is no number of seconds from 1 to 86400")
    return int(text)
