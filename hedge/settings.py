"""Settings from the environment: the dbt project, the home folder and the database."""

import os
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
        if not _is_project(folder):
            raise UsageError(f"HEDGE_PROJECT names {named}, which has no dbt_project.yml of Hedge")
        return folder
    current = Path.cwd()
    # A deploy from a subfolder of a project must not deploy the project of the package.
    found = filter(_is_project, (current, *current.parents))
    return next(found, PACKAGED_PROJECT)


def is_installed(project: Path) -> bool:
    """Whether a project lies inside an installed package, where nobody may edit it."""
    return project == _OF_WHEEL


def _is_project(folder: Path) -> bool:
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


def external_database_url() -> str | None:
    """HEDGE_DATABASE_URL: the server to use instead of the embedded one."""
    return os.environ.get("HEDGE_DATABASE_URL") or None
