"""hedge demo: the demo world, from raw facts to progress."""

from typing import Annotated

import typer

from cli.boards import print_board
from cli.options import JsonOption
from cli.output import print_json, print_table, progress, say, tier_name, value_of
from cli.seasons import print_season
from hedge import boards, database, seasons, settings
from hedge.units import FEAT
from hedge.world import demo as demo_world

#: The board and the season that the demo prints.
BOARD, SEASON = "lb_pvp_monthly_wins", "season_1_awakening"


def demo(
    clusters: Annotated[int, typer.Option(min=3, help="The number of clusters to generate.")] = 300,
    seed: Annotated[int, typer.Option(help="The seed of the random numbers.")] = 1,
    json: JsonOption = False,
) -> None:
    """Load a generated world, compute everything and print results. Repeating it changes nothing.

    Example: hedge demo --clusters 1000
    """
    with progress() as report:
        facts, run = demo_world.make(clusters, seed, report)
    with database.connect() as connection:
        challenges = demo_world.challenges(connection)
        as_of = demo_world.as_of(connection)
        board = boards.board(connection, BOARD)
        shown = boards.complete_run(connection, BOARD)
        entries = boards.entries(connection, shown.id, limit=5)
        season = seasons.season(connection, SEASON)
        best = seasons.ranking(connection, SEASON, limit=5)
    if json:
        print_json(challenges)
        return
    print_table(
        ["challenge", "busy", "", "rival", "", "unit", "with a tier", "with the last"],
        [
            [
                challenge.challenge,
                value_of(challenge.busy, challenge.unit),
                tier_name(challenge.busy_tier),
                value_of(challenge.rival, challenge.unit),
                tier_name(challenge.rival_tier),
                "" if challenge.unit == FEAT else challenge.unit,
                challenge.on_a_rung,
                challenge.on_the_last_rung,
            ]
            for challenge in challenges
        ],
        right=[1, 3, 6, 7],
        title=f"A demo world of {clusters} clusters as of {as_of:%Y-%m-%d %H:%M} UTC: "
        "demo-busy, demo-rival, and how many clusters have a tier",
    )
    say("")
    print_board(board, shown, entries)
    say("")
    print_season(season, best)
    if facts:
        written = sum(model.rows or 0 for model in run.models)
        say(f"\n{facts:,} facts loaded; run {run.run_id} wrote {written:,} rows.")
    else:
        say(f"\nThe facts are loaded and run {run.run_id} has computed them already.")
    say("Next:  hedge progress demo-busy      one cluster, every challenge")
    say("       hedge boards list             the boards, and hedge boards show BOARD")
    say("       hedge etl status              the runs so far")
    say("       hedge db psql                 the tables: schemas raw, app, analytics")
    if settings.external_database_url() is None:
        say("       hedge db stop                 stop the embedded PostgreSQL")
