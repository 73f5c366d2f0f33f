"""What the seeds of chains must satisfy together with the models: a raw table to which an event
gives facts has a row that says what logs give of it, and a view that says what they mean. Without
one of both, logs are decoded and no fact is stored."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hedge.project import files
from hedge.project.seed_files import Fault, Row

_TABLES = "seeds/chain_fact_tables.csv"


def faults(project: Path, events: Sequence[Row], tables: Sequence[Row]) -> Iterator[Fault]:
    """The faults of the rows of chain_events and chain_fact_tables, both of which are whole."""
    given = {row["raw_table"]: row for row in tables}
    views = {path.stem for path in files.matching(project, ("models/**/facts_of_*.sql",))}
    named = set()
    for event in events:
        if not event.is_sound(("raw_tables",)):
            continue
        gives = f"to which {event['event']} of {event['contract']} gives facts"
        for table in event["raw_tables"].split():
            named.add(table)
            if table not in given:
                yield event.fault(
                    f"{_TABLES} has no line of {table}, {gives}: add one that says what logs give "
                    "of it"
                )
            elif given[table]["given"] == "not":
                yield given[table].fault(
                    f"given is 'not' of {table}, {gives}: write whole or partly, or take the table "
                    "from raw_tables of the event"
                )
    for table, row in given.items():
        if row["given"] in ("whole", "partly") and f"facts_of_{table}" not in views:
            yield row.fault(
                f"there is no models/chain/facts/facts_of_{table}.sql, the view that says what the "
                f"logs of {table} mean: write it, or write not where logs give nothing"
            )
    for view in sorted(views):
        table = view.removeprefix("facts_of_")
        if table not in given and table not in named:
            yield Fault(
                _TABLES,
                1,
                f"there is no line of {table}, whose facts the view {view} has: add one that says "
                "what logs give of it",
            )
