"""hedge boards: what the boards are, computing them, and who stands where."""

from datetime import datetime
from typing import Annotated, Any

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
from hedge import boards, database
from hedge.boards import Board, BoardRun
from hedge.errors import UsageError

app = typer.Typer(help="Leaderboards: who did most, in which period.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The board.")]
Name = Annotated[str | None, typer.Option(help="What players read.")]
Description = Annotated[str | None, typer.Option(help="A sentence about it.")]
Category = Annotated[str | None, typer.Option(help="A category of the catalogue.")]
Metric = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE.KEY",
        help="What it ranks by: onchain_pvp.wins, season_progress.SEASON or"
        " challenge_progress.total_score.",
    ),
]
Tiebreaker = Annotated[
    str | None,
    typer.Option(metavar="[SOURCE.]KEY", help="What breaks ties; an empty text for nothing."),
]
Window = Annotated[
    str | None, typer.Option(help="DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME.", metavar="WINDOW")
]
MaxEntries = Annotated[int | None, typer.Option(min=1, help="How many entries it keeps.")]
VerifiedOnly = Annotated[
    bool | None,
    typer.Option(
        "--verified-only/--everybody", help="Rank only clusters whose wallets are all verified."
    ),
]
Public = Annotated[bool | None, typer.Option("--public/--private", help="Who may read it.")]
Active = Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it is run.")]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Show the boards and the newest run of each.

    Example: hedge boards list
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = boards.listed_boards(connection)
    if json:
        print_json(found)
        return
    if not found:
        say("There are no boards yet: hedge catalogue install, or hedge boards add.")
        return
    print_table(
        ["board", "name", "window", "metric", "tiebreaker", "", "newest run", "", "entries"],
        [
            [
                board.key,
                board.name,
                board.time_window,
                f"{board.metric_source}.{board.metric_key}",
                board.fallback_metric_key,
                _traits(board),
                *_newest(board.newest_run),
            ]
            for board in found
        ],
        right=[8],
    )


def _traits(board: Board) -> str:
    traits = {
        "inactive": not board.is_active,
        "private": not board.is_public,
        "verified only": board.verified_only,
    }
    return ", ".join(trait for trait, is_so in traits.items() if is_so)


def _newest(run: BoardRun | None) -> list[object]:
    if run is None:
        return [None, "never run", None]
    return [period(run.period_start, run.period_end), run.status, run.row_count]


@app.command()
def add(
    key: Key,
    metric: Metric,
    window: Window,
    category: Category,
    name: Name = None,
    description: Description = None,
    tiebreaker: Tiebreaker = None,
    max_entries: MaxEntries = None,
    verified_only: VerifiedOnly = None,
    public: Public = None,
    active: Active = None,
    json: JsonOption = False,
) -> None:
    """Make a board.

    Example: hedge boards add miners --metric onchain_quests.mining_quests --window WEEKLY
    --category hero_progression --name "Miners of the week"
    """
    fields = _changes(
        name=name or key,
        description=description,
        category=category,
        metric=metric,
        tiebreaker=tiebreaker,
        window=window,
        max_entries=max_entries,
        verified_only=verified_only,
        public=public,
        active=active,
    )
    new = Board(key=key, **fields)
    with database.connect() as connection:
        database.require_migrated(connection)
        boards.add(connection, new)
    print_json(new) if json else say(f"board {key} made; run it: hedge boards run {key}")


@app.command()
def edit(
    key: Key,
    metric: Metric = None,
    window: Window = None,
    category: Category = None,
    name: Name = None,
    description: Description = None,
    tiebreaker: Tiebreaker = None,
    max_entries: MaxEntries = None,
    verified_only: VerifiedOnly = None,
    public: Public = None,
    active: Active = None,
    json: JsonOption = False,
) -> None:
    """Change what is named of a board; its next run is by that. What was computed stays.

    Example: hedge boards edit miners --max-entries 100 --private
    """
    changes = _changes(
        name=name,
        description=description,
        category=category,
        metric=metric,
        tiebreaker=tiebreaker,
        window=window,
        max_entries=max_entries,
        verified_only=verified_only,
        public=public,
        active=active,
    )
    if not changes:
        raise UsageError(f"nothing to change of board {key} was named")
    with database.connect() as connection:
        database.require_migrated(connection)
        changed = boards.edit(connection, key, **changes)
    print_json(changed) if json else say(f"board {key} changed: {', '.join(changes)}")


