"""sqlfluff checks what macros produce, in one rendered example of each.

`sqlfluff lint models` skips the text that a macro call puts into a model. Here models are rendered
with a copy of dbt's context (tests/rendering.py), and their result is linted.
"""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

from tests import PROJECT
from tests.house.test_the_rules_of_the_house import MACROS
from tests.rendering import render

#: Rules that do not fit rendered text.
EXCLUDED_RULES = [
    # A macro does not know the indentation that it is called at, and what it joins from a list is
    # one line however long the list is.
    "LT02",
    "LT05",
    "LT08",
    "LT09",
    # A macro that adds columns to a relation selects all columns of the relation, which it does
    # not know, after those it adds.
    "AM04",
    "ST06",
    # No reader sees the columns of a select that sets the settings of a session.
    "AL03",
    # PostgreSQL plans a decoder as joins of subqueries, which no common table expression is.
    "ST05",
]
SOURCES = [
    {"metric_source": "onchain_pvp", "metric_keys": ["wins"], "window_keys": ["all_time"]},
    {"metric_source": "epic_feats", "metric_keys": ["feats"], "window_keys": ["run:1"]},
]
CLUSTERS = {"clusters": ["busy", "idle"]}
#: A run that leaves out a source for a cluster and others for all.
LEFT_OUT = CLUSTERS | {
    "metric_sources": ["onchain_pvp", "onchain_lp", "onchain_gold"],
    "left_out": [
        {"metric_source": "onchain_pvp", "clusters": ["busy"], "why": "it's broken"},
        {"metric_source": "onchain_lp", "clusters": None, "why": "it is broken"},
    ],
}
#: Examples by name: what to render (a model, or the call of a macro) and the variables of dbt.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "grain_of": (
        "select {{ grain_of(ref('tier_unlocks')) | join(', ') }} from {{ ref('tier_unlocks') }}",
        {},
    ),
    "challenge_progress": ("challenge_progress", CLUSTERS),
    "challenge_progress for every cluster": ("challenge_progress", {}),
    "challenge_progress that leaves out": ("challenge_progress", LEFT_OUT),
    "challenge_progress that leaves out for some": (
        "challenge_progress",
        {"left_out": LEFT_OUT["left_out"][:1]},
    ),
    "cluster_metrics that leaves out": ("cluster_metrics", LEFT_OUT),
    "cluster_metrics for every cluster that leaves out": (
        "cluster_metrics",
        {"left_out": LEFT_OUT["left_out"], "metric_sources": LEFT_OUT["metric_sources"]},
    ),
    "season_progress that leaves out": ("season_progress", LEFT_OUT),
    "cluster_metrics": ("cluster_metrics", CLUSTERS | {"metric_sources": ["onchain_pvp"]}),
    "stg_pvp_matches": ("stg_pvp_matches", {}),
    "pvp_matches": ("pvp_matches", {}),
    "feat_goals": ("feat_goals", {}),
    "growing_metrics": ("growing_metrics", {}),
    "jewel_holdings": ("jewel_holdings", {}),
    "jewel_stakes": ("jewel_stakes", {}),
    "leaderboard_entries that leaves out": (
        "leaderboard_entries",
        {"board_sources": SOURCES} | LEFT_OUT,
    ),
    "leaderboard_entries": ("leaderboard_entries", {"board_sources": SOURCES}),
    "lp_holdings": ("lp_holdings", {}),
    "lp_positions": ("lp_positions", {}),
    "owned_heroes": ("owned_heroes", {}),
    "hunts": ("hunts", {}),
    "summoned_mutations": ("summoned_mutations", {}),
    "onchain_staking": ("onchain_staking", {}),
    "metric_tables": ("metric_tables", {}),
    "evidence: supporting_facts": ("supporting_facts", {}),
    "tier_unlocks": ("tier_unlocks", CLUSTERS),
    "windows": ("windows", {}),
    "evidence": ("{{ evidence_of(described_metrics() | selectattr('the_first') | first) }}", {}),
    "evidence of a flag": (
        "{{ evidence_of(described_metrics() | selectattr('flag') | first) }}",
        {},
    ),
    "evidence in the order of its time": (
        "{% for metric in described_metrics() if adds_up(metric) and metric.key == 'entries' %}"
        "{{ first_wins_reached(mart, metric, ['busy']) }}{% endfor %}",
        {},
    ),
    "latest_wins_write": ("{{ latest_wins_write(mart) }}", {}),
    "latest_wins_lock_stale": ("{{ latest_wins_lock_stale(mart) }}", CLUSTERS),
    "latest_wins_lock_stale for every cluster": ("{{ latest_wins_lock_stale(mart) }}", {}),
    "latest_wins_compare": ("{{ latest_wins_compare(mart) }}", {}),
    "latest_wins_write of what differs": ("{{ latest_wins_write(dict(mart, verifies=true)) }}", {}),
    "latest_wins_lock_stale of what differs": (
        "{{ latest_wins_lock_stale(dict(mart, verifies=true)) }}",
        {},
    ),
    "latest_wins_verified": ("{{ latest_wins_verified(mart) }}", {}),
    "latest_wins_remove_stale": ("{{ latest_wins_remove_stale(mart) }}", {}),
    "latest_wins_index": (
        "{% do model.update(columns={'left_out': none}) %}"
        "{{ latest_wins_index(dict(mart, target=this)) }}",
        {},
    ),
    "finish_run that leaves out": ("{{ finish_run([]) }}", {"run_kind": "FULL"} | LEFT_OUT),
    "finish_run of ends": (
        "{{ finish_run([]) }}",
        {
            "run_kind": "ENDS",
            "clusters": ["busy"],
            "ends": [{"window_key": "end:x", "ends_at": "x", "changes": 1}],
        },
    ),
    "first_wins_write": ("{{ first_wins_write(mart) }}", {}),
    "first_wins_update": ("{{ first_wins_update(mart) }}", {}),
    "first_wins_newly_reached": ("{{ first_wins_newly_reached(mart) }}", {}),
    "first_wins_index": ("{{ first_wins_index(dict(mart, target=this)) }}", {}),
    "completes_runs_write": ("{{ completes_runs_write(mart) }}", {"boards": [{"run_id": 1}]}),
    "completes_runs_index": ("{{ completes_runs_index(dict(mart, target=this)) }}", {}),
    "create_view_function": (
        "{{ create_view_function(ref('onchain_pvp'), rows=10, filters=['window_key']) }}",
        {},
    ),
    "create_next_tier": (
        "{{ create_next_tier(ref('challenge_ladders'), ref('challenge_tiers')) }}",
        {},
    ),
    "start_run": ("{{ start_run() }}", {"run_kind": "FULL"}),
    "start_run that goes on": ("{{ start_run() }}", {"run_kind": "FULL", "continues_run": 7}),
    "start_run of a deploy": ("{{ start_run() }}", {"run_kind": "DEPLOY"}),
    "finish_run": ("{{ finish_run([]) }}", {"run_kind": "FULL"}),
    "session_settings": ("{{ session_settings() }}", {}),
    "metrics_of_league": ("{{ metrics_of_league('metis_open') }}", {}),
    "decoded_log": (
        "{{ decoded_log('hunts', 'Done(address indexed player, int64 indexed change, bytes4 kind,"
        " (uint8 stage, uint256[] heroIds, string name, (address item, uint16 used)[] items) hunt,"
        " bool[2] flags, bytes proof, string[] words)', names={'flags': 'both_flags'}) }}",
        {},
    ),
    "of_last_log": (
        "select {{ of_last_log('logs.winner', where='logs.winner is not null') }} from logs",
        {},
    ),
    "unix_time": ("select {{ unix_time('quests.started') }} from quests", {}),
    "generation_of": ("{{ generation_of('1') }}", {}),
    "is_earlier_log": (
        "select 1 from earlier inner join later on {{ is_earlier_log('earlier', 'later') }}",
        {},
    ),
    "scaled_amount": ("select {{ scaled_amount('amounts.value', 3) }} from amounts", {}),
    "windows_of_boards": ("{{ windows_of_boards() }}", {"boards": [{"window_key": "run:1"}]}),
}
#: Macros that no example reaches: PL/pgSQL, which sqlfluff does not parse, and statements about
#: the catalog of a running database.
NOT_LINTED = {
    "drop_view_functions",
    "columns_change",
    "is_as_large_as_analyzed",
    "create_or_extend_mart",
    "change_primary_key",
    "commit_and_begin",
    "first_wins_complete",
    "latest_wins_begin",
    "latest_wins_enter",
    "require_as_of",
    "require_verified",
    "rows_removed_as_stale",
    "verifies",
    "of_bucket",
    "fill_copy",
    "empty_copy",
    "computes_on_worker",
}


