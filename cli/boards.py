"""hedge boards: define boards, compute them and show their entries."""

from datetime import datetime
from typing import Annotated

import typer

from cli.board_fields import (
    Active,
    Category,
    CorrectedFor,
    Description,
    Frozen,
    LastKey,
    MaxEntries,
    Metric,
    Name,
    OrderingKeys,
    Public,
    Ranking,
    Tiebreaker,
    VerifiedOnly,
    Window,
    changes_of,
)
from cli.board_removal import remove
from cli.catalogue_files import apply_boards, export_boards
from cli.connection import migrated_connection
from cli.drafts import State, Unchecked, check_board
from cli.options import AsOf, JsonOption, limit_option, parse_instant, refuse_without_effect
from cli.output import (
    column,
    instant,
    period,
    print_json,
    print_result,
    print_table,
    progress,
    say,
)
from hedge import boards, completeness
from hedge.boards import Board, BoardRun
from hedge.counting import counted
from hedge.errors import UsageError
from hedge.units import unit_name

app = typer.Typer(help="Leaderboards, each of one to four metrics.", no_args_is_help=True)
app.command("export")(export_boards)
app.command("apply")(apply_boards)
app.command()(remove)
app.command("check")(check_board)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The key of the board.")]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """List the boards and the newest run of each.

    Example: hedge boards list
    """
    with migrated_connection() as connection:
        found = boards.listed_boards(connection)
    if json:
        print_json(found)
        return
    if not found:
        say("There are no boards yet: hedge catalogue install, or hedge boards add.")
        return
    print_table(
        ["board", "name", "window", "metric", "then by", "", "newest run", "", "entries"],
        [
            [
                board.key,
                board.name,
                board.time_window,
                *_metrics(board),
                _traits(board),
                *_newest(board.newest_run),
            ]
            for board in found
        ],
        right=[8],
    )


def _metrics(board: Board) -> list[str]:
    """The first metric of a board, and the keys of the others; a direction only where it is
    asc."""
    first, *others = boards.ordering_keys(board)
    shown = [f"{first.metric_source}.{first.metric_key}", *(key.metric_key for key in others)]
    shown = [
        f"{name} asc" if key.direction == "asc" else name
        for name, key in zip(shown, [first, *others], strict=True)
    ]
    return [shown[0], ", ".join(shown[1:])]


def _traits(board: Board) -> str:
    traits = {
        f"{board.ranking} ranks": board.ranking != "dense",
        board.state: board.state != "live",
        "inactive": not board.is_active,
        "private": not board.is_public,
        "verified only": board.verified_only,
        "frozen": board.is_frozen,
    }
    return ", ".join(trait for trait, is_so in traits.items() if is_so)


def _newest(run: BoardRun | None) -> list[object]:
    if run is None:
        return [None, "never computed", None]
    state = f"{run.status}, {_stale(run)}" if run.stale_since else run.status
    return [period(run.period_start, run.period_end), state, run.row_count]


def _stale(run: BoardRun) -> str:
    """What becomes of a run whose facts have changed since."""
    return "stale and final" if run.is_final else "stale"


@app.command()
def add(
    key: Key,
    window: Window,
    category: Category,
    metric: Metric = None,
    name: Name = None,
    description: Description = None,
    tiebreaker: Tiebreaker = None,
    ordering_keys: OrderingKeys = None,
    ranking: Ranking = None,
    last_key: LastKey = None,
    max_entries: MaxEntries = None,
    verified_only: VerifiedOnly = None,
    public: Public = None,
    active: Active = None,
    corrected_for: CorrectedFor = None,
    frozen: Frozen = None,
    state: State = None,
    json: JsonOption = False,
) -> None:
    """Create a board, which ranks by --metric or by one to four --key.

    Example: hedge boards add miners --metric onchain_quests.mining_quests --window WEEKLY
    --category hero_progression --name "Miners of the week"
    """
    fields = changes_of(
        name=name or key,
        description=description,
        category=category,
        metric=metric,
        tiebreaker=tiebreaker,
        ordering_keys=ordering_keys,
        ranking=ranking and ranking.lower(),
        last_key=last_key,
        window=window,
        max_entries=max_entries,
        verified_only=verified_only,
        public=public,
        active=active,
        corrected_for=corrected_for,
        frozen=frozen,
        state=state and state.lower(),
    )
    if "metric_key" not in fields:
        raise UsageError(f"board {key} has nothing to rank by: give --metric or --key")
    new = Board(key=key, **fields)
    with migrated_connection() as connection:
        new = boards.add(connection, new)
    print_result(new, f"board {key} created; compute it: hedge boards run {key}", as_json=json)


@app.command()
def edit(
    context: typer.Context,
    key: Key,
    metric: Metric = None,
    window: Window = None,
    category: Category = None,
    name: Name = None,
    description: Description = None,
    tiebreaker: Tiebreaker = None,
    ordering_keys: OrderingKeys = None,
    ranking: Ranking = None,
    last_key: LastKey = None,
    max_entries: MaxEntries = None,
    verified_only: VerifiedOnly = None,
    public: Public = None,
    active: Active = None,
    corrected_for: CorrectedFor = None,
    frozen: Frozen = None,
    state: State = None,
    unchecked: Unchecked = False,
    json: JsonOption = False,
) -> None:
    """Change fields of a board. They apply from its next run on; earlier runs are kept.

    A draft goes live by --state live alone, and where nothing is missing: hedge boards check.

    Example: hedge boards edit miners --max-entries 100 --private
    """
    changes = changes_of(
        name=name,
        description=description,
        category=category,
        metric=metric,
        tiebreaker=tiebreaker,
        ordering_keys=ordering_keys,
        ranking=ranking and ranking.lower(),
        last_key=last_key,
        window=window,
        max_entries=max_entries,
        verified_only=verified_only,
        public=public,
        active=active,
        corrected_for=corrected_for,
        frozen=frozen,
        state=state and state.lower(),
    )
    if not changes:
        raise UsageError(f"no field of board {key} to change is given")
    if changes.get("state") != "live":
        refuse_without_effect(context, "without --state live", "--unchecked")
    with migrated_connection() as connection:
        changed = boards.edit(connection, key, unchecked=unchecked, **changes)
    print_result(changed, f"board {key} changed: {', '.join(changes)}", as_json=json)


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
        typer.Option(
            "--to", metavar="T", parser=parse_instant, help="The first instant after the period."
        ),
    ] = None,
    previous: Annotated[
        bool, typer.Option("--previous", help="Compute the last complete period.")
    ] = False,
    due: Annotated[
        bool,
        typer.Option(
            "--due",
            help="Compute every board that has a new complete period, and every period whose facts"
            " have changed. For cron.",
        ),
    ] = False,
    pending: Annotated[
        bool, typer.Option("--pending", help="Compute the board runs that the API has requested.")
    ] = False,
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute boards for the current period, or for another one that is named.

    With --due each board is computed that has a complete day, week or month without a board run.
    Boards of all time and of the current season are due once a UTC day. Periods whose facts have
    changed since are computed again, unless they ended too long ago or the board is frozen.

    Example: hedge boards run lb_pvp_monthly_wins --from 2026-10-01 --to 2026-11-01
    """
    if [bool(keys), due, pending].count(True) != 1:
        raise UsageError("name boards, or give one of --due and --pending")
    if pending and (from_ is not None or to is not None or previous or as_of is not None):
        raise UsageError(
            "--pending computes the board runs as they were requested:"
            " it takes no --from, --to, --previous and --as-of"
        )
    if sum([from_ is not None or to is not None, previous, due]) > 1:
        raise UsageError("choose one of --from with --to, --previous and --due")
    if (from_ is None) != (to is None):
        raise UsageError("a period has both --from and --to")
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
        count = counted(board_run.row_count or 0, "entry", "entries")
        say(
            f"{board_run.leaderboard_key}: {count} for "
            f"{period(board_run.period_start, board_run.period_end)}, run {board_run.id}"
        )
    if not done:
        say("No board is due.")


