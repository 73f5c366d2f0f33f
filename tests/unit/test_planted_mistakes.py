"""The mistakes that `make mutants` plants are those that its rules promise."""

import re
from pathlib import Path

import pytest

from tests import PROJECT
from tests.areas import modules_of_files
from tests.mutants import of_python, of_sql
from tests.mutants.mistakes import Mistake
from tests.mutants.nearest import NEAREST, modules_of, nearest_first
from tests.mutants.recording import is_in_function
from tests.mutants.sample import PARTS, equivalent, replaced_lines, sample
from tests.mutants.workshop import Workshop

QUERY = """
-- a comment with = and >= in it
select
    min(heroes.level) as lowest,
    coalesce(sum(quests.points), 0) as points
from heroes
left join quests on heroes.hero_id = quests.hero_id
where
    heroes.at >= app.as_of() - interval '1 day'
    and heroes.kind in ('a = b', 'c')
    and (
        heroes.level > 3
        or heroes.level is null
    )
group by heroes.hero_id
for update skip locked
"""

MIGRATION = """
create table raw.visits (
    visit_id bigint primary key,
    garden text not null default 'roses',
    constraint "garden is one of (two)" check (garden in ('roses', 'herbs'))
);
create unique index on raw.visits (garden);
create trigger visits_are_kept before delete on raw.visits
for each row execute function raw.refuse();
"""

MACRO = "{% if not var('clusters') and loop.index > 1 %}select 1{% endif %}"

PYTHON = '''
def visits(of: int | None, limit: int = 10) -> str | None:
    """How many | there are."""
    if of is None or of > limit:
        lock(of)
        return None
    for row in rows:
        headers["Vary"] = row
    return str(of)
'''


def planted(rules, file: str, text: str) -> set[tuple[str, str, str]]:
    """All mistakes of a text: the rule, and the changed lines before and after."""
    found = set()
    for rule, occurrence, _ in rules.mistakes_of(file, text):
        mistake = rules.plant(file, text, rule, occurrence)
        if mistake is not None:
            assert mistake.text != text
            found.add((mistake.rule, mistake.before, mistake.after))
    return found


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (
            "boundary",
            "heroes.at >= app.as_of() - interval '1 day'",
            "heroes.at > app.as_of() - interval '1 day'",
        ),
        (
            "clock",
            "heroes.at >= app.as_of() - interval '1 day'",
            "heroes.at >= now() - interval '1 day'",
        ),
        ("condition", "and heroes.kind in ('a = b', 'c')", ""),
        ("condition", "and ( heroes.level > 3 or heroes.level is null )", ""),
        ("condition", "or heroes.level is null", ""),
        ("comparison", "or heroes.level is null", "or heroes.level is not null"),
        (
            "join",
            "left join quests on heroes.hero_id = quests.hero_id",
            "inner join quests on heroes.hero_id = quests.hero_id",
        ),
        ("aggregate", "min(heroes.level) as lowest,", "max(heroes.level) as lowest,"),
        (
            "coalesce",
            "coalesce(sum(quests.points), 0) as points",
            "coalesce(sum(quests.points)) as points",
        ),
        (
            "number",
            "coalesce(sum(quests.points), 0) as points",
            "coalesce(sum(quests.points), 1) as points",
        ),
        ("lock", "for update skip locked", ""),
    ],
)
def test_a_query_gets_each_mistake(rule: str, before: str, after: str) -> None:
    assert (rule, before, after) in planted(of_sql, "hedge/sql/some.sql", QUERY)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("select a from b for update of b skip locked", "select a from b"),
        ("select a from b for share", "select a from b"),
        ("perform pg_advisory_xact_lock_shared(1, x);", "perform concat(1, x);"),
        (
            "where (select pg_try_advisory_xact_lock(1))",
            "where (select true or pg_try_advisory_xact_lock(1))",
        ),
    ],
)
def test_a_statement_without_its_lock_can_be_executed(right: str, wrong: str) -> None:
    """A statement that PostgreSQL refuses would be noticed by any test."""
    assert ("lock", right, wrong) in planted(of_sql, "hedge/sql/some.sql", right + "\n")


