"""The connection of a profile, as dbt compares it with that of its last parse.

dbt parses anew where its connection is another one than at the last parse. What Hedge keeps of a
parse is of the definitions alone, whatever database they are for, so it gets the hash that dbt will
compute.
"""

import hashlib
import pprint
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

#: What dbt-postgres compares of a connection, with its defaults.
_COMPARED: Mapping[str, Any] = {
    "host": None,
    "port": None,
    "user": None,
    "database": None,
    "schema": None,
    "connect_timeout": 10,
    "role": None,
    "search_path": None,
    "keepalives_idle": 0,
    "sslmode": None,
    "sslcert": None,
    "sslkey": None,
    "sslrootcert": None,
    "application_name": "dbt",
    "autocommit": False,
    "retries": 1,
}


def hash_of(profiles: Path, target: str, environment: Mapping[str, str]) -> str:
    """The hash of the connection of a target in the profiles.yml of a folder."""
    written = yaml.safe_load((profiles / "profiles.yml").read_text(encoding="utf-8"))
    output = {
        "database" if key == "dbname" else key: _rendered(value, environment)
        for key, value in written["hedge"]["outputs"][target].items()
    }
    compared = sorted((key, output.get(key, default)) for key, default in _COMPARED.items())
    return hashlib.sha256(pprint.pformat(compared).encode()).hexdigest()


def _rendered(value: Any, environment: Mapping[str, str]) -> Any:
    """A value of a profile with its Jinja rendered, as dbt does: a number where it is said to be
    one (as_number)."""
    if not isinstance(value, str) or "{{" not in value:
        return value

    def env_var(name: str, default: str | None = None) -> str | None:
        return environment.get(name, default)

    # Only the program dbt needs this, and every run loads this module.
    import jinja2

    rendering = jinja2.Environment(undefined=jinja2.StrictUndefined)
    rendering.filters.update(as_number=str, as_bool=str, as_native=str, as_text=str)
    text = rendering.from_string(value).render(env_var=env_var)
    return int(text) if "as_number" in value else text
