"""hedge new: scaffolds of files to edit."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.options import JsonOption, Numbers, chain_option
from cli.output import print_json, say
from hedge.analysis import calibration, scaffold
from hedge.analysis.scaffold import NewMetricSource, metric, raw_table
from hedge.errors import UsageError

app = typer.Typer(help="Scaffolds of files to edit.", no_args_is_help=True)


@app.command("metric-source")
def metric_source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, in snake_case.")],
    table: Annotated[
        str, typer.Option(metavar="TABLE", help="The raw table whose facts it counts.")
    ],
    json: JsonOption = False,
) -> None:
    """Write a metric source that counts the facts of a raw table, as a start for editing.

    It writes the model, its YAML with a unit test that passes, its name in dbt_project.yml and its
    row in seeds/metrics.csv. Only for a table that no model reads yet is the database asked.

    Example: hedge new metric-source guild_raids --table hunting_encounters
    """
    written = scaffold.new_metric_source(name, table)
    print_json(written) if json else _show(written)


def _show(written: NewMetricSource) -> None:
    source, key = written.metric_source, written.metric_key
    say(f"{source} counts {written.reads} as {key}. Written:")
    _say_files(written.files)
    say(f"Columns to filter and count by: {', '.join(written.columns) or 'none'}.")
    say(
        "Next: define what counts in the model, its YAML and its row of seeds/metrics.csv, then\n"
        f"  hedge new challenge {source} --metric {source}.{key} --category CATEGORY\n"
        f"  hedge tiers calibrate {source}\n"
        "  hedge preview\n"
        "docs/analysts.md describes these steps."
    )


@app.command("metric")
def new_metric(
    name: Annotated[
        str, typer.Argument(metavar="SOURCE.METRIC", help="A metric source, and the new metric.")
    ],
    sql: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION",
            help="Its SQL, over the rows that the model groups.",
            show_default="count(*)",
        ),
    ] = None,
    data_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help=f"{', '.join(metric.TYPES)}.")
    ] = "bigint",
    unit: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What one of it is, in the plural.")
    ] = None,
    definition: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What it counts, in one sentence.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Add a metric to a metric source that exists, as a start for editing.

    It adds a column to the model, its description to the YAML and its row to seeds/metrics.csv;
    where it counts the rows of a model of facts, evidence and a unit test, too.

    Example: hedge new metric onchain_quests.training --sql 'count(*)' --unit quests
    """
    written = scaffold.new_metric(name, sql, data_type, unit, definition)
    if json:
        print_json(written)
        return
    source, key = written.metric_source, written.metric_key
    say(f"{source}.{key} is {written.sql}. Written:")
    _say_files(written.files)
    contract = f"models/metrics/{source}.yml"
    if not written.has_unit_test:
        say(f"Add its expected values to a unit test of {contract}.")
    if not written.has_evidence:
        say(f"Describe its evidence in {contract}: docs/change-a-metric.md says how.")
    say(f"Next: define what counts, then hedge tiers calibrate {source}.{key}")