def test_comments_and_strings_stay() -> None:
    for _, before, after in planted(of_sql, "hedge/sql/some.sql", QUERY):
        assert "comment" not in before
        assert "a = b" in after or "a = b" not in before or not after


def test_a_migration_loses_its_constraint_trigger_and_unique_index() -> None:
    found = planted(of_sql, "hedge/migrations/0001.sql", MIGRATION)
    lost = [(before, after) for rule, before, after in found if rule == "constraint"]
    for words in ("check (garden in", "create trigger", "default 'roses'", "text not null"):
        assert any(words in before and words not in after for before, after in lost), words
    assert (
        "constraint",
        "create unique index on raw.visits (garden);",
        "create index on raw.visits (garden);",
    ) in found
    assert not planted(of_sql, "models/x.sql", MIGRATION) & {
        row for row in found if row[0] == "constraint"
    }


def test_the_jinja_of_a_macro_gets_mistakes() -> None:
    found = {after for rule, _, after in planted(of_sql, "macros/some.sql", MACRO)}
    assert "{% if var('clusters') and loop.index > 1 %}select 1{% endif %}" in found
    assert "{% if not var('clusters') or loop.index > 1 %}select 1{% endif %}" in found
    assert "{% if not var('clusters') and loop.index >= 1 %}select 1{% endif %}" in found


def test_python_gets_mistakes_except_in_annotations() -> None:
    found = planted(of_python, "hedge/some.py", PYTHON)
    assert ("ForgetStatement", "lock(of)", "pass") in found
    assert ("ForgetStatement", 'headers["Vary"] = row', "pass") in found
    assert ("ZeroIterationForLoop", "for row in rows:", "for row in []:") in found
    changed = {re.sub(r"\s+", " ", after) for _, _, after in found}
    assert "if of is None and of > limit:" in changed
    assert "if of is None or of >= limit:" in changed
    assert "def visits(of: int | None, limit: int = 11) -> str | None:" in changed
    assert not any(" & " in after for after in changed)


def test_each_class_that_a_handler_names_is_replaced() -> None:
    handlers = {
        "except errors.Refused:": {"except ZeroDivisionError:"},
        "except (errors.Refused, OSError) as refused:": {
            "except (ZeroDivisionError, OSError) as refused:",
            "except (errors.Refused, ZeroDivisionError) as refused:",
        },
        "except (KeyError):": {"except (ZeroDivisionError):"},
    }
    text = "try:\n    lock()\n" + "".join(f"{handler}\n    pass\n" for handler in handlers)
    found = planted(of_python, "hedge/some.py", text)
    for handler, changed in handlers.items():
        assert {
            after for rule, before, after in found if (rule, before) == ("CatchAnother", handler)
        } == changed


def test_a_seed_draws_the_same_mistakes_of_each_part() -> None:
    for part in PARTS:
        first = [mistake.text for mistake in sample(2, 7, [part])]
        again = [mistake.text for mistake in sample(2, 7, [part])]
        other = [mistake.text for mistake in sample(2, 8, [part])]
        assert len(first) == 2
        assert first == again != other


def test_what_a_later_migration_replaces_gets_no_mistakes() -> None:
    first = """-- a
create function app.visits(at date) returns integer
language sql
as $$
    select 1;
$$;
create function app.kept() returns integer
return 1;
create function app.dropped() returns integer
return 1
    + 2;
"""
    second = "create or replace function app.visits(at date) returns integer\nreturn 2;\n"
    third = "drop function app.dropped();\n"
    assert replaced_lines({"1": first, "2": second, "3": third}) == {
        "1": {*range(2, 7), *range(9, 12)}
    }


def test_what_changes_nothing_is_still_in_its_file() -> None:
    for (file, before, _, place), reason in equivalent().items():
        text = re.sub(r"\s+", " ", (PROJECT / file).read_text())
        assert text.count(re.sub(r"\s+", " ", before)) >= place, (file, before, place)
        assert reason