def _changes(
    *,
    metric: str | None,
    tiebreaker: str | None,
    category: str | None,
    window: str | None,
    public: bool | None,
    active: bool | None,
    **same: object,
) -> dict[str, Any]:
    """The fields of a board that options name."""
    fields = same | {
        "category_key": category,
        "time_window": window and window.upper(),
        "is_public": public,
        "is_active": active,
    }
    changes = {name: value for name, value in fields.items() if value is not None}
    if metric is not None:
        source, dot, metric_key = metric.partition(".")
        if not (source and dot and metric_key):
            raise UsageError(f"'{metric}' is not a metric such as onchain_pvp.wins")
        changes |= {"metric_source": source, "metric_key": metric_key}
    if tiebreaker is not None:
        *source, metric_key = tiebreaker.split(".", 1)
        changes |= {
            "fallback_metric_source": source[0] if source else None,
            "fallback_metric_key": metric_key or None,
        }
    return changes


@app.command()
def run(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY...")] = None,
    from_: Annotated[
        datetime | None,
        typer.Option(
            "--from", metavar="T", parser=parse_instant, help="The first instant of the period."
        ),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", metavar="T", parser=parse_instant, help="The first instant after it."),
    ] = None,
    previous: Annotated[
        bool, typer.Option("--previous", help="The last complete period, not the one of now.")
    ] = False,
    due: Annotated[
        bool, typer.Option("--due", help="All boards that have a new complete period. For cron.")
    ] = False,
    pending: Annotated[
        bool, typer.Option("--pending", help="The runs that were asked for over the API.")
    ] = False,
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute boards for a period: the one that holds now, unless another is named.

    With --due those boards that have a new complete day, week or month are computed, each once;
    boards of all time and of the season that goes on once a UTC day.

    Example: hedge boards run lb_pvp_monthly_wins --from 2026-10-01 --to 2026-11-01
    """
    if [bool(keys), due, pending].count(True) != 1:
        raise UsageError("name boards, or --due for those that have a new period")
    if (from_ is None) != (to is None):
        raise UsageError("a period has both --from and --to")
    if sum([from_ is not None, previous, due]) > 1:
        raise UsageError("choose one of --from with --to, --previous and --due")
    span = None if from_ is None or to is None else (from_, to)
    with progress() as report:
        if pending:
            done = boards.run_pending(report)
        else:
            done = boards.run(
                keys or None,
                mode="DUE" if due else "PREVIOUS" if previous else "CURRENT",
                span=span,
                as_of=as_of,
                report=report,
            )
    if json:
        print_json(done)
        return
    for board_run in done:
        count = "1 entry" if board_run.row_count == 1 else f"{board_run.row_count} entries"
        say(
            f"{board_run.leaderboard_key}: {count} for "
            f"{period(board_run.period_start, board_run.period_end)}, run {board_run.id}"
        )
    if not done:
        say("No board is due.")


@app.command()
def show(
    key: Key,
    run: Annotated[int | None, typer.Option(help="A run; the newest complete one.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many entries to show.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show who stands where on a board.

    Example: hedge boards show lb_pvp_monthly_wins --limit 10
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        board = boards.board(connection, key)
        shown = boards.complete_run(connection, key, run)
        entries = boards.entries(connection, shown.id, limit)
    if json:
        print_json({"board": board, "run": shown, "entries": entries})
        return
    print_board(board, shown, entries)


def print_board(board: Board, shown: BoardRun, entries: list[boards.Entry]) -> None:
    """The entries of a run under the name of the board."""
    unit = entries[0].payload["unit"] if entries else "score"
    tiebreaker = [board.fallback_metric_key.replace("_", " ")] if board.fallback_metric_key else []
    print_table(
        ["rank", "cluster", unit, *tiebreaker],
        [
            [
                entry.rank,
                entry.cluster_id,
                number(entry.score),
                *([number(entry.tiebreaker)] if tiebreaker else []),
            ]
            for entry in entries
        ],
        right=[0, 2, 3],
        title=f"{board.name}, {period(shown.period_start, shown.period_end)} "
        f"(run {shown.id} as of {instant(shown.as_of)} UTC, {shown.row_count} entries)",
    )
    if not entries:
        say("Nobody has a score in this period.")


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=0, help="How many runs of each board stay.")],
    json: JsonOption = False,
) -> None:
    """Drop old runs with their entries; the newest complete one of a board never goes.

    Example: hedge boards prune --keep 12
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        dropped = boards.prune(connection, keep)
    print_json({"dropped": dropped}) if json else say(f"{dropped} runs dropped")