@app.command("challenge")
def new_challenge(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, in snake_case.")],
    counts: Annotated[
        str, typer.Option("--metric", metavar="SOURCE.METRIC", help="The metric it counts.")
    ],
    category: Annotated[
        str, typer.Option(metavar="KEY", help="A category of seeds/categories.csv.")
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What players read; by default the words of the key."),
    ] = None,
    description: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What players have to do; by default the metric's definition."
        ),
    ] = None,
    thresholds: Annotated[
        Numbers | None,
        typer.Option(
            metavar="N,N..",
            parser=calibration.parse_thresholds,
            help="1, 4 or 5 thresholds, rising; to be calibrated later.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Add a challenge on a metric, with its tiers, to the seeds.

    A metric that is true or false has one tier.

    Example: hedge new challenge gold_digger --metric onchain_gold.vendor_spend \\
        --category economy_strategy --thresholds 10,100,1000,10000
    """
    written = scaffold.new_challenge(key, counts, category, name, description, thresholds)
    if json:
        print_json(written)
        return
    say(f"{key} counts {written.metric} with the tiers {', '.join(written.tiers)}. Written:")
    _say_files(written.files)
    say("Next: edit its words, icon and tags in seeds/challenges.csv, then")
    if len(written.tiers) > 1:
        say(f"  hedge tiers calibrate {key}")
    say("  hedge preview")


@app.command("raw-table")
def new_raw_table(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, in snake_case.")],
    column: Annotated[
        list[str],
        typer.Option(
            metavar="'NAME TYPE'",
            help="A column, such as 'garden text'; repeat it. Types: "
            f"{', '.join(raw_table.TYPES)}.",
        ),
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column of the key; by default the first column."),
    ] = None,
    wallet: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column of the player's wallet.")
    ] = "wallet_address",
    time: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column of the time of the fact.")
    ] = "occurred_at",
    of_logs: Annotated[
        bool,
        typer.Option(
            "--of-logs",
            help="Its facts are decoded from logs: add the columns of a log, which are the key.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write what a new raw table needs: the SQL that creates it, its staging model, its source.

    Example: hedge new raw-table garden_visits --column 'visit_id bigint' --column 'garden text'
    """
    written = scaffold.new_raw_table(name, column, _several(key), wallet, time, of_logs=of_logs)
    if json:
        print_json(written)
        return
    table = written.table
    say(f"raw.{table} has the columns {', '.join(written.columns)}. Written:")
    _say_files(written.files)
    say(
        "Next: check columns and rules in the first file, then\n"
        f"  hedge db psql -f {written.creates}"
    )
    if of_logs:
        facts = f"models/chain/facts/facts_of_{table}"
        say(
            f"Write {facts}.sql and .yml, which say what the logs mean, and a row of {table} in"
            " seeds/chain_fact_tables.csv, then\n"
            "  hedge seeds check\n"
            f"  hedge new metric-source NAME --table {table}\n"
            "  hedge etl deploy    leaves the logs to be decoded\n"
            "  hedge chain decode\n"
            "docs/add-an-event.md describes these steps."
        )
        return
    say(
        f"  hedge load {table} FILE\n"
        f"  hedge new metric-source NAME --table {table}\n"
        "  hedge etl deploy    from then on, runs know which clusters its changes concern"
    )


@app.command("decoder")
def new_decoder(
    contract: Annotated[
        str, typer.Argument(metavar="CONTRACT", help="Its name in the seed chain_contracts.")
    ],
    signature: Annotated[
        str,
        typer.Argument(
            metavar="SIGNATURE",
            help="The event as the contract declares it: types in full, with names.",
        ),
    ],
    table: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="A raw table that it gives facts to; repeat it."),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=OTHER", help="Another name of a column, such as from=sender; repeat it."
        ),
    ] = None,
    bigint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARAMETER",
            help="A number of a wide type that counts something; repeat it. Ids are such anyway.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(metavar="0x..", help="With --chain, the address of a contract that is new."),
    ] = None,
    chain: Annotated[int | None, chain_option("The chain of --address.")] = None,
    from_block: Annotated[
        int | None,
        typer.Option(metavar="BLOCK", min=0, help="The first block of --address, if it is known."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the decoder of an event: its view with YAML, and its rows in the seeds.

    Example: hedge new decoder gold 'Approval(address indexed owner, address indexed spender,
    uint256 value)'
    """
    names = dict(map(_renamed, _several(rename)))
    written = scaffold.new_decoder(
        contract,
        signature,
        _several(table),
        names,
        _several(bigint),
        address=address,
        chain=chain,
        from_block=from_block,
    )
    if json:
        print_json(written)
        return
    say(f"{written.decoder} reads logs with the topic {written.topic0}. Written:")
    _say_files(written.files)
    say(f"Columns of parameters: {', '.join(written.columns) or 'none'}.")
    say(
        "Next: say in both files of the decoder what the event and its parameters mean.\n"
        "docs/add-an-event.md says how to look at it, and what makes facts of it."
    )


def _several(names: list[str] | None) -> Sequence[str]:
    """The names of an option that may be repeated, or be given once with commas."""
    return [part.strip() for name in names or () for part in name.split(",")]


def _renamed(text: str) -> tuple[str, str]:
    """The two names of NAME=OTHER."""
    name, separator, other = text.partition("=")
    if not separator:
        raise UsageError(f"--rename takes NAME=OTHER, such as from=sender, not '{text}'")
    return name, other


def _say_files(paths: Sequence[str]) -> None:
    for path in paths:
        say(f"  {path}")
