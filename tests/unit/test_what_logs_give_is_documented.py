"""docs/decoding.md says of each raw table what the seeds say."""

import csv

from hedge.chain import given
from tests import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_table_is_that_of_the_seeds() -> None:
    """`python -m hedge.chain.given` writes it anew."""
    page = (PROJECT / "docs/decoding.md").read_text()
    assert given.page(page, PROJECT) == page
    assert given.page("before <!-- what logs give -->\n<!-- end -->\nafter", PROJECT).endswith(
        "after"
    )


def test_a_table_has_a_view_exactly_where_logs_give_it() -> None:
    views = {path.stem for path in PROJECT.glob("models/chain/facts/*.sql")}
    assert views == {
        f"facts_of_{one['raw_table']}" for one in seed("chain_fact_tables") if one["given"] != "not"
    }


def test_a_column_that_is_not_given_is_in_no_view() -> None:
    """Nor does a call give it."""
    called = {(one["raw_table"], one["column_name"]) for one in seed("chain_calls")}
    for one in seed("chain_fact_columns"):
        text = (PROJECT / f"models/chain/facts/facts_of_{one['raw_table']}.yml").read_text()
        is_given = f"- name: {one['column_name']}\n" in text
        is_given |= (one["raw_table"], one["column_name"]) in called
        assert is_given == (one["given"] == "partly"), one