@app.command()
def show(
    key: Key,
    run: Annotated[
        int | None, typer.Option(help="The number of a run; by default the newest complete one.")
    ] = None,
    limit: Annotated[int, limit_option("The number of entries to show.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show the entries of a board.

    Example: hedge boards show lb_pvp_monthly_wins --limit 10
    """
    with migrated_connection() as connection:
        board = boards.board(connection, key)
        shown = boards.complete_run(connection, key, run)
        entries = boards.entries(connection, shown.id, limit)
        unit = None if entries else boards.unit(connection, board)
    if json:
        print_json({"board": board, "run": shown, "entries": entries})
        return
    print_board(board, shown, entries, unit)


def print_board(
    board: Board, shown: BoardRun, entries: list[boards.Entry], unit: str | None = None
) -> None:
    """Print the entries of a board run under the name of the board. unit is that of the scores,
    which entries name themselves."""
    further = [key.metric_key for key in boards.ordering_keys(board)[1:]]
    if entries:
        unit = entries[0].payload["unit"]
        # the run may be of a time when the board had other keys
        if keys := entries[0].payload.get("keys"):
            further = [key["metric"].partition(".")[2] for key in keys[1:]]
        further = further[: len(entries[0].key_values) - 1]
    columns = [
        column(entry.key_values[place] for entry in entries) for place in range(1 + len(further))
    ]
    others = [name.replace("_", " ") for name in further]
    print_table(
        ["rank", "cluster", unit_name(unit) or "score", *others],
        [
            [entry.rank, entry.cluster_id, *(column[place] for column in columns)]
            for place, entry in enumerate(entries)
        ],
        right=[0, 2, 3, 4, 5],
        title=f"{board.name}, {period(shown.period_start, shown.period_end)} "
        f"(run {shown.id} as of {instant(shown.as_of)} UTC, {shown.row_count} entries)",
    )
    if sentence := completeness.in_words(shown.complete_to):
        say(sentence)
    if shown.stale_since:
        becomes = (
            "the run is final" if shown.is_final else "hedge boards run --due computes it again"
        )
        say(
            f"Facts of the period were found to have changed at {instant(shown.stale_since)} UTC,"
            f" after this run; {becomes}."
        )
    if not entries:
        say("Nobody has a score in this period.")


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=0, help="The number of runs of each board to keep.")],
    json: JsonOption = False,
) -> None:
    """Delete old board runs with their entries. The newest complete run of each board is kept.

    Example: hedge boards prune --keep 12
    """
    with migrated_connection() as connection:
        dropped = boards.prune(connection, keep)
    print_result({"dropped": dropped}, f"{dropped} runs dropped", as_json=json)
