"""The SQL of models, strategies and loads is what Citus can execute (tests/rules_of_citus.py).

Nothing here needs Citus. Each rule is tried with a statement that breaks it, as Citus refused it.
"""

import ast
import functools
from types import SimpleNamespace

import pytest
from sqlglot import exp

from tests import PROJECT, rules_of_citus
from tests.house.test_the_rules_of_the_house import VARIABLES
from tests.rendering import MART, Relation, render
from tests.rules_of_citus import VIEWS, WRITES, Rule, parse

PATHS = {path.stem: path for path in PROJECT.glob("models/**/*.sql")}
SOURCES = [*VARIABLES["metric_sources"], *VARIABLES["derived_metric_sources"]]
#: The models that read tables of the service, with those. A bucket has a copy of what they say.
COPIED = {
    "board_runs": {"app.leaderboard_defs", "app.leaderboard_runs"},
    "discord_accounts": {"app.players", "app.wallet_clusters"},
    "linked_wallets": {"app.wallet_links"},
    "seasons": {"app.seasons"},
}
#: What Citus does not execute yet, by the macro or the file.
KNOWN = {
    "board_runs": {("functions of the service", "calls app.excluded_from_board")},
    "challenge_scores": {
        ("functions of the service", "calls app.counted_metrics"),
        ("functions of the service", "calls app.has_excluded_metrics"),
    },
    "first_wins_update": {
        ("locks within writes", "a subquery locks rows of a statement that writes"),
    },
    "first_wins_write": {
        ("inserts from tables", "insert .. select reads analytics.tier_unlocks"),
    },
}
#: Functions that were dropped since: Citus 14.0.1 took them where its workers were known before.
DROPPED = {"0002-app-tables.sql", "0011-hidden-sessions.sql"}
UNLOCKS = MART | {
    "target": Relation("tier_unlocks"),
    "computed": "tier_unlocks__tmp",
    "key": ["cluster_id", "challenge_key", "tier_code", "kind", "unlocked_at"],
    "columns": ["cluster_id", "challenge_key", "tier_code", "kind", "unlocked_at", "fell_at"],
}
#: What writes the marts. The board runs that completes_runs locks are no mart.
STATEMENTS = {
    "latest_wins_write": MART,
    "latest_wins_lock_stale": MART,
    "latest_wins_remove_stale": MART,
    "first_wins_update": UNLOCKS,
    "first_wins_write": UNLOCKS,
    "completes_runs_write": MART,
}


def faults(rules: tuple[Rule, ...], statements: list[exp.Expression]) -> set[tuple[str, str]]:
    """The names of the rules that statements break, each with what breaks it."""
    return {
        (rule.name, fault)
        for statement in statements
        for rule in rules
        for fault in rule.faults(statement)
    }


def explained(found: dict[str, set[tuple[str, str]]]) -> str:
    """The faults by what has them, with what Citus does about each."""
    why = {rule.name: rule.why for rule in (*WRITES, *VIEWS)}
    lines = [f"{name} {fault}: {why[rule]}" for name, many in found.items() for rule, fault in many]
    return "\n".join(sorted(lines))


@functools.cache
def views_that_workers_execute() -> dict[str, list[exp.Expression]]:
    """The metric sources and every model that they read, without the mart cluster_metrics."""
    left, found = list(SOURCES), {}
    while left:
        name = left.pop()
        if name in found or name not in PATHS or name == "cluster_metrics":
            continue
        text = render(PATHS[name].read_text(), {}, {"materialized": "view"})
        found[name] = parse(text)
        left += [
            # a function returns the rows of the view that it has its name from
            table.this.name.removesuffix("_rows")
            for tree in found[name]
            for table in tree.find_all(exp.Table)
            if table.db == "analytics"
        ]
    return found


def test_workers_can_execute_metric_sources_as_a_whole() -> None:
    views = views_that_workers_execute()
    assert {*SOURCES, "window_spans", "stg_pvp_matches"} <= set(views)
    found = {}
    for name, trees in views.items():
        copied = {("tables of the service", f"reads {table}") for table in COPIED.get(name, ())}
        of_view = faults(VIEWS, trees)
        assert copied <= of_view, f"{name} reads less than COPIED says"
        assert KNOWN.get(name, set()) <= of_view, f"{name} has fewer faults than KNOWN says"
        found[name] = of_view - copied - KNOWN.get(name, set())
    assert not explained(found)


@pytest.mark.parametrize("macro", STATEMENTS)
def test_citus_can_execute_what_writes_the_marts(macro: str) -> None:
    text = render(
        f"{{{{ {macro}(mart) }}}}", {"boards": [{"run_id": 1}]}, {}, mart=STATEMENTS[macro]
    )
    found = faults(WRITES, parse(text))
    assert KNOWN.get(macro, set()) <= found, f"{macro} has fewer faults than KNOWN says"
    assert not explained({macro: found - KNOWN.get(macro, set())})


