"""The two sides of a preview: what of a project is built in a scratch schema for the comparison.

The deployed side of most edits is known before dbt has parsed the edit, and is built meanwhile, by
a copy of the process: what the edit of models, seeds and macros affects is guessed, and what was
guessed is used where it turns out to be right.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from hedge import copied_process, runs
from hedge.analysis import board_metrics, renames, scratch
from hedge.analysis.renames import Rename
from hedge.dbt_runner import Manifest, Scratch
from hedge.errors import HedgeError
from hedge.project import files
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: The marts that a preview compares.
MARTS = ("challenge_progress", "tier_unlocks", "season_progress", "leaderboard_entries")
_ENTRIES, _BOARD_RUNS = "model.hedge.leaderboard_entries", "model.hedge.board_runs"
#: Boards read units from this seed, and nothing that changes a rank or score.
_METRICS = "seed.hedge.metrics"


@dataclass(frozen=True)
class Side:
    """The nodes of a project that are built in a scratch schema, and what their run is told."""

    project: ParsedProject
    part: Scratch
    built: list[str]
    boards: list[dict[str, Any]]
    sources: list[dict[str, Any]]

    def build(self, report: Report | None = None) -> None:
        """Build them; a HedgeError says which cannot be built, and why."""
        runs.build_in_scratch_schema(
            self.project, self.part, self.built, self.boards, self.sources, report
        )

    def create_board_runs(self, connection: psycopg.Connection) -> None:
        """Create the board runs that it reads, where it ranks boards."""
        if self.boards:
            create_board_runs(connection, self.part.schema, self.boards)


def side(
    connection: psycopg.Connection,
    project: ParsedProject,
    affected: set[str],
    boards: list[dict[str, Any]],
    schema: str,
    as_of: datetime,
) -> Side:
    """What of a project is built for the comparison: what an edit affects, and ranks of boards."""
    keys = {key for key in affected - {_ENTRIES} if key in project.manifest.nodes}
    windows: dict[str, list[str]] = {}
    if boards:
        keys |= board_nodes(project, boards)
        windows = windows_of_marts(connection, project, boards)
    return Side(
        project=project,
        part=scratch.part(project.manifest, keys, schema, as_of, windows),
        built=sorted(project.manifest.nodes[key].name for key in keys),
        boards=boards,
        sources=runs.board_sources(connection, boards),
    )


class InACopy:
    """Builds a side in a copy of this process."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Begin with nothing."""
        self._connection = connection
        self._side: Side | None = None
        self._copy = contextlib.ExitStack()
        self._wait: Callable[[], None] | None = None

    def begin(self, side: Side) -> None:
        """Begin to build a side. Nothing happens where it is the one that was begun; another one is
        ended, and its schema emptied."""
        if side == self._side:
            return
        if self._side is not None:
            self.close()
            scratch.empty(self._connection, side.part.schema)
        self._side = side
        side.create_board_runs(self._connection)
        # dbt takes as long to prepare a side as the server to compute it.
        self._wait = self._copy.enter_context(copied_process.working(side.build))

    def end(self) -> None:
        """Wait until the side is built; a HedgeError says what of it cannot be built, and why."""
        assert self._wait is not None
        self._wait()

    def close(self) -> None:
        """End the copy, with its statements."""
        self._copy.close()


def guessed(
    connection: psycopg.Connection, old: ParsedProject, project: Path, schema: str, as_of: datetime
) -> Side | None:
    """The deployed side of the edit of a project, before dbt has parsed it: what its models, seeds
    and macros affect of the deployed project. None where nothing is affected, or only dbt knows
    what is."""
    changed = _changed(old, project)
    if not changed:
        return None
    affected = affected_nodes(old.manifest, changed)
    # Whatever is wrong with the edit is said when dbt has parsed it.
    with contextlib.suppress(HedgeError):
        renamed = renames.of_edit(connection, project)
        boards = affected_boards(connection, old, changed, affected, renamed)
        return side(connection, old, affected, boards, schema, as_of)
    return None


