"""Runs of the pipeline.

kinds      the kinds of runs: deploy, full, incremental, cluster, boards, season
executing  one call of dbt, with its row of the run ledger
deployed   the project that runs use, which is kept in the database
past_ends  the progress of clusters at the ends of past periods
dbt        how dbt is invoked, and where parsed projects are kept
dbt_errors dbt's messages as one readable paragraph
data_tests dbt's data tests, passed over the live tables
ledger     the run ledger, app.etl_runs
scope      the clusters that an incremental run computes
left_out   metric sources that cannot be computed
cancelling ending a run before it is done
halving    which items make a computation fail
obsolete   dropping the views of models that were removed
undo       back to the definitions before, and what was granted since is revoked
clock      stamps later than now, over which no run can write
watching   saying that a command waits for a database that hangs
locks      the deploy lock and connections to a deployed database
"""

from hedge.runs.data_tests import DataTest, data_tests, faults_of, pass_data_tests
from hedge.runs.dbt import Report
from hedge.runs.dbt import load as load_dbt
from hedge.runs.deployed import (
    ParsedProject,
    deployed_definitions,
    deployed_project,
    edited_project,
    require_known_definitions,
    stored_project,
)
from hedge.runs.kinds import (
    board_sources,
    boards,
    build_in_scratch_schema,
    cluster,
    compiled,
    deploy,
    document,
    failed_boards,
    full,
    incremental,
    season,
)
from hedge.runs.ledger import (
    PROCESS_ENDED,
    Model,
    Run,
    RunKind,
    RunState,
    dead_runs,
    ledger,
    prune,
    reusable_full_run,
    run_of_number,
)
from hedge.runs.locks import is_deployed, ready, require_deployed, require_past
from hedge.runs.past_ends import ends
from hedge.runs.scope import changed_clusters, take_changes
from hedge.runs.undo import Undo, UndoPlan, plan_undo

__all__ = [
    "PROCESS_ENDED",
    "DataTest",
    "Model",
    "ParsedProject",
    "Report",
    "Run",
    "RunKind",
    "RunState",
    "Undo",
    "UndoPlan",
    "board_sources",
    "boards",
    "build_in_scratch_schema",
    "changed_clusters",
    "cluster",
    "compiled",
    "data_tests",
    "dead_runs",
    "deploy",
    "deployed_definitions",
    "deployed_project",
    "document",
    "edited_project",
    "ends",
    "failed_boards",
    "faults_of",
    "full",
    "incremental",
    "is_deployed",
    "ledger",
    "load_dbt",
    "pass_data_tests",
    "plan_undo",
    "prune",
    "ready",
    "require_deployed",
    "require_known_definitions",
    "require_past",
    "reusable_full_run",
    "run_of_number",
    "season",
    "stored_project",
    "take_changes",
]
