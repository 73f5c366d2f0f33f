"""Views and functions of models that the deployed project no longer has.

dbt creates a view for each model and a function for some, and never drops the view of a model
that was removed or renamed. A deploy therefore records its views in app.deployed_views, and drops
the recorded ones that its project lacks. Objects that no deploy has recorded were created by
somebody else and are never dropped, nor is anything that such an object depends on.

Tables are not dropped: a mart holds rows that cannot be computed again, and a seed that was
removed leaves a small table that nothing reads.
"""

from collections.abc import Sequence

import psycopg

from hedge.queries import query


def drop_obsolete(connection: psycopg.Connection, views: Sequence[str]) -> list[str]:
    """Drop what is obsolete now that the project with these views is deployed, and record them.

    connection commits automatically and holds the deploy lock, so that no run reads a view while
    it is dropped. Returns a sentence for each obsolete object that is kept, with the reason. A
    later deploy tries to drop it again.
    """
    parameters = {"views": list(views)}
    obsolete: list[tuple[str, str]] = connection.execute(
        query("obsolete_objects"), parameters
    ).fetchall()
    reasons: dict[tuple[str, str], str] = {}
    # Obsolete objects may depend on each other. Each pass drops those on which nothing depends.
    while obsolete:
        reasons = {}
        for kind, name in obsolete:
            if reason := _reason_to_keep(connection, kind, name):
                reasons[kind, name] = reason
        if len(reasons) == len(obsolete):
            break
        obsolete = list(reasons)
    connection.execute(query("obsolete_record"), parameters)
    return [
        f"the {kind} {name}, which no model of the project creates any more, is kept: {reason}"
        for (kind, name), reason in reasons.items()
    ]


def _reason_to_keep(connection: psycopg.Connection, kind: str, name: str) -> str | None:
    """Drop an object; returns None, or why PostgreSQL refuses to drop it. name is quoted."""
    try:
        # RESTRICT is the default: nothing that depends on the object is dropped with it.
        connection.execute(f"drop {kind} {name}")
    except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege) as e:
        return "; ".join((e.diag.message_detail or str(e.diag.message_primary)).splitlines())
    return None
