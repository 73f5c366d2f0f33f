"""hedge demo: a made-up world, from raw facts to progress."""

from typing import Annotated

import typer

from cli.boards import print_board
from cli.options import JsonOption
from cli.output import number, print_json, print_table, progress, say, word
from cli.seasons import print_season
from hedge import boards, database, seasons, settings, world
from hedge.world import demo as made_up

#: What the demo shows of boards and seasons.
BOARD, SEASON = "lb_pvp_monthly_wins", "season_1_awakening"


def demo(
    clusters: Annotated[int, typer.Option(min=3, help="How many clusters to make up.")] = 300,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    json: JsonOption = False,
) -> None:
    """Load a made-up world, compute everything, show what came out. Repeats change nothing.

    Example: hedge demo --clusters 1000
    """
    with progress() as report:
        facts, run = made_up.make(clusters, seed, report)
    with database.connect() as connection:
        standings = made_up.challenges(connection)
        board = boards.board(connection, BOARD)
        shown = boards.complete_run(connection, BOARD)
        entries = boards.entries(connection, shown.id, limit=5)
        season = seasons.season(connection, SEASON)
        best = seasons.ranking(connection, SEASON, limit=5)
    if json:
        print_json(standings)
        return
    print_table(
        ["challenge", "busy", "", "rival", "", "unit", "on a rung", "on the last"],
        [
            [
                standing.challenge,
                number(standing.busy),
                word(standing.busy_tier),
                number(standing.rival),
                word(standing.rival_tier),
                standing.unit,
                standing.on_a_rung,
                standing.on_the_last_rung,
            ]
            for standing in standings
        ],
        right=[1, 3, 6, 7],
        title=f"A made-up world of {clusters} clusters as of {world.AS_OF:%Y-%m-%d %H:%M} UTC: "
        "demo-busy, demo-rival and the crowd",
    )
    say("")
    print_board(board, shown, entries)
    say("")
    print_season(season, best)
    if facts:
        written = sum(model.rows or 0 for model in run.models)
        say(f"\n{facts:,} facts loaded; run {run.run_id} wrote {written:,} rows.")
    else:
        say(f"\nThe facts were there already, and run {run.run_id} stands.")
    say("Next:  hedge progress demo-busy      one cluster, every challenge")
    say("       hedge boards list             the boards, and hedge boards show BOARD")
    say("       hedge etl status              the runs so far")
    say('       psql "$(hedge db url)"        look around: schemas raw, app, analytics')
    if settings.external_database_url() is None:
        say("       hedge db stop                 stop the embedded PostgreSQL")