def test_citus_can_execute_the_upserts_of_loads() -> None:
    found, number = {}, 0
    for path in [*PROJECT.glob("hedge/loading/*.py"), *PROJECT.glob("hedge/chain/*.py")]:
        texts = [
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        statements = list(rules_of_citus.upserts(texts))
        found[str(path.relative_to(PROJECT))] = faults(WRITES[:1], statements)
        number += len(statements)
    for path in PROJECT.glob("hedge/sql/*.sql"):
        if "do update" in path.read_text():
            found[str(path.relative_to(PROJECT))] = faults(WRITES[:1], parse(path.read_text()))
            number += 1
    assert number > 10
    assert not explained(found)


def test_no_function_needs_a_view_of_the_server_on_every_worker() -> None:
    found = {
        path.name: list(rules_of_citus.functions_of_the_server(path.read_text()))
        for path in PROJECT.glob("hedge/migrations/*.sql")
    }
    named = {name for name, many in found.items() if many}
    assert named == DROPPED, rules_of_citus.WHY_NOT_OF_THE_SERVER


def test_view_functions_are_not_executed_in_parallel_where_citus_refuses_it() -> None:
    """It sets a parameter when it plans a query, which PostgreSQL refuses in a parallel worker."""
    text = "{{ create_view_function(ref('onchain_pvp'), rows=10) }}"
    for has_citus, safety in ((True, "unsafe"), (False, "safe")):
        answer = SimpleNamespace(rows=[(has_citus,)])
        rendered = render(text, {}, run_query=lambda _, answer=answer: answer)
        assert f"language plpgsql stable parallel {safety} rows 10" in rendered


#: A statement that breaks each rule, what is found in it, and a statement that keeps the rule.
EXAMPLES = {
    "functions of updates": (
        "insert into raw.facts as stored (id) values (1) on conflict (id)"
        " do update set value = excluded.value, loaded_at = now()",
        "do update set calls CurrentTimestamp",
        "insert into raw.facts as stored (id) values (1) on conflict (id) do update"
        " set (value, seen) = row(excluded.value, coalesce(excluded.seen, stored.seen)),"
        " loaded_at = excluded.loaded_at",
    ),
    "locks within writes": (
        "with computed as (select id from mart__tmp),"
        " stale as (select id, number from analytics.mart where not exists ("
        "select from computed where computed.id = mart.id) order by id for update)"
        " delete from analytics.mart using stale"
        " where mart.id = stale.id and mart.number = stale.number",
        "a subquery locks rows of a statement that writes",
        "create temporary table stale as select id from analytics.mart order by id for update",
    ),
    "inserts from tables": (
        "insert into raw.facts (id, value) select value, count(*) from raw.facts group by value",
        "insert .. select reads raw.facts",
        "insert into analytics.mart (id, number) select id, number from mart__tmp order by id",
    ),
    "tables of the service": (
        "select facts.id from raw.facts as facts where exists (select from app.wallet_links)",
        "reads app.wallet_links",
        "with app as (select id from analytics.linked_wallets) select id from app",
    ),
    "functions of the service": (
        "select id from raw.facts where not app.has_excluded_metrics()",
        "calls app.has_excluded_metrics",
        "select id from raw.facts where (select app.excluded_facts('facts')) is null",
    ),
    "what a session knows": (
        "select id from raw.facts where occurred_at < now()",
        "calls CurrentTimestamp",
        "select facts.id from raw.facts as facts inner join analytics.windows as windows"
        " on facts.occurred_at < windows.ends_at",
    ),
}


@pytest.mark.parametrize("rule", [*WRITES, *VIEWS], ids=lambda rule: rule.name)
def test_each_rule_finds_what_it_is_about(rule: Rule) -> None:
    broken, fault, kept = EXAMPLES[rule.name]
    assert faults((*WRITES, *VIEWS), parse(broken)) >= {(rule.name, fault)}
    assert not faults((rule,), parse(kept))
    assert f"m {fault}: {rule.why}" in explained({"m": {(rule.name, fault)}})


@pytest.mark.parametrize(
    "expression",
    ["current_date", "localtimestamp", "clock_timestamp()", "random()", "current_setting('a')"],
)
def test_clocks_chance_and_settings_are_of_a_session(expression: str) -> None:
    assert faults(VIEWS, parse(f"select id from raw.facts where {expression} is not null"))


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("language sql volatile\nreturn (select count(*) from pg_stat_activity);", True),
        ("begin atomic\n    select count(*) from pg_stat_activity;\nend;", True),
        ("language sql\nas $$ select count(*) from pg_stat_activity $$;", False),
        ("language sql immutable\nreturn lower('A');", False),
    ],
)
def test_functions_that_citus_cannot_create_on_workers_are_found(body: str, is_found: bool) -> None:
    text = f"create function app.some() returns bigint\n{body}\ncreate table other (id int);"
    assert bool([*rules_of_citus.functions_of_the_server(text)]) == is_found


def test_upserts_are_read_from_the_texts_of_python() -> None:
    texts = [
        "do update set ({changed}) = row({excluded}), loaded_at = now()",
        "insert into {table} (a) values ('{{}}') on conflict ({key}) do update set a = random()",
        "not an upsert",
    ]
    found = [faults(WRITES[:1], [statement]) for statement in rules_of_citus.upserts(texts)]
    assert found == [
        {("functions of updates", "do update set calls CurrentTimestamp")},
        {("functions of updates", "do update set calls Rand")},
    ]
