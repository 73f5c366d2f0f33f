"""What /metrics says of the database: a family of Prometheus for each column of a named query.

A row of the query is a sample, and a column that is null is none. All are gauges, since the rows
that they count are deleted after a while; instants are Unix times, and sizes are bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

#: The rows of named queries, by the name of the query.
Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Family:
    """A family: its name, what it means, the query and the column of its values, and the columns
    of its labels by their names."""

    name: str
    text: str
    query: str
    column: str
    labels: Mapping[str, str]


def _families(query: str, labels: Mapping[str, str], **columns: tuple[str, str]) -> list[Family]:
    return [Family(*named, query, column, labels) for column, named in columns.items()]


FAMILIES = (
    *_families(
        "metrics_of_runs",
        {"kind": "kind", "state": "state"},
        number=("hedge_runs", "Runs that the run ledger holds"),
        last_started=(
            "hedge_last_run_started_seconds",
            "When the last of these runs began, as Unix time",
        ),
        is_newest=(
            "hedge_newest_run",
            "1 for the state of the newest run of the kind that is over, else 0",
        ),
    ),
    *_families(
        "metrics_of_good_runs",
        {"kind": "kind"},
        as_of=(
            "hedge_last_good_run_seconds",
            "The latest instant as of which a run of the kind has succeeded, as Unix time",
        ),
        seconds=("hedge_last_good_run_duration_seconds", "How long that run took"),
    ),
    *_families(
        "metrics_of_models",
        {"kind": "kind", "model": "model_name"},
        number=("hedge_model_rows", "Rows that the last good run of the kind wrote"),
        seconds=("hedge_model_duration_seconds", "How long it computed and wrote them"),
    ),
    *_families(
        "metrics_of_left_out",
        {},
        number=(
            "hedge_clusters_out_of_date",
            "Clusters with a value that the last runs had to leave out",
        ),
    ),
    *_families(
        "metrics_of_requests",
        {"kind": "kind", "state": "state"},
        number=("hedge_queued_runs", "Requests and board runs that are not served yet"),
        oldest=(
            "hedge_oldest_queued_run_seconds",
            "Since when the oldest of them is requested, as Unix time",
        ),
    ),
    *_families(
        "boards_periods",
        {"board": "key"},
        is_due=(
            "hedge_board_overdue",
            "1 where the board was due two hours ago and was not computed since, else 0",
        ),
    ),
    *_families(
        "metrics_of_stale_boards",
        {"board": "board"},
        stale_since=(
            "hedge_board_stale_seconds",
            "Since when facts of the board have changed after it was computed, as Unix time",
        ),
    ),
    *_families(
        "metrics_of_tables",
        {"table": "table_name"},
        loaded_at=(
            "hedge_raw_table_loaded_seconds",
            "When the newest row of the raw table was loaded, as Unix time",
        ),
        event_at=(
            "hedge_raw_table_event_seconds",
            "The latest time of an event in the raw table, as Unix time",
        ),
        rejected=("hedge_rejected_rows", "Rows of files that were rejected in the last day"),
        error_after=(
            "hedge_raw_table_error_after_seconds",
            "After how many seconds without a new row somebody has to see to the indexer",
        ),
    ),
    *_families(
        "metrics_of_relations",
        {"table": "relation"},
        size_in_bytes=("hedge_table_bytes", "Size of the table with its indexes"),
        live_rows=("hedge_table_live_rows", "Rows of the table, estimated"),
        dead_rows=("hedge_table_dead_rows", "Dead rows of the table, estimated"),
    ),
    *_families(
        "metrics_of_data_tests",
        {"state": "state"},
        number=("hedge_data_tests", "Data tests by what they found when they were last passed"),
    ),
    *_families(
        "metrics_of_chains",
        {"chain": "chain"},
        head_number=("hedge_chain_head_block", "The newest block of the chain, as its node says"),
        block_number=("hedge_chain_followed_block", "The block up to which the chain is followed"),
        block_time=(
            "hedge_chain_followed_block_seconds",
            "When that block was made, as Unix time",
        ),
        lag_blocks=("hedge_chain_lag_blocks", "How many blocks the chain has after it"),
        asked_at=(
            "hedge_chain_asked_seconds",
            "When a follower of the chain last got an answer, as Unix time",
        ),
        failing_since=(
            "hedge_chain_failing_seconds",
            "Since when the follower of the chain fails, as Unix time",
        ),
        is_halted=(
            "hedge_chain_halted",
            "1 where a reorganization goes deeper than final blocks, else 0",
        ),
        gap_blocks=(
            "hedge_chain_gap_blocks",
            "Blocks before it of which the logs of some contract are not known",
        ),
        undecoded_blocks=(
            "hedge_chain_undecoded_blocks",
            "Blocks whose logs are not decoded yet",
        ),
        reorganizations=("hedge_chain_reorganizations", "Reorganizations that were followed"),
    ),
    *_families(
        "metrics_of_undecoded_logs",
        {"chain": "chain", "contract": "contract", "reason": "reason"},
        number=(
            "hedge_chain_undecoded_topics",
            "Kinds of logs of the contract, by their first topic, that no decoder takes",
        ),
        newest=(
            "hedge_chain_newest_undecoded_topic_seconds",
            "When the first log was made of the kind that came last, as Unix time",
        ),
    ),
    *_families(
        "metrics_of_pending_facts",
        {"table": "table_name", "waits_for": "waits_for"},
        number=(
            "hedge_pending_facts",
            "Facts of logs that lack a value, which a file has to say or the chain will, and do"
            " not count yet",
        ),
    ),
    *_families(
        "metrics_of_the_database",
        {},
        data_tests_passed=(
            "hedge_data_tests_passed_seconds",
            "When the data tests were last passed, as Unix time",
        ),
        last_backup=(
            "hedge_last_backup_seconds",
            "When hedge db backup last made a backup, as Unix time; 0 where it never did",
        ),
        workers=("hedge_workers_alive", "Workers whose last heartbeat is less than 20 s old"),
        clusters=("hedge_clusters", "Clusters"),
        expects_regular_runs=(
            "hedge_expects_regular_runs",
            "1 where there are clusters to compute regularly, 0 for none and for a demo world",
        ),
        time_of_server=("hedge_database_time_seconds", "The clock of the database, as Unix time"),
        newest_stamp=(
            "hedge_newest_stamp_seconds",
            "The latest as-of instant of a run that has succeeded, as Unix time",
        ),
        oldest_transaction=(
            "hedge_oldest_transaction_seconds",
            "When the oldest transaction that is open began, as Unix time",
        ),
        oldest_lock_wait=(
            "hedge_oldest_lock_wait_seconds",
            "Since when the longest wait for a lock lasts, as Unix time",
        ),
        size_in_bytes=("hedge_database_bytes", "Size of the database"),
    ),
)
#: The queries of the families, each once, in this order.
QUERIES = tuple(dict.fromkeys(family.query for family in FAMILIES))


class _Read(Collector):
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for family in FAMILIES:
            found = GaugeMetricFamily(family.name, family.text, labels=list(family.labels))
            for row in self._rows.get(family.query, ()):
                if (value := row[family.column]) is not None:
                    found.add_metric([row[one] for one in family.labels.values()], float(value))
            if found.samples:
                yield found


def registry(
    rows: Rows, version: str, definitions: str | None, answers: bool, seconds: float
) -> CollectorRegistry:
    """The families of the rows that could be read, and what is to be said in any case: whether all
    could, how long that took, and the version with the hash of the deployed project."""
    found = CollectorRegistry()
    found.register(_Read(rows))
    Gauge(
        "hedge_build_info",
        "1; the version of Hedge, and the hash of the deployed project",
        ["version", "definitions"],
        registry=found,
    ).labels(version, definitions or "").set(1)
    Gauge(
        "hedge_database_up", "1 while the database answers this process, else 0", registry=found
    ).set(answers)
    Gauge(
        "hedge_metrics_complete",
        "1 where the database had answered all questions of /metrics in time, else 0",
        registry=found,
    ).set(len(rows) == len(QUERIES))
    Gauge(
        "hedge_metrics_read_duration_seconds",
        "How long the database took to answer them",
        registry=found,
    ).set(seconds)
    return found
