"""hedge seasons: define seasons and their weights, compute them and show points."""

from datetime import datetime
from typing import Annotated, cast

import typer

from cli.catalogue_files import apply_seasons, export_seasons
from cli.connection import migrated_connection
from cli.drafts import State, Unchecked, check_season
from cli.options import AsOf, JsonOption, limit_option, parse_instant, refuse_without_effect
from cli.output import (
    column,
    end_of_run,
    instant,
    period,
    print_json,
    print_result,
    print_table,
    progress,
    say,
    value_in_unit,
)
from hedge import boards, completeness, seasons
from hedge.errors import UsageError
from hedge.seasons import ListedSeason, Season
from hedge.units import unit_name

app = typer.Typer(help="Seasons, in which challenges give points and levels.", no_args_is_help=True)
app.command("export")(export_seasons)
app.command("apply")(apply_seasons)
app.command("check")(check_season)

Id = Annotated[str, typer.Argument(metavar="SEASON", help="The id of the season.")]
Name = Annotated[str | None, typer.Option(help="The name that players read.")]
Scoring = Annotated[
    str | None,
    typer.Option(
        metavar="SCORING",
        help="SEASON counts what happens within the season, LIFETIME the values of all time.",
    ),
]
Active = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Whether every run computes the season.")
]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """List the seasons.

    Example: hedge seasons list
    """
    with migrated_connection() as connection:
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
                _state(season),
                season.weights,
            ]
            for season in found
        ],
        right=[6],
    )


def _state(season: ListedSeason) -> str:
    active = "current" if season.is_current else "active" if season.is_active else "inactive"
    return active if season.state == "live" else f"{season.state}, {active}"


@app.command()
def add(
    season: Id,
    from_: Annotated[
        datetime,
        typer.Option(
            "--from", metavar="T", parser=parse_instant, help="The first instant of the season."
        ),
    ],
    to: Annotated[
        datetime,
        typer.Option(
            "--to", metavar="T", parser=parse_instant, help="The first instant after the season."
        ),
    ],
    name: Name = None,
    scoring: Scoring = None,
    active: Active = None,
    state: State = None,
    json: JsonOption = False,
) -> None:
    """Create a season. It is inactive unless --active is given.

    Example: hedge seasons add winter --from 2026-12-01 --to 2027-03-01 --name "Winter" --active
    """
    new = Season(
        id=season,
        name=name or season,
        starts_at=from_,
        ends_at=to,
        is_active=bool(active),
        # Constraints of the table reject any other word.
        scoring=cast(seasons.Scoring, (scoring or "SEASON").upper()),
        state=cast(boards.State, (state or "live").lower()),
    )
    with migrated_connection() as connection:
        new = seasons.add(connection, new)
    print_result(
        new,
        f"season {season} created; set its weights: hedge seasons weights {season} FILE",
        as_json=json,
    )