def test_equal_lines_are_different_mistakes() -> None:
    """What is known of one of them, such as that it changes nothing, says nothing of the other."""
    text = "select 1\nunion all\nselect 2\nunion all\nselect 3\n"
    found = [
        of_sql.plant("models/some.sql", text, rule, occurrence)
        for rule, occurrence, _ in of_sql.mistakes_of("models/some.sql", text)
        if rule == "distinct"
    ]
    assert [mistake and mistake.key[1:] for mistake in found] == [
        ("union all", "union", 1),
        ("union all", "union", 2),
    ]


def test_what_an_import_executes_is_in_no_function(tmp_path: Path) -> None:
    """Coverage knows only the test that imported a module first."""
    module = tmp_path / "module.py"
    module.write_text(
        "LIMIT = 1\n\n\nclass Visits:\n    most = 2\n\n"
        "    async def count(\n        self, of: int = 3\n    ) -> int:\n        return of\n"
    )
    lines = range(1, 11)
    assert [line for line in lines if is_in_function(module, line)] == [10]


def in_file(file: str, line: int = 1, before: str = "") -> Mistake:
    """A mistake in a file of the project."""
    return Mistake(file, line, "some", before, "", "")


def test_the_modules_that_are_about_a_file_come_first() -> None:
    modules = modules_of_files(["api/seasons.py"], without=["rules"])
    recorded, first, *others = nearest_first(in_file("api/sql/page_season_challenges.sql"), modules)
    # of what the API answers, the shapes are recorded
    assert recorded == "tests/house/test_published_json_is_recorded.py"
    assert first == "tests/in_process/test_what_the_page_of_a_season_counts.py"
    assert sorted([first, *others]) == sorted(modules)
    acceptance = [module.startswith("tests/acceptance/") for module in others]
    assert acceptance == sorted(acceptance)
    assert any(acceptance)
    # what a file imports decides between modules whose names do not
    modules = modules_of_files(["cli/proving.py"], without=["rules"])
    nearest = nearest_first(in_file("cli/proving.py"), modules)
    assert "tests/integration/chain/test_proofs.py" in nearest[:4]
    # and then a text that names it
    others = ["tests/unit/test_areas_and_clock.py", __file__]
    assert nearest_first(in_file("hedge/sql/queue_prune.sql"), others) == [__file__, others[0]]


def test_the_modules_that_name_what_is_changed_come_first() -> None:
    entries = "models/leaderboards/leaderboard_entries.sql"
    modules = modules_of(entries)
    fourth = in_file(entries, before="case when payloads.key_count >= 4 then ranked.fourth_value")
    assert "tests/integration/test_ordering_keys.py" in nearest_first(fourth, modules)[:NEAREST]
    # a trigger of a migration, whose name says nothing of it
    service = "hedge/migrations/0005-service.sql"
    trigger = "create trigger request_runs_of_changed_links after update on app.wallet_links"
    line = (PROJECT / service).read_text().splitlines().index(trigger) + 1
    found = nearest_first(in_file(service, line, trigger), modules_of(service))
    columns, constraints, *others = found
    # of each table, the columns and constraints are told
    assert {columns, constraints} == {
        "tests/integration/test_migrations_of_app_tables.py",
        "tests/integration/test_migrations_of_raw_tables.py",
    }
    assert "tests/integration/test_migrations_of_functions.py" in others[:4]


def test_a_mistake_in_a_migration_could_be_noticed_where_its_name_is_told() -> None:
    found = modules_of("hedge/migrations/0125-planned-exclusions.sql")
    assert "tests/integration/test_what_exclusions_concern.py" in found
    assert "tests/integration/test_migrations_of_functions.py" in found
    assert "tests/integration/test_seasons.py" not in found
    assert len(set(found)) == len(found)


def test_a_mistake_is_planted_for_a_block_in_a_second_of_its_own(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, tmp_path / "prepared")
    file = tmp_path / PROJECT.name / "cli" / "proving.py"
    right, before = file.read_text(), file.stat()
    mistake = Mistake("cli/proving.py", 1, "some", "a", "b", "x" * len(right))
    seconds = {int(before.st_mtime)}
    for _ in range(2):
        with workshop.planted(mistake):
            assert file.read_text() == mistake.text
            seconds.add(int(file.stat().st_mtime))
        assert (file.read_text(), file.stat().st_mtime) == (right, before.st_mtime)
    assert len(seconds) == 3
