"""Where things are: the project, the home of what it keeps, and the database it is told of."""

import os
from pathlib import Path

#: The dbt project: the folder with dbt_project.yml, which is also the repository.
PROJECT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of the embedded server and of kept files: HEDGE_HOME, else .hedge/ here."""
    path = Path(os.environ.get("HEDGE_HOME") or PROJECT / ".hedge").expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def external_database_url() -> str | None:
    """HEDGE_DATABASE_URL: the server to use instead of the embedded one."""
    return os.environ.get("HEDGE_DATABASE_URL") or None