#: Conditions in YAML files name the columns of a fact without a table, and the column with the time
#: of a fact often has the name that it gets.
EXCLUDED_FOR_EVIDENCE = ["AL09", "RF03"]


def statements(rendered: str) -> Iterator[str]:
    """A rendered text, and the queries in the bodies of functions that it creates."""
    # sqlfluff knows none of these without a from, which keep subqueries apart from their readers
    yield re.sub(r"\s+offset 0\b", "", rendered)
    for body in re.findall(r"(?s)\$\$\n(.*?)\n?\$\$", rendered):
        query = re.search(r"(?s)return query\s+(.*?);", body)
        yield textwrap.dedent(query[1] if query else body) + "\n"


@pytest.mark.ci
@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_macro_renders_is_clean(name: str) -> None:
    text, variables = EXAMPLES[name]
    if "{{" not in text:
        (model,) = PROJECT.glob(f"models/*/{text}.sql")
        text = model.read_text()
    excluded = EXCLUDED_RULES + EXCLUDED_FOR_EVIDENCE * name.startswith("evidence")
    config = FluffConfig.from_path(
        str(PROJECT), overrides={"templater": "raw", "exclude_rules": ",".join(excluded)}
    )
    for statement in statements(render(text, variables)):
        found = Linter(config).lint_string(statement).get_violations()
        lines = statement.splitlines()
        assert not [
            f"{lines[each.line_no - 1].strip()}: {each.rule_code()} {each.desc()}" for each in found
        ]


def test_every_macro_is_in_an_example() -> None:
    texts = {
        name: macro
        for path in MACROS
        for name, macro in re.findall(r"(?s)\{% macro (\w+)(\(.*?)\{%-? endmacro", path.read_text())
    }
    left = [
        text if "{{" in text else next(PROJECT.glob(f"models/*/{text}.sql")).read_text()
        for text, _ in EXAMPLES.values()
    ]
    reached: set[str] = set()
    while left:
        text = re.sub(r"(?s)\{#.*?#\}", "", left.pop())
        called = {name for name in texts if re.search(rf"\b{name}\(", text)} - reached
        reached |= called
        left += [texts[name] for name in called]
    assert set(texts) - reached == NOT_LINTED
