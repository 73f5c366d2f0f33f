"""Whatever reads a raw table for metrics leaves out facts that are excluded."""

import re

from tests import PROJECT

#: A raw table that is read: `from` or `join`, the table, and its alias.
READ = re.compile(r"(?:from|join) \{\{ source\('raw', '(\w+)'\) \}\}")


def test_a_staging_view_of_a_raw_table_leaves_out_excluded_facts() -> None:
    found = 0
    for path in sorted((PROJECT / "models" / "staging").glob("*.sql")):
        text = path.read_text()
        # both halves of the union are filtered below it
        tables = READ.findall(text)
        if path.stem == "stg_tournament_matches":
            tables = tables[:1]
        for table in set(tables):
            counted = text.count(f"is_counted('{table}'")
            assert counted == tables.count(table), f"{path.name}: {table} without is_counted"
            found += counted
    assert found > 24


def test_the_scaffold_of_a_raw_table_leaves_out_excluded_facts() -> None:
    folder = PROJECT / "hedge" / "analysis" / "scaffold" / "templates"
    read = re.compile(r"(?:from|join) \{\{ source\('raw', '(.+)'\) \}\}")
    found = {
        path.name: (read.findall(path.read_text()), path.read_text())
        for path in folder.glob("*.sql.jinja")
    }
    assert found["staging.sql.jinja"][0] == ["<< facts.table >>"]
    for name, (tables, text) in found.items():
        for table in tables:
            assert f"{{{{ is_counted('{table}') }}}}" in text, name


def test_metrics_read_no_raw_table() -> None:
    for folder in ("activity", "metrics", "progress", "seasons", "leaderboards"):
        for path in (PROJECT / "models" / folder).glob("*.sql"):
            assert not READ.search(path.read_text()), path.name
