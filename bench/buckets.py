"""Measure full runs without buckets and with them, and a link across buckets.

    python -m bench.buckets [--clusters 20000] [--buckets 2] [--turns 3]

It loads a demo world into an embedded server of its own. Each full run begins with empty marts, so
that all of them write as much. For each: the seconds by the clock, the seconds of processor time of
the server and of Python, and how busy the processors were; of several turns, the median.

Then a wallet with 10,000 facts, which nobody has linked, is linked to a cluster of another bucket:
the seconds until its progress is readable, computed in this process, as a worker does it: dbt is
loaded, and sessions are kept from one run to the next.
"""

from collections.abc import Callable
from statistics import median
from typing import Annotated

import psycopg
import typer

from bench.costs import EMPTY, Cost, cost
from bench.figures import begin, timed
from bench.own_server import deployed_world
from cli.output import print_table, say
from hedge import buckets, database, runs, wallets
from hedge.dbt_runner import runner

#: The wallet that is linked, and its facts: hunts that were won, one each minute.
WALLET = "0x" + "5e" * 20
FACTS = """
insert into raw.hunting_encounters
    (chain_id, hunt_id, wallet_address, hunt_data_id, result, encountered_at)
select
    53935, 900000000 + number, %(wallet)s, 3, 'WIN', now() - number * interval '1 minute'
from generate_series(1, %(facts)s) as number
"""
#: A cluster of another bucket than that of the wallet.
ELSEWHERE = """
select cluster_id from app.cluster_buckets
where bucket <> app.hash_bucket(%(wallet)s, (select count(*) from app.buckets)::integer)
order by cluster_id limit 1
"""


def link(connection: psycopg.Connection, facts: int) -> float:
    """The seconds from a link across buckets until its progress is readable."""
    runner().keep_sessions()
    (cluster,) = database.one_row(connection.execute(ELSEWHERE, {"wallet": WALLET}))
    connection.execute(FACTS, {"wallet": WALLET, "facts": facts})
    # its facts are in the bucket of its hash from the next run on, and the process is warm
    runs.cluster([cluster])
    seconds, _ = timed(lambda: _linked(connection, cluster))
    return seconds


def _linked(connection: psycopg.Connection, cluster: str) -> None:
    wallets.link(connection, cluster, [WALLET])
    runs.cluster([cluster])


def main(
    clusters: Annotated[int, typer.Option(min=200)] = 20_000,
    number: Annotated[int, typer.Option("--buckets", min=2)] = 2,
    turns: Annotated[int, typer.Option(min=1)] = 3,
    facts: Annotated[int, typer.Option(min=1)] = 10_000,
) -> None:
    """Measure full runs and a link in a new embedded server, and print one table."""
    with deployed_world(clusters) as connection:
        begin("full runs without buckets")
        runs.full()
        found: dict[str, list[Cost]] = {"without buckets": _turns(connection, turns, 1)}
        begin(f"dividing among {number} buckets")
        buckets.divide(connection, number, _silent)
        begin("full runs in buckets")
        runs.full(jobs=number)
        for jobs in (1, number):
            name = f"{number} buckets, {jobs} at once"
            found[name] = _turns(connection, turns, jobs)
        linked = link(connection, facts)
    first = median(each.wall for each in found["without buckets"])
    print_table(
        ["full run", "seconds", "of the first", "server", "Python", "busy"],
        [_row(name, costs, first) for name, costs in found.items()],
        right=range(1, 6),
        title=f"\n{clusters:,} clusters, {turns} turns",
    )
    say(f"link of a wallet with {facts:,} facts across buckets: {linked:.2f} s")


def _turns(connection: psycopg.Connection, turns: int, jobs: int) -> list[Cost]:
    found = []
    for _ in range(turns):
        connection.execute(EMPTY)
        found.append(cost(connection, lambda: runs.full(jobs=jobs)))
    return found


def _row(name: str, costs: list[Cost], first: float) -> tuple[str, ...]:
    """The cells of a kind of run: medians."""

    def middle(of: Callable[[Cost], float]) -> float:
        return median(map(of, costs))

    wall = middle(lambda each: each.wall)
    return (
        name,
        f"{wall:.2f} s",
        f"{wall / first:.2f}",
        f"{middle(lambda each: each.server):.2f} s",
        f"{middle(lambda each: each.python):.2f} s",
        f"{middle(lambda each: each.busy):.0%}",
    )


def _silent(sentence: str) -> None:
    """Hears what dividing says."""


if __name__ == "__main__":
    typer.run(main)