@app.command()
def edit(
    context: typer.Context,
    season: Id,
    from_: Annotated[
        datetime | None,
        typer.Option(
            "--from", metavar="T", parser=parse_instant, help="The first instant of the season."
        ),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option(
            "--to", metavar="T", parser=parse_instant, help="The first instant after the season."
        ),
    ] = None,
    name: Name = None,
    scoring: Scoring = None,
    active: Active = None,
    state: State = None,
    unchecked: Unchecked = False,
    json: JsonOption = False,
) -> None:
    """Change fields of a season. They apply from the next run on.

    A draft goes live by --state live alone, and where nothing is missing: hedge seasons check.

    Example: hedge seasons edit winter --to 2027-04-01
    """
    given: dict[str, object] = {
        "name": name,
        "starts_at": from_,
        "ends_at": to,
        "scoring": scoring and scoring.upper(),
        "is_active": active,
        "state": state and state.lower(),
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise UsageError(f"no field of season {season} to change is given")
    if changes.get("state") != "live":
        refuse_without_effect(context, "without --state live", "--unchecked")
    with migrated_connection() as connection:
        changed = seasons.edit(connection, season, unchecked=unchecked, **changes)
    print_result(changed, f"season {season} changed: {', '.join(changes)}", as_json=json)


@app.command()
def weights(
    season: Id,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A CSV file: challenge_key,weight.")
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Delete the weights that the file does not name.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the weights of a season, or set those of a file first.

    Example: hedge seasons weights winter weights.csv
    """
    if only and file is None:
        raise UsageError("--only needs a file of weights")
    with migrated_connection() as connection:
        if file is not None:
            seasons.put_weights(connection, season, seasons.read_weights(file), only=only)
        found = seasons.weights(connection, season)
    if json:
        print_json(found)
        return
    if not found:
        say(f"Season {season} has no weights yet: no challenge gives points.")
        return
    print_table(
        ["challenge", "", "points", "per"],
        [
            [one.challenge_key, one.challenge, weight, unit_name(one.unit)]
            for one, weight in zip(found, column(one.weight for one in found), strict=True)
        ],
        right=[2],
    )


@app.command()
def run(
    season: Annotated[
        str | None,
        typer.Argument(metavar="[SEASON]", help="The season; by default the active one."),
    ] = None,
    due: Annotated[
        bool,
        typer.Option(
            "--due", help="The active seasons that were over a week ago and are not final."
        ),
    ] = False,
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute the points of a season for every cluster. Every run computes the active season.

    The first run a week after the end freezes the final standings, after which the season is
    computed no more. --due runs each season for which that can be done, one after another.

    Example: hedge seasons run winter
    Example: hedge seasons run --due
    """
    if due:
        _run_due(season, as_of, json)
        return
    with progress() as report:
        computed, done = seasons.run(season, as_of, report)
    if json:
        print_json({"season": computed.id, "run": done})
        end_of_run(done)
        return
    (clusters,) = [model.rows for model in done.models if model.name == "season_progress"]
    say(
        f"season {computed.id}: {clusters} clusters changed as of {instant(done.as_of)} UTC, "
        f"run {done.run_id} in {done.seconds:.1f} s"
    )
    end_of_run(done)


def _run_due(given: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Run each season that is due, and say or print what was computed."""
    if given is not None:
        raise UsageError(f"--due takes no season, not '{given}': it finds those that are due")
    with progress() as report:
        done = seasons.run_due(as_of, report)
    if as_json:
        print_json([{"season": season.id, "run": one} for season, one in done])
    elif not done:
        say("No season is due.")
    for season, one in done:
        if not as_json:
            outcome = "its standings are final" if one.state == "SUCCESS" else "not final yet"
            say(f"season {season.id}: run {one.run_id} as of {instant(one.as_of)} UTC, {outcome}")
        end_of_run(one)


@app.command()
def show(
    context: typer.Context,
    season: Id,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="CLUSTER", help="Show the points of one cluster by challenge."),
    ] = None,
    limit: Annotated[int, limit_option("The number of clusters to show.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show points and levels of clusters in a season.

    Example: hedge seasons show season_1_awakening --cluster demo-busy
    """
    if cluster is not None:
        refuse_without_effect(context, "with --cluster", "--limit")
    with migrated_connection() as connection:
        shown = seasons.season(connection, season)
        if cluster is not None:
            progress_of = seasons.of_cluster(connection, season, cluster)
            shares = seasons.shares(connection, season, cluster)
        else:
            ranked = seasons.ranking(connection, season, limit)
        complete = completeness.of_progress(connection, season)
    if cluster is None:
        print_json(ranked) if json else print_season(shown, ranked)
    elif json:
        print_json({"standing": progress_of, "challenges": shares})
    else:
        _print_cluster(shown, progress_of, shares)
    if not json and (sentence := completeness.in_words(complete)):
        say(sentence)


def _print_cluster(
    shown: Season, standing: seasons.SeasonProgress, shares: list[seasons.Share]
) -> None:
    """Print the points of a cluster by challenge."""
    print_table(
        ["challenge", "points", "", "per"],
        [
            [share.challenge, points, weight, unit_name(share.unit)]
            for share, points, weight in zip(
                shares,
                column(share.points for share in shares),
                column(share.weight for share in shares),
                strict=True,
            )
        ],
        right=[1, 2],
        title=f"{shown.name}: {standing.cluster_id} has "
        f"{value_in_unit(standing.points, 'points')} and level "
        f"{standing.level} as of {instant(standing.verified_to)} UTC",
    )
    if standing.next_level_threshold is not None:
        missing = standing.next_level_threshold - standing.points
        say(f"\n{value_in_unit(missing, 'points')} to the next level.")


def print_season(shown: Season, ranked: list[seasons.RankedCluster]) -> None:
    """Print the clusters of a season under its name."""
    newest = f" (as of {instant(ranked[0].verified_to)} UTC)" if ranked else ""
    print_table(
        ["rank", "cluster", "points", "level"],
        [
            [one.rank, one.cluster_id, points, one.level]
            for one, points in zip(ranked, column(one.points for one in ranked), strict=True)
        ],
        right=[0, 2, 3],
        title=f"{shown.name}, {period(shown.starts_at, shown.ends_at)}{newest}",
    )
    if not ranked:
        say("No cluster has points yet.")
