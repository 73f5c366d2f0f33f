"""Views of a database that fail, and that are mended again."""

import psycopg
from psycopg import sql


def break_view(
    connection: psycopg.Connection, view: str, column: str, *, where: str = "true"
) -> str:
    """Let a view divide a column by zero, in rows of a condition; returns the definition that it
    had."""
    name = sql.Identifier("analytics", view)
    (definition,) = connection.execute(
        "select rtrim(pg_get_viewdef(%s::regclass), ';')", [f"analytics.{view}"]
    ).fetchone()
    columns = [
        sql.SQL(
            f"(case when {where} then {{0}} / 0 else {{0}} end)::{type_name} as {{0}}"
            if found == column
            else "{0}"
        ).format(sql.Identifier(found))
        for found, type_name in connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [f"analytics.{view}"],
        )
    ]
    connection.execute(
        sql.SQL("create or replace view {} as select {} from ({}) as sound").format(
            name, sql.SQL(", ").join(columns), sql.SQL(definition)
        )
    )
    return definition


def mend_view(connection: psycopg.Connection, view: str, definition: str) -> None:
    """Give a view its definition back."""
    connection.execute(
        sql.SQL("create or replace view {} as {}").format(
            sql.Identifier("analytics", view), sql.SQL(definition)
        )
    )
