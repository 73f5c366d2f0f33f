"""Hedge in Airflow: the regular runs as DAGs. Copy it into the folder of the DAGs.

For Airflow 3 with its standard provider. Its workers need `hedge` on their PATH and the settings of
Hedge, HEDGE_DATABASE_URL above all. A task fails by the exit status of its command
(docs/services.md), and its log has the sentence; its XCom is the last line that the command has
printed.
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

REGULAR = {
    "start_date": datetime(2026, 1, 1),
    "catchup": False,
    # A second one would compute the same: Hedge lets both run, and the later instant stands.
    "max_active_runs": 1,
    "default_args": {"retries": 2, "retry_delay": timedelta(minutes=1)},
}

with DAG("hedge_nightly", schedule="15 3 * * *", **REGULAR):
    full = BashOperator(task_id="full", bash_command="hedge etl full")
    prune = BashOperator(task_id="prune", bash_command="hedge etl prune", trigger_rule="all_done")
    backup = BashOperator(
        task_id="backup",
        bash_command='hedge db backup "${HEDGE_BACKUPS:-.}/hedge-$(date -u +%F).dump" --replace',
    )
    full >> prune >> backup

with DAG("hedge_incremental", schedule="*/10 * * * *", **REGULAR):
    BashOperator(task_id="incremental", bash_command="hedge etl incremental")

with DAG("hedge_boards", schedule="5 * * * *", **REGULAR):
    BashOperator(task_id="due", bash_command="hedge boards run --due")
    BashOperator(task_id="seasons", bash_command="hedge seasons run --due")
