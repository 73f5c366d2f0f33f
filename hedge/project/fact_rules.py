"""What the seeds of chains must satisfy together with the models: a raw table to which an event
gives facts has a row that says what logs give of it, and a view that says what they mean. Without
one of both, logs are decoded and no fact is stored."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hedge.project import files
from hedge.project.seed_files import Fault, Row

_TABLES = "seeds/chain_fact_tables.csv"


def faults(project: Path, events: Sequence[Row], tables: Sequence[Row]) -> Iterator[Fault]:
    """The faults of the rows of chain_events and chain_fact_tables, both of which are whole."""
    given = {row["raw_table"]: row for row in tables}
    models = {path.stem: path for path in files.matching(project, ("models/**/*.sql",))}
    views = {name for name in models if name.startswith("facts_of_")}
    texts = {view: _text(models, view) for view in views}
    named = set()
    for event in events:
        if not event.is_sound(("raw_tables", "decoder")):
            continue
        if event["raw_tables"] and not event["decoder"]:
            yield event.fault(
                f"{event['event']} of {event['contract']} gives facts to {event['raw_tables']}, and"
                " no decoder reads it: hedge new decoder writes one"
            )
            continue
        gives = f"to which {event['event']} of {event['contract']} gives facts"
        for table in event["raw_tables"].split():
            named.add(table)
            view = f"facts_of_{table}"
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
            elif view in views and not re.search(rf"\b{event['decoder']}\b", texts[view]):
                yield event.fault(
                    f"the view {view} does not read {event['decoder']}, so that it has no facts of "
                    f"{event['event']}: read it in models/chain/facts/{view}.sql, or take {table} "
                    "from raw_tables"
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


def _text(models: Mapping[str, Path], name: str) -> str:
    """The SQL of a model and of all models that it names, whatever these read."""
    found: dict[str, str] = {}
    left = [name]
    while left:
        model = left.pop()
        if model in models and model not in found:
            found[model] = models[model].read_text(encoding="utf-8", errors="replace")
            left += re.findall(r"['\"](\w+)['\"]", found[model])
    return "\n".join(found.values())
