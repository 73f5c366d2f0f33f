"""The rights of roles of PostgreSQL, by what they are for.

migrate  owns the schemas raw, app, procrastinate and hedge_migrations, and is a member of run
run      owns the schema analytics, and writes facts and tables of the service
serve    is the service: accounts, links, boards and requests
load     writes facts
read     reads what the public routes of the service show

`hedge db grant` records the roles in app.database_roles. What they are to own and to be granted
is in hedge/sql/rights_owners.sql, rights_buckets.sql and rights_grants.sql; only what is lacking is
granted, so that migrations and deploys, which make new tables and views, grant the same by renew().
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row, scalar_row

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.queries import query

#: Purposes for which there is one role, which owns something.
OWNERS = ("migrate", "run")
#: Who may run a command that is for a purpose: the worker runs, and the service reads at least.
_MAY_RUN = {
    "migrate": ("migrate",),
    "run": ("run", "migrate"),
    "read": ("read", "serve", "run", "migrate"),
}
#: What is lacking, in the order in which it is given: owners give the rights.
_LACKING = ("rights_owners", "rights_buckets", "rights_grants")
_TABLE = "app.database_roles"
#: What is said of a role that was made.
NEW = "is a new role"


@dataclass(frozen=True)
class Right:
    """What a role lacks, or was given: in words, and by which command of SQL. may says whether the
    current role may give it, or could."""

    role_name: str
    what: str
    command: str
    may: bool


@dataclass(frozen=True)
class Role:
    """A recorded role, by what it is for; is_there says whether the server has it, is_ours whether
    the current role is one, or a member of one."""

    purpose: str
    role_name: str
    is_there: bool
    is_ours: bool


def recorded(connection: psycopg.Connection) -> list[Role]:
    """The roles that `hedge db grant` has recorded; none before it was called."""
    if not _is_readable(connection):
        return []
    with connection.cursor(row_factory=class_row(Role)) as cursor:
        return cursor.execute(query("rights_roles")).fetchall()


def has_tables(connection: psycopg.Connection) -> bool:
    """Whether `hedge db migrate` has made the tables, also where the current role may not look."""
    return database.value(connection, query("rights_readable")) is not None


def _is_readable(connection: psycopg.Connection) -> bool:
    """Whether the record exists, and the current role may read it."""
    return bool(database.value(connection, query("rights_readable")))


def grant(connection: psycopg.Connection, wanted: Mapping[str, Sequence[str]]) -> list[Right]:
    """Make roles where they are missing, give each what it needs for its purpose, and record them,
    in one transaction; returns what was given, which is nothing where nothing lacks, and what a
    superuser has to give (may is false).

    wanted has the names of roles by purpose, beside those that are recorded; another role for
    migrate or run replaces the recorded one. A UsageError where the names contradict each other, a
    HedgeError where the current role may not give a right; nothing has changed then.
    """
    done: list[Right] = []
    with connection.transaction(), _of_whoever_calls(connection):
        roles = _complete(wanted, recorded(connection))
        _make(connection, roles, done)
        with _membership(connection, roles):
            # Only now the role is sure to see the record.
            roles = _complete(wanted, recorded(connection))
            _make(connection, roles, done)
            for name in _LACKING:
                done += [_given(connection, one) for one in _lacking(connection, name, roles)]
            if _is_readable(connection):
                _record(connection, roles)
    return done


def renew(connection: psycopg.Connection) -> list[Right]:
    """Give the recorded roles what they lack, as far as the current role may: what it has just
    made. Roles that the server has not are passed over."""
    roles = _by_purpose([role for role in recorded(connection) if role.is_there])
    done: list[Right] = []
    for name in _LACKING:
        for right in _lacking(connection, name, roles):
            if right.may:
                _execute(connection, right)
                done.append(right)
    return done


def remember(connection: psycopg.Connection, roles: Sequence[Role]) -> None:
    """Record roles in a database whose tables are new, and give them what they need."""
    if roles:
        _record(connection, _by_purpose(roles))
        renew(connection)


def faults(connection: psycopg.Connection) -> list[str]:
    """What recorded roles lack, as sentences, and whether the current role is one of them. Before
    `hedge db grant` was called, whether the role owns all schemas, or may create them."""
    roles = recorded(connection)
    if not roles:
        sentence = database.out_of_reach(connection)
        return [sentence] if sentence else []
    found = [
        f"the role {role.role_name}, which is recorded for `{role.purpose}`, does not exist"
        for role in roles
        if not role.is_there
    ]
    if not any(role.is_ours for role in roles):
        found.append(f"{_stranger(connection)}, and hedge db grant has given it no rights")
    there = _by_purpose([role for role in roles if role.is_there])
    return found + [
        f"the role {right.role_name} lacks: {right.what}"
        for name in _LACKING
        for right in _lacking(connection, name, there)
    ]


def require(connection: psycopg.Connection, purpose: str, command: str) -> None:
    """Raise a HedgeError where roles are recorded, or the current one may not read whether they
    are, and it may not run a command that is for a purpose, `migrate`, `run` or `read`."""
    roles = recorded(connection)
    # Where the record of roles cannot be read, the current role has no rights yet.
    if not roles and database.value(connection, query("rights_readable")) is not False:
        return
    purposes = _MAY_RUN[purpose]
    if not any(role.is_ours and role.purpose in purposes for role in roles):
        names = " or ".join(role.role_name for role in roles if role.purpose in purposes)
        raise HedgeError(
            f"{command} needs the rights of {names or 'a role that hedge db grant has made'}"
            f" (`{purpose}`): {_stranger(connection)}"
        )


def refused(error: psycopg.errors.InsufficientPrivilege) -> str:
    """What PostgreSQL does not let the role of this process do, in one sentence that says where to
    look."""
    said = error.diag.message_primary or str(error).strip().splitlines()[0]
    return (
        f"the role {_own_name()} may not do this: {said}; docs/roles.md says which role may, hedge "
        "doctor what a role lacks, and hedge db grant gives it"
    )


def _own_name() -> str:
    """The role of connections: that of the URL, else of PGUSER, else the account, as for libpq."""
    if named := conninfo_to_dict(database.url()).get("user"):
        return str(named)
    defaults = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
    return (defaults[b"user"] or b"").decode()


def _stranger(connection: psycopg.Connection) -> str:
    return f"the role of this connection is {database.value(connection, 'select current_user')}"


def _complete(wanted: Mapping[str, Sequence[str]], known: Sequence[Role]) -> dict[str, list[str]]:
    """Names by purpose, with those that are recorded."""
    roles = _by_purpose(known)
    for purpose, names in wanted.items():
        if names:
            kept = [] if purpose in OWNERS else roles.get(purpose, [])
            roles[purpose] = [*dict.fromkeys([*kept, *names])]
    lacking = [f"--{purpose}" for purpose in OWNERS if not roles.get(purpose)]
    if lacking:
        raise UsageError(
            f"name a role for {' and '.join(lacking)}: no role is recorded that this one sees"
        )
    purposes: dict[str, str] = {}
    for purpose, names in roles.items():
        for name in names:
            other = purposes.setdefault(name, purpose)
            if other != purpose and {other, purpose} != set(OWNERS):
                raise UsageError(
                    f"the role {name} cannot be for `{other}` and for `{purpose}`: `{other}` and "
                    f"`{purpose}` are to have different rights"
                )
    return roles


def _by_purpose(roles: Sequence[Role]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role in roles:
        found.setdefault(role.purpose, []).append(role.role_name)
    return found


def _make(
    connection: psycopg.Connection, roles: Mapping[str, Sequence[str]], done: list[Right]
) -> None:
    """Make the roles that the server has not."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        known = cursor.execute("select rolname from pg_roles").fetchall()
    for name in dict.fromkeys(name for each in roles.values() for name in each):
        if name not in known:
            command = sql.SQL("create role {} login").format(sql.Identifier(name))
            done.append(Right(name, NEW, command.as_string(connection), may=True))
            _execute(connection, done[-1])


