"""Large moves: values and tiers of many clusters that a deploy raises or lowers at once."""

import psycopg
from psycopg import sql

from hedge import settings
from hedge.counting import counted
from hedge.deploying.aside import Aside
from hedge.deploying.sources import Source
from hedge.errors import HedgeError, listed
from hedge.queries import query


def of_source(aside: Aside, source: Source) -> list[str]:
    """Large moves of the metrics of a source, from its live view to the temporary table computed,
    both as of the instant of the session. Nothing is said where there is no live view, or where
    it cannot be computed any more, as when a raw column was renamed."""
    connection = aside.connection
    live = sql.Identifier("analytics", source.name)
    connection.execute("drop table if exists before")
    try:
        connection.execute(
            sql.SQL("create temporary table before as select * from {}").format(live)
        )
    except psycopg.Error:
        return []
    columns = connection.execute("select * from before limit 0").description or []
    metrics = sorted({column.name for column in columns} & set(source.metrics))
    found = []
    for metric, up, down, before, after, clusters in connection.execute(
        query("deploy_moves"), {"metrics": metrics}
    ):
        of = f"{source.place(metric)}: {source.name}.{metric}"
        if before > 0 and after == 0:
            found.append(
                f"{of} is above zero for {counted(before, 'cluster')} now, and would be for none"
            )
        else:
            found += _shares(of, up, down, clusters)
    return found


def of_tiers(aside: Aside) -> list[str]:
    """Large moves in the ladders of challenges, from the live progress to the one that was
    computed aside."""
    if not aside.has("challenge_progress"):
        return []
    connection = aside.connection
    for view, relation in (
        ("progress_before", sql.Identifier("analytics", "challenge_progress")),
        ("progress_after", aside.relation("challenge_progress")),
        ("tiers_before", sql.Identifier("analytics", "challenge_tiers")),
        ("tiers_after", aside.relation("challenge_tiers")),
    ):
        connection.execute(
            sql.SQL("create or replace temporary view {} as select * from {}").format(
                sql.Identifier(view), relation
            )
        )
    found = []
    for challenge, up, down, clusters in connection.execute(query("deploy_tier_moves")):
        found += _shares(f"the tier of {challenge}", up, down, clusters)
    return found


def _shares(of: str, up: int, down: int, clusters: int) -> list[str]:
    """The sentences about clusters whose number is above the share of HEDGE_LARGE_MOVE."""
    return [
        f"{of} {verb} for {number:,} of {counted(clusters, 'cluster')}"
        for number, verb in ((up, "rises"), (down, "falls"))
        if clusters and 100 * number > settings.large_move() * clusters
    ]


def require_confirmed(found: list[str]) -> None:
    """Raise a HedgeError that lists large moves, if there are any."""
    if not found:
        return
    raise HedgeError(
        "\n".join(
            [
                *listed(found),
                "nothing is live yet: hedge preview shows more; deploy with --yes if that is meant "
                f"(moves of more than {settings.large_move():g} % of the clusters are asked about, "
                "HEDGE_LARGE_MOVE)",
            ]
        )
    )