def _changed(old: ParsedProject, project: Path) -> set[str]:
    """The ids of the deployed models and seeds whose files an edit changes, or that call a macro
    which it changes. None of them where a file is new, or it is dbt_project.yml. Of YAML it is
    guessed that it changes words only."""
    nodes = {node.file: key for key, node in old.manifest.nodes.items() if node.is_buildable}
    edited = files.differing_definitions(old.folder, project)
    macros: set[str] = set()
    for file in edited - nodes.keys():
        if file.startswith("macros/"):
            macros |= _changed_macros(old, project, file)
        elif file == "dbt_project.yml" or not file.endswith((".yml", ".yaml")):
            return set()
    calling = {
        key
        for key in old.manifest.buildable()
        if macros & old.manifest.called_macros(old.manifest.nodes[key].depends_on_macros)
    }
    return calling | {nodes[file] for file in edited & nodes.keys()}


def _changed_macros(old: ParsedProject, project: Path, file: str) -> set[str]:
    """The ids of the deployed macros of a file that are not there as they were."""
    before, after = (
        path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for path in (old.folder / file, project / file)
    )
    return {
        key
        for key, macro in old.manifest.macros.items()
        if macro.macro_sql in before and macro.macro_sql not in after
    }


def affected_nodes(manifest: Manifest, changed: set[str]) -> set[str]:
    """The ids of what is built where nodes have changed. Views of evidence are not compared; an
    edited one is built to see whether it compiles."""
    return scratch.affected(manifest, changed, MARTS)


def affected_boards(
    connection: psycopg.Connection,
    project: ParsedProject,
    changed: set[str],
    affected: set[str],
    renamed: list[Rename],
) -> list[dict[str, Any]]:
    """The latest runs of the boards that rank by something affected; of all boards where the
    edit affects how boards are ranked. Their metrics are as before the edit."""
    sources = {source: _models_of_source(project, source) for source in ranking_sources(project)}
    of_metrics = {*(model for models in sources.values() for model in models), _METRICS}
    others = {*project.manifest.parents(_ENTRIES), _ENTRIES} - of_metrics
    if not (_ENTRIES in changed or (others - {_ENTRIES}) & affected):
        sources = {source: models for source, models in sources.items() if models & affected}
    with connection.cursor(row_factory=dict_row) as cursor:
        former = [one.old_name.split(".")[0] for one in renamed if one.kind == "metric"]
        return cursor.execute(
            query("preview_boards"),
            {"sources": [*sources, *former], "not_final_at": None},
        ).fetchall()


def ranking_sources(project: ParsedProject) -> list[str]:
    """Everything that a board can rank by: metric sources, and two marts."""
    variables = project.variables
    marts = ["season_progress", "challenge_progress"]
    return [*variables["metric_sources"], *variables["derived_metric_sources"], *marts]


def _models_of_source(project: ParsedProject, source: str) -> set[str]:
    """The id of the model from which boards read a source; empty where the project lacks it."""
    key = f"model.hedge.{'total_scores' if source == 'challenge_progress' else source}"
    return {key} & set(project.manifest.nodes)


def board_nodes(project: ParsedProject, boards: list[dict[str, Any]]) -> set[str]:
    """The nodes that are built to rank boards again: the periods, the entries, and for periods
    that have a window of their own the models between a period and the metrics it ranks by."""
    models = {
        model
        for board in boards
        if board["window_key"].startswith("run:")
        for source in board_metrics.sources(board)
        for model in _models_of_source(project, source)
    }
    between = project.manifest.downstream([_BOARD_RUNS]) & project.manifest.upstream(models)
    return {_BOARD_RUNS, _ENTRIES, *between}


def windows_of_marts(
    connection: psycopg.Connection, project: ParsedProject, boards: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """The windows that marts compute for boards, by the name of the mart.

    leaderboard_entries computes those of the boards. cluster_metrics computes in addition to its
    own those of boards that rank by derived metric sources, which read it.
    """
    windows = {"leaderboard_entries": sorted({board["window_key"] for board in boards})}
    derived = project.variables["derived_metric_sources"]
    read_from_mart = {
        board["window_key"] for board in boards if board_metrics.sources(board) & set(derived)
    }
    if any(key.startswith("run:") for key in read_from_mart):
        default = [key for (key,) in connection.execute(query("preview_default_windows"))]
        windows["cluster_metrics"] = sorted({*default, *read_from_mart})
    return windows


def create_board_runs(
    connection: psycopg.Connection, schema: str, boards: list[dict[str, Any]]
) -> None:
    """Create a table of board runs in a scratch schema, in which those of boards are
    PROCESSING."""
    connection.execute(
        sql.SQL("create table {} as\n").format(sql.Identifier(schema, "leaderboard_runs"))
        + sql.SQL(query("preview_board_runs")),
        {"runs": [board["run_id"] for board in boards]},
    )
