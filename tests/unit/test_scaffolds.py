"""Scaffolds that need no database: which rows and columns they write, and what they refuse."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter

from hedge.analysis import scaffold
from hedge.analysis.scaffold import raw_table
from hedge.errors import HedgeError, UsageError
from hedge.project import seed_checks
from tests import PROJECT, Hedge
from tests.rules_of_the_raw_tables import RULES, checks

pytestmark = pytest.mark.usefixtures("project")


def added(project: Path, path: str) -> list[str]:
    """The lines of a file that the project did not have; no other line may be missing."""
    before = (PROJECT / path).read_text().splitlines()
    after = (project / path).read_text().splitlines()
    rest = iter(before)
    missing = next(rest, None)
    new = []
    for line in after:
        if line == missing:
            missing = next(rest, None)
        else:
            new.append(line)
    assert missing is None, missing
    return new


def files_of(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_a_challenge_is_a_row_with_four_tiers(project: Path) -> None:
    made = scaffold.new_challenge("gold_digger", "onchain_gold.vendor_spend", "economy_strategy")
    assert made.files == ["seeds/challenges.csv", "seeds/challenge_tiers.csv"]
    assert added(project, "seeds/challenges.csv") == [
        "gold_digger,economy_strategy,Gold Digger,"
        "Total in-game gold paid to NPC vendors for purchases.,COUNT,onchain_gold,vendor_spend,"
        "live,4,trophy,"
    ]
    assert added(project, "seeds/challenge_tiers.csv") == [
        "gold_digger,BASIC,Basic,1,1,false",
        "gold_digger,ADVANCED,Advanced,10,2,false",
        "gold_digger,ELITE,Elite,50,3,false",
        "gold_digger,EXALTED,Exalted,200,4,true",
    ]
    assert seed_checks.faults(project) == []


def test_a_challenge_has_the_words_and_thresholds_that_are_given(project: Path) -> None:
    thresholds = [Decimal(n) for n in ("0.5", "2", "3", "4", "1E+1")]
    made = scaffold.new_challenge(
        *("five", "meta_profile.pvp_mastery_score", "pvp_competition", "Five, of", "Do it."),
        thresholds=thresholds,
    )
    assert made.tiers == ["COMMON", "UNCOMMON", "RARE", "LEGENDARY", "MYTHIC"]
    (row,) = added(project, "seeds/challenges.csv")
    assert row.startswith('five,pvp_competition,"Five, of",Do it.,SCORE,meta_profile,')
    tiers = added(project, "seeds/challenge_tiers.csv")
    assert [tier.split(",")[3] for tier in tiers] == ["0.5", "2", "3", "4", "10"]
    scaffold.new_challenge("flawless", "onchain_pvp.flawless_victory", "pvp_competition")
    assert added(project, "seeds/challenge_tiers.csv")[5:] == ["flawless,MYTHIC,Unlocked,1,1,true"]
    assert (
        ",BOOLEAN,onchain_pvp,flawless_victory,live," in (added(project, "seeds/challenges.csv")[1])
    )
    assert seed_checks.faults(project) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("hero_riser", "onchain_pvp.wins", "pvp_competition"),
            "hero_riser exists already: seeds/",
        ),
        (("Hero", "onchain_pvp.wins", "pvp_competition"), "'Hero' is not a name in snake_case"),
        (("a", "onchain_pvp.winz", "pvp_competition"), "did you mean onchain_pvp.wins?"),
        (("a", "onchain_pvp.wins", "pvp"), "no category pvp: there are hero_progression"),
        (("a", "onchain_pvp.wins", "pvp_competitio"), "did you mean pvp_competition?"),
        (
            ("a", "onchain_pvp.wins", "pvp_competition", None, None, [Decimal(1), Decimal(2)]),
            "2 thresholds make no ladder: give 1, 4 or 5",
        ),
    ],
)
def test_a_challenge_that_cannot_be_is_refused(project: Path, arguments: tuple, words: str) -> None:
    before = files_of(project)
    with pytest.raises(UsageError) as failure:
        scaffold.new_challenge(*arguments)
    assert words in str(failure.value)
    assert files_of(project) == before


def test_a_metric_that_counts_the_rows_of_a_model_has_evidence_and_a_unit_test(
    project: Path,
) -> None:
    made = scaffold.new_metric("onchain_quests.made_up", unit="quests")
    assert (made.sql, made.has_evidence, made.has_unit_test) == ("count(*)", True, True)
    model = (project / "models/metrics/onchain_quests.sql").read_text()
    assert " as foraging_quests,\n        count(*) as made_up\n\n    from quests\n" in model
    contract = yaml.safe_load((project / "models/metrics/onchain_quests.yml").read_text())
    assert contract["models"][0]["columns"][-1] == {
        "name": "made_up",
        "data_type": "bigint",
        "description": "Number of made up of the cluster. Unit quests.",
        "config": {"meta": {"evidence": {"facts": "quests"}}},
    }
    test = contract["unit_tests"][-1]
    assert test["name"] == "made_up_counts_every_row"
    assert test["expect"]["rows"][0] == {
        **{"cluster_id": "busy", "window_key": "all_time", "made_up": 2}
    }
    added(project, "models/metrics/onchain_quests.yml")
    assert added(project, "seeds/metrics.csv") == [
        "onchain_quests,made_up,counter,in the window,quests,Number of made up of the cluster"
    ]
    assert seed_checks.faults(project) == []


def test_a_metric_over_chosen_rows_of_a_model_has_their_condition_as_evidence(
    project: Path,
) -> None:
    model = project / "models/metrics/onchain_quests.sql"
    text = model.read_text()
    whole = "quests as (select * from {{ ref('quests') }}),"
    assert whole in text
    model.write_text(
        text.replace(
            whole,
            "quests as (\n\n    select * from {{ ref('quests') }}\n    -- fishing\n"
            "    where quest_instance_id = 1\n\n),",
        )
    )
    made = scaffold.new_metric("onchain_quests.fishing")
    assert (made.has_evidence, made.has_unit_test) == (True, False)
    contract = yaml.safe_load((project / "models/metrics/onchain_quests.yml").read_text())
    assert contract["models"][0]["columns"][-1]["config"]["meta"]["evidence"] == {
        "facts": "quests",
        "where": "quest_instance_id = 1",
    }


def test_a_metric_with_its_own_sql_is_described_as_given(project: Path) -> None:
    made = scaffold.new_metric(
        "onchain_summoning.is_rich", "worldforged_count > 5", "boolean", definition="True if rich."
    )
    assert (made.has_evidence, made.has_unit_test) == (False, False)
    model = (project / "models/metrics/onchain_summoning.sql").read_text()
    assert (
        "            as legendary_class_flags,\n        worldforged_count > 5 as is_rich\n" in model
    )
    assert added(project, "seeds/metrics.csv") == [
        "onchain_summoning,is_rich,boolean,in the window,true as 1,True if rich"
    ]
    scaffold.new_metric("meta_profile.total", "sum(points)::numeric(60, 6)", "numeric(60, 6)")
    assert added(project, "seeds/metrics.csv")[1].startswith(
        "meta_profile,total,score,from the window's inputs,total,"
    )
    assert seed_checks.faults(project) == []


def test_a_source_whose_last_select_is_written_otherwise_is_refused(project: Path) -> None:
    model = project / "models/metrics/behavior_events.sql"
    start, end = model.read_text().rsplit("\n\n    from ", 1)
    model.write_text(f"{start}\n    from {end}")
    before = files_of(project)
    with pytest.raises(UsageError) as failure:
        scaffold.new_metric("behavior_events.more")
    assert str(failure.value) == (
        "the last select of models/metrics/behavior_events.sql has no empty line before its from"
    )
    assert files_of(project) == before


@pytest.mark.parametrize("source", ["behavior_events", "onchain_lp", "onchain_tournaments"])
def test_a_metric_can_be_added_to_any_source_that_groups_rows(project: Path, source: str) -> None:
    scaffold.new_metric(f"{source}.more")
    text = (project / f"models/metrics/{source}.sql").read_text()
    assert text.count(",\n        count(*) as more\n\n    from ") == 1
    assert seed_checks.faults(project) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("onchain_pvp.wins",), "onchain_pvp.wins exists already: models/metrics/onchain_pvp.yml"),
        (("onchain_pvp.cluster_id",), "onchain_pvp.cluster_id exists already"),
        (("onchain_pvp",), "'onchain_pvp' is not SOURCE.METRIC"),
        (("onchain_pv.wins",), "did you mean onchain_pvp?"),
        (("onchain_pvp.Wins",), "'Wins' is not a name in snake_case"),
        (("onchain_pvp.more", None, "real"), "'real' is no type of a metric: bigint;"),
        (("epic_feats.more",), "groups no rows: give the metric with --sql"),
        (("onchain_summoning.more",), "groups no rows: give the metric with --sql"),
    ],
)
def test_a_metric_that_cannot_be_is_refused(project: Path, arguments: tuple, words: str) -> None:
    before = files_of(project)
    with pytest.raises(UsageError) as failure:
        scaffold.new_metric(*arguments)
    assert words in str(failure.value)
    assert files_of(project) == before


def test_a_raw_table_is_sql_a_staging_model_and_a_source(project: Path) -> None:
    made = scaffold.new_raw_table(
        "raw.ponds", ["pond_id bigint", "depth numeric(5, 2)", "kind text"], ["pond_id", "kind"]
    )
    assert made.creates == "raw_tables/ponds.sql"
    assert made.columns == ["pond_id", "depth", "kind", "wallet_address", "occurred_at"]
    created = (project / made.creates).read_text()
    assert "    primary key (pond_id, kind),\n" in created
    assert "check (depth >= 0 and depth < 'Infinity')" in created
    assert '"wallet_address is 0x and 40 lower-case hex digits"' in created
    assert "comment on table raw.ponds is\n'One row per pond_id, kind';\n" in created
    assert [line.strip() for line in added(project, "models/staging/_sources.yml")] == [
        *("- name: ponds", "description: One row per pond_id, kind; key (pond_id, kind)."),
        *("loaded_at_field: loaded_at", "config:", "event_time: occurred_at", "meta:"),
        *("belongs_to: wallet_address", "changes_concern:", "- wallet: [wallet_address]"),
        *(
            "columns:",
            "- name: pond_id",
            "data_type: bigint",
            "description: The pond id. 0 or more.",
        ),
        *("- name: depth", "data_type: numeric(5,2)", "description: The depth. 0 or more."),
        *("- name: kind", "data_type: text", "description: The kind. At most 512 bytes long."),
        *("- name: wallet_address", "data_type: text"),
        "description: The wallet that the fact belongs to. 0x and 40 lower-case hex digits.",
        *("- name: occurred_at", "data_type: timestamp with time zone"),
        "description: When it happened, UTC. A finite time.",
        *("- name: loaded_at", "data_type: timestamp with time zone"),
        "description: When the row was inserted or updated last.",
    ]
    staged = yaml.safe_load((project / "models/staging/stg_ponds.yml").read_text())["models"][0]
    assert staged["config"] == {"meta": {"grain": ["pond_id", "kind"]}}
    # a metric source can count it before it exists
    source = scaffold.new_metric_source("pond_visits", "ponds")
    assert (source.reads, source.columns) == ("stg_ponds", ["pond_id", "depth", "kind"])


def test_a_raw_table_of_logs_has_the_rules_of_those_that_come_with_hedge(project: Path) -> None:
    columns = ["amount numeric(38,18)", "seen_on date", "block_hash hash", "level integer"]
    made = scaffold.new_raw_table("ponds", columns, of_logs=True)
    created = (project / made.creates).read_text()
    rules = dict(re.findall(r'constraint "(.+)"\n    check \((.*)\)[,\n]', created))
    assert rules == {
        "tx_hash is 0x and 64 lower-case hex digits": (
            "tx_hash ~ '^0x[0-9a-f]*$' and octet_length(tx_hash) = 66"
        ),
        "log_index is 0 or more": "log_index >= 0",
        "chain_id is 1 or more": "chain_id >= 1",
        "amount is 0 or more": "amount >= 0 and amount < 'Infinity'",
        "seen_on is a finite date": "isfinite(seen_on)",
        "block_hash is 0x and 64 lower-case hex digits": (
            "block_hash ~ '^0x[0-9a-f]*$' and octet_length(block_hash) = 66"
        ),
        "level is 0 or more": "level >= 0",
        "wallet_address is 0x and 40 lower-case hex digits": "wallet_address ~ '^0x[0-9a-f]{40}$'",
        "occurred_at is a finite time": "isfinite(occurred_at)",
    }
    of_hedge = {f"{check.name}" for check in checks(RULES["hunting_drops"])}
    assert {"tx_hash is 0x and 64 lower-case hex digits", "chain_id is 1 or more"} <= of_hedge


def test_a_column_named_after_the_chain_that_is_no_number_has_the_rule_of_its_type(
    project: Path,
) -> None:
    made = scaffold.new_raw_table("ponds", ["chain_id text", "pond_id bigint"], ["pond_id"])
    assert '"chain_id is' not in (project / made.creates).read_text()


@pytest.mark.parametrize("of_logs", [True, False])
def test_the_sql_of_a_raw_table_passes_the_linter(project: Path, of_logs: bool) -> None:
    """In a checkout of Hedge itself it is the content of a migration."""
    columns = [f"a_{type_} {type_}" for type_ in raw_table.TYPES]
    columns += ["amount numeric(38,18)", "weight numeric(5, 2)", "raffle_day bigint"]
    made = scaffold.new_raw_table("example_raffle_wins", columns, of_logs=of_logs)
    # as make lint lints migrations
    config = FluffConfig.from_path(str(PROJECT), overrides={"templater": "placeholder"})
    found = Linter(config).lint_string((project / made.creates).read_text()).get_violations()
    assert [f"{each.line_no}: {each.rule_code()} {each.desc()}" for each in found] == []


def test_the_command_says_what_makes_facts_of_logs(project: Path, hedge: Hedge) -> None:
    column = ("--column", "pond_id bigint")
    status, said, _ = hedge("new", "raw-table", "ponds", *column, "--of-logs")
    assert status == 0
    for words in (
        "  hedge db psql -f raw_tables/ponds.sql\n",
        "Write models/chain/facts/facts_of_ponds.sql and .yml, which say what the logs mean, and a"
        " row of ponds in seeds/chain_fact_tables.csv, then\n  hedge seeds check\n",
        "  hedge chain decode\n",
    ):
        assert words in said
    assert "hedge load" not in said
    status, said, _ = hedge("new", "raw-table", "lakes", *column)
    assert (status, "facts_of" in said) == (0, False)
    assert "  hedge load lakes FILE\n" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("heroes", ["a text"]), "raw.heroes exists already: models/staging/_sources.yml"),
        (("Ponds", ["a text"]), "'Ponds' is not a name"),
        (("ponds", ["a"]), "'a' is not a column and its type"),
        (("ponds", ["a txt"]), "did you mean text?"),
        (("ponds", ["a text", "a bigint"]), "the column a is given twice"),
        (("ponds", ["loaded_at timestamptz"]), "belongs to every raw table"),
        (
            ("ponds", [f"{'a' * 29} address"]),
            f"the column {'a' * 29} needs a shorter name: its rule '{'a' * 29} is 0x and 40"
            " lower-case hex digits' has more than 63 characters",
        ),
        (
            ("ponds", ["pond_id bigint"], ["pond"]),
            "the key has no column pond; did you mean pond_id?",
        ),
    ],
)
def test_a_raw_table_that_cannot_be_is_refused(project: Path, arguments: tuple, words: str) -> None:
    before = files_of(project)
    with pytest.raises(UsageError) as failure:
        scaffold.new_raw_table(*arguments)
    assert words in str(failure.value)
    assert files_of(project) == before


def test_facts_without_a_wallet_or_a_time_belong_to_nobody(project: Path) -> None:
    scaffold.new_raw_table("ponds", ["pond_id bigint"])
    staged = project / "models/staging/stg_ponds.yml"
    whole = staged.read_text()
    for lacking in ("wallet_address", "occurred_at"):
        staged.write_text(whole.replace(f"name: {lacking}", "name: another"))
        before = files_of(project)
        with pytest.raises(UsageError) as failure:
            scaffold.new_metric_source("pond_visits", "ponds")
        assert str(failure.value) == (
            f"stg_ponds, which reads raw.ponds, has no column {lacking}, so that its facts belong"
            " to nobody"
        )
        assert files_of(project) == before


def test_a_project_file_without_the_list_of_metric_sources_is_named(project: Path) -> None:
    file = project / "dbt_project.yml"
    text = file.read_text()
    file.write_text(text.replace("  metric_sources:\n", "  metric_sources: # all\n"))
    before = files_of(project)
    with pytest.raises(HedgeError) as failure:
        scaffold.new_metric_source("onchain_fishing", "raw.quest_completions")
    assert str(failure.value) == (
        "dbt_project.yml: there is no line 'metric_sources:' to add onchain_fishing below"
    )
    assert files_of(project) == before
    file.write_text(text)
    assert scaffold.new_metric_source("onchain_fishing", "raw.quest_completions").files


def test_a_metric_source_over_a_table_that_a_model_reads_needs_no_database(project: Path) -> None:
    made = scaffold.new_metric_source("onchain_fishing", "raw.quest_completions")
    assert (made.metric_key, made.reads) == ("quests", "quests")
    assert seed_checks.faults(project) == []
    before = files_of(project)
    with pytest.raises(HedgeError, match="no connection to postgresql://"):
        scaffold.new_metric_source("my_visits", "garden_visits")
    with pytest.raises(UsageError, match="onchain_fishing exists already"):
        scaffold.new_metric_source("onchain_fishing", "heroes")
    assert files_of(project) == before


def test_nothing_is_added_to_seeds_with_faults(project: Path) -> None:
    with (project / "seeds/relic_items.csv").open("a") as file:
        file.write("0x,none\n")
    for make in (
        lambda: scaffold.new_metric("onchain_quests.made_up"),
        lambda: scaffold.new_challenge("a", "onchain_pvp.wins", "pvp_competition"),
    ):
        with pytest.raises(HedgeError, match=r"seeds/relic_items\.csv:7: item_address is '0x'"):
            make()
