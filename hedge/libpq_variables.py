"""The PG* variables of the environment, by which psql, dbt and profiles.example.yml find the
database."""

import contextlib
import os
from collections.abc import Iterator

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from hedge import database, settings
from hedge.errors import UsageError


def variables(where: str | None = None) -> dict[str, str]:
    """The variables for a URL, or for that of the database: of every parameter that libpq takes
    from a variable, certificates included. What the URL leaves out is that of the variables that
    are set, as for libpq.

    A parameter that libpq takes from no variable is none of them; a UsageError where no connection
    could be made without it.
    """
    parameters = conninfo_to_dict(database.url() if where is None else where)
    if parameters.get("sslpassword"):
        raise UsageError(
            "dbt cannot take the passphrase of a key (sslpassword) from the URL of the database: "
            "name a key without one by sslkey, in a file that only this user may read"
        )
    names = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        # the name by which runs are told from others is dbt's own
        if option.envvar and option.keyword != b"application_name"
    }
    inherited = {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
    defaults = {"host": "localhost", "port": "5432", "user": "postgres", "password": ""}
    values = defaults | inherited | parameters
    values.setdefault("dbname", values["user"])
    values["options"] = database.SESSION_OPTIONS
    return {name: str(values[key]) for key, name in names.items() if key in values}


@contextlib.contextmanager
def set_variables() -> Iterator[None]:
    """Set the PG* variables of this process while the block runs: libpq, and so dbt, takes the
    database from them."""
    with settings.overridden(**variables()):
        yield