def _lacking(
    connection: psycopg.Connection, name: str, roles: Mapping[str, Sequence[str]]
) -> list[Right]:
    """What a query of rights finds to be lacking."""
    owners = {purpose: names[0] for purpose, names in roles.items() if purpose in OWNERS}
    schemas = [each for each in database.SCHEMAS if _owner(each) in owners]
    pairs = [(purpose, each) for purpose, names in roles.items() for each in names]
    parameters = {
        "schemas": schemas,
        "owners": [owners[_owner(each)] for each in schemas],
        "deployed": _deployed_views(connection),
        "purposes": [purpose for purpose, _ in pairs],
        "roles": [each for _, each in pairs],
    }
    with connection.cursor(row_factory=class_row(Right)) as cursor:
        return cursor.execute(query(name), parameters).fetchall()


def _owner(schema: str) -> str:
    """What the role is for that owns a schema."""
    return "run" if schema == "analytics" else "migrate"


def _deployed_views(connection: psycopg.Connection) -> list[str]:
    readable = "select has_table_privilege(to_regclass('app.deployed_views'), 'select')"
    if not database.value(connection, readable):
        return []
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("select name from app.deployed_views").fetchall()


@contextlib.contextmanager
def _of_whoever_calls(connection: psycopg.Connection) -> Iterator[None]:
    """Say that the current role may not do something, and that nothing has changed."""
    caller = database.value(connection, "select current_user")
    try:
        yield
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).strip()
        raise HedgeError(
            f"the role {caller} may not give these rights: {said}; nothing was changed. Call hedge "
            "db grant as a superuser, or as a role that may create roles and owns the database "
            "and its schemas"
        ) from error


@contextlib.contextmanager
def _membership(
    connection: psycopg.Connection, roles: Mapping[str, Sequence[str]]
) -> Iterator[None]:
    """Let the current role be a member of the owners while the block runs, without which no role
    but a superuser gives them anything."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        joined = cursor.execute(
            "select rolname from pg_roles"
            " where rolname = any(%s) and not pg_has_role(oid, 'usage')",
            [[name for purpose in OWNERS for name in roles[purpose]]],
        ).fetchall()
    caller = sql.Identifier(database.value(connection, "select current_user"))
    for name in joined:
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(name), caller))
    yield
    for name in joined:
        connection.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(name), caller))


def _given(connection: psycopg.Connection, right: Right) -> Right:
    """Give a right, and say whether that was possible: one of the server may be for its
    administrator to give."""
    try:
        _execute(connection, right)
    except psycopg.errors.InsufficientPrivilege:
        if right.command.split()[1] != "pg_read_all_stats":
            raise
        return replace(right, may=False)
    return replace(right, may=True)


def _execute(connection: psycopg.Connection, right: Right) -> None:
    with connection.transaction():
        connection.execute(right.command.encode())


def _record(connection: psycopg.Connection, roles: Mapping[str, Sequence[str]]) -> None:
    pairs = [(purpose, name) for purpose, names in roles.items() for name in names]
    connection.execute(f"delete from {_TABLE} where purpose = any(%s)", [[*OWNERS]])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {_TABLE} (purpose, role_name) values (%s, %s) on conflict do nothing",
            pairs,
        )
