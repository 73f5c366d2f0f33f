"""A role that may connect and nothing else, as between `hedge db migrate` and `hedge db grant`, is
told so by commands that stay, too. A worker would take missing rights for a lost database."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests import Hedge, prepared_server

ROLE = "nobody_yet"


@pytest.fixture
def without_rights(
    server: str,
    template: str,
    new_database: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """HEDGE_DATABASE_URL names a deployed database with a role that has no rights in it."""
    url = new_database("without_rights", template)
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(f"create role {ROLE} login")
        monkeypatch.setenv("HEDGE_DATABASE_URL", make_conninfo(url, user=ROLE))
    yield
    prepared_server.drop_database(server, "without_rights")
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(f"drop role {ROLE}")


@pytest.mark.usefixtures("without_rights")
def test_a_worker_names_the_role(hedge: Hedge) -> None:
    status, _, err = hedge("worker")
    assert (status, err) == (
        1,
        "hedge: hedge worker needs the rights of a role that hedge db grant has made (`run`):"
        f" the role of this connection is {ROLE}\n",
    )


@pytest.mark.usefixtures("without_rights")
def test_a_service_names_the_role(hedge: Hedge) -> None:
    status, _, err = hedge("serve")
    assert status == 1
    assert err.startswith(f"hedge: the role {ROLE} may not do this: permission denied for schema")
