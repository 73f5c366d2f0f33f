"""hedge seasons: when they are, what counts in them, and who has which points."""

from datetime import datetime
from typing import Annotated, cast

import typer

from cli.options import AsOf, JsonOption, parse_instant
from cli.output import (
    instant,
    number,
    period,
    print_json,
    print_table,
    progress,
    say,
)
from hedge import database, seasons
from hedge.errors import UsageError
from hedge.seasons import Season

app = typer.Typer(help="Seasons: points and levels for challenges.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="SEASON", help="The season.")]
Name = Annotated[str | None, typer.Option(help="What players read.")]
Scoring = Annotated[
    str | None,
    typer.Option(
        metavar="SCORING",
        help="SEASON counts what happens inside the season, LIFETIME values as they stand.",
    ),
]
Active = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Whether runs compute it by themselves.")
]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Show the seasons.

    Example: hedge seasons list
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = seasons.all_seasons(connection)
    if json:
        print_json(found)
        return
    if not found:
        say("There are no seasons yet: hedge catalogue install, or hedge seasons add.")
        return
    print_table(
        ["season", "name", "from", "to", "scoring", "", "challenges"],
        [
            [
                season.id,
                season.name,
                instant(season.starts_at),
                instant(season.ends_at),
                season.scoring,
                "goes on" if season.is_current else "active" if season.is_active else "inactive",
                season.weights,
            ]
            for season in found
        ],
        right=[6],
    )


@app.command()
def add(
    season: Id,
    from_: Annotated[
        datetime,
        typer.Option("--from", metavar="T", parser=parse_instant, help="Its first instant."),
    ],
    to: Annotated[
        datetime,
        typer.Option("--to", metavar="T", parser=parse_instant, help="The first instant after it."),
    ],
    name: Name = None,
    scoring: Scoring = None,
    active: Active = None,
    json: JsonOption = False,
) -> None:
    """Make a season; inactive, unless --active is given.

    Example: hedge seasons add winter --from 2026-12-01 --to 2027-03-01 --name "Winter" --active
    """
    new = Season(
        id=season,
        name=name or season,
        starts_at=from_,
        ends_at=to,
        is_active=bool(active),
        # The constraint of the table refuses any other word.
        scoring=cast(seasons.Scoring, (scoring or "SEASON").upper()),
    )
    with database.connect() as connection:
        database.require_migrated(connection)
        seasons.add(connection, new)
    print_json(new) if json else say(
        f"season {season} made; give it weights: hedge seasons weights {season} FILE"
    )


@app.command()
def edit(
    season: Id,
    from_: Annotated[
        datetime | None,
        typer.Option("--from", metavar="T", parser=parse_instant, help="Its first instant."),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", metavar="T", parser=parse_instant, help="The first instant after it."),
    ] = None,
    name: Name = None,
    scoring: Scoring = None,
    active: Active = None,
    json: JsonOption = False,
) -> None:
    """Change what is named of a season; the next run counts by that.

    Example: hedge seasons edit winter --to 2027-04-01
    """
    given = {
        "name": name,
        "starts_at": from_,
        "ends_at": to,
        "scoring": scoring and scoring.upper(),
        "is_active": active,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise UsageError(f"nothing to change of season {season} was named")
    with database.connect() as connection:
        database.require_migrated(connection)
        changed = seasons.edit(connection, season, **changes)
    print_json(changed) if json else say(f"season {season} changed: {', '.join(changes)}")


@app.command()
def weights(
    season: Id,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="csv: challenge_key,weight")
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Remove the weights that the file does not name.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what challenges are worth in a season, or make and replace the weights of a file.

    Example: hedge seasons weights winter weights.csv
    """
    if only and file is None:
        raise UsageError("--only needs a file of weights")
    with database.connect() as connection:
        database.require_migrated(connection)
        if file is not None:
            seasons.put_weights(connection, season, seasons.read_weights(file), only=only)
        found = seasons.weights(connection, season)
    if json:
        print_json(found)
        return
    if not found:
        say(f"Season {season} has no weights yet: nothing gives points.")
        return
    print_table(
        ["challenge", "", "points", "per"],
        [[one.challenge_key, one.challenge, number(one.weight), one.unit] for one in found],
        right=[2],
    )


@app.command()
def run(
    season: Annotated[
        str | None, typer.Argument(metavar="[SEASON]", help="The season; the active one.")
    ] = None,
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute the points of a season for everybody. The active one is in every run anyway.

    Example: hedge seasons run winter
    """
    with progress() as report:
        computed, done = seasons.run(season, as_of, report)
    if json:
        print_json({"season": computed.id, "run": done})
        return
    (clusters,) = [model.rows for model in done.models if model.name == "season_progress"]
    say(
        f"season {computed.id}: {clusters} clusters changed as of {instant(done.as_of)} UTC, "
        f"run {done.run_id} in {done.seconds:.1f} s"
    )


@app.command()
def show(
    season: Id,
    cluster: Annotated[
        str | None, typer.Option(metavar="CLUSTER", help="How one cluster stands, and why.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many clusters to show.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show who has which points and level in a season.

    Example: hedge seasons show season_1_awakening --cluster demo-busy
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        shown = seasons.season(connection, season)
        if cluster is None:
            standing = seasons.ranking(connection, season, limit)
        else:
            standing = seasons.of_cluster(connection, season, cluster)
            shares = seasons.shares(connection, season, cluster)
    if json:
        found = standing if cluster is None else {"standing": standing, "challenges": shares}
        print_json(found)
    elif cluster is None:
        print_season(shown, standing)
    else:
        print_table(
            ["challenge", "points", "", "per"],
            [
                [share.challenge, number(share.points), number(share.weight), share.unit]
                for share in shares
            ],
            right=[1, 2],
            title=f"{shown.name}: {cluster} has {number(standing.points)} points and level "
            f"{standing.level} as of {instant(standing.updated_at)} UTC",
        )
        if standing.next_level_threshold is not None:
            missing = standing.next_level_threshold - standing.points
            say(f"\n{number(missing)} points to the next level.")


def print_season(shown: Season, standing: list[seasons.RankedCluster]) -> None:
    """The clusters of a season under its name."""
    newest = f" (as of {instant(standing[0].updated_at)} UTC)" if standing else ""
    print_table(
        ["rank", "cluster", "points", "level"],
        [[one.rank, one.cluster_id, number(one.points), one.level] for one in standing],
        right=[0, 2, 3],
        title=f"{shown.name}, {period(shown.starts_at, shown.ends_at)}{newest}",
    )
    if not standing:
        say("Nobody has points yet.")
