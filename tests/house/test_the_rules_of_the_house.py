"""The rules that CONTRIBUTING states, checked on the files; nothing has to be running."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from hedge.project import macro_comments
from tests import PROJECT
from tests.yaml_files import read_yaml

MODELS = sorted(PROJECT.glob("models/**/*.sql"))
MARTS = [path for path in MODELS if "materialized='incremental'" in path.read_text()]
MACROS = sorted(PROJECT.glob("macros/**/*.sql"))
SEEDS = {path.stem for path in PROJECT.glob("seeds/*.csv")}
VARIABLES = read_yaml(PROJECT / "dbt_project.yml")["vars"]
FOLDER = {path.stem: path.parent.name for path in MODELS}
#: What the models of a folder may read besides seeds.
MAY_READ = {
    "staging": {"staging"},
    "activity": {"staging", "activity"},
    "metrics": {"staging", "activity"},
    "progress": {"staging", "metrics", "progress"},
    "seasons": {"staging", "metrics", "progress", "seasons"},
    "leaderboards": {"staging", "metrics", "progress", "seasons", "leaderboards"},
    "scope": {"staging", "scope"},
    "decoders": set(),
    "chain": {"decoders"},
    "facts": {"decoders"},
    "evidence": {"staging", "activity", "metrics", "progress", "evidence"},
    "semantics": {"progress", "evidence"},
    "suspects": {"staging"},
}


def properties(model: Path) -> dict:
    """What the .yml beside a model says of it."""
    (found,) = read_yaml(model.with_suffix(".yml"))["models"]
    return found


def references(model: Path) -> set[str]:
    """The models and seeds that a model names."""
    text = model.read_text()
    found = set(re.findall(r"ref\(['\"](\w+)['\"]\)", text))
    if "ref(metric_source)" in text or "ref(source)" in text:
        found |= set(VARIABLES["metric_sources"])
    return found | set(re.findall(r"long_form\(['\"](\w+)['\"]\)", text))


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@named(MODELS)
def test_a_model_begins_with_one_sentence(path: Path) -> None:
    assert re.match(r"\{# [A-Z].*\. #\}\n", path.read_text())


@named(MODELS)
def test_a_model_has_a_yml_of_its_name_that_describes_it(path: Path) -> None:
    found = properties(path)
    assert found["name"] == path.stem
    assert found["description"].strip().endswith(".")
    for column in found["columns"]:
        assert column.get("description", "").strip(), column["name"]


@named(MODELS)
def test_a_model_states_its_grain_as_columns_or_why_it_has_none(path: Path) -> None:
    """That rows are unique by it: tests/integration/test_grains.py."""
    found = properties(path)
    meta = found["config"]["meta"]
    grain = meta.get("grain")
    assert (grain is None) == bool(meta.get("no_grain"))
    if grain is not None:
        assert grain
        assert set(grain) <= {column["name"] for column in found["columns"]}
    if path.parent.name == "metrics":
        assert grain == ["cluster_id", "window_key"]
    keys = [one["columns"] for one in found.get("constraints", []) if one["type"] == "primary_key"]
    assert keys in ([], [grain])


@named(MODELS)
def test_a_model_reads_what_its_folder_may_read(path: Path) -> None:
    derived = path.stem in VARIABLES["derived_metric_sources"]
    allowed = {"progress"} if derived else MAY_READ[path.parent.name]
    for name in references(path) - SEEDS:
        assert FOLDER[name] in allowed, name
    if path.parent.name not in ("staging", "scope", "chain"):
        assert "source(" not in path.read_text()


@named(MODELS)
def test_a_model_reads_no_clock_and_asks_nothing_while_compiling(path: Path) -> None:
    text = path.read_text()
    for word in ("now()", "current_date", "current_timestamp", "run_query", "adapter.get"):
        assert word not in text
    # always false in our runs, which fill no cache of relations
    assert "is_incremental" not in text


@named([path for path in MODELS if path.parent.name == "metrics" or path in MARTS])
def test_a_metric_source_or_mart_ends_by_selecting_from_a_named_cte(path: Path) -> None:
    text = path.read_text()
    last = re.fullmatch(r"select \* from (\w+)", text.splitlines()[-1])
    assert last
    assert f"\n{last[1]} as (\n" in text


@named(MARTS)
def test_a_mart_has_a_contract_a_primary_key_and_a_strategy_of_ours(path: Path) -> None:
    found = properties(path)
    assert found["config"]["contract"] == {"enforced": True}
    (key,) = [item["columns"] for item in found["constraints"] if item["type"] == "primary_key"]
    unique_key = re.search(r"unique_key=\[(.*?)\]", path.read_text()).group(1)
    assert key == re.findall(r"'(\w+)'", unique_key)
    assert re.search(
        r"incremental_strategy='(latest_wins|first_wins|completes_runs)'", path.read_text()
    )


@named(MACROS)
def test_a_macro_has_a_file_of_its_name_and_says_how_it_is_used(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("{# ")
    if "materialization " not in text:
        # a strategy has two macros: <name>_write and <name>_remove_stale
        assert re.search(rf"macro {path.stem}(_write)?\(", text)
    assert "Usage:" in text.split("#}")[0]


def test_the_yaml_of_the_macros_is_made_of_their_comments() -> None:
    """`make macros` writes it anew."""
    found = macro_comments.macros(PROJECT)
    assert len(found) > 80
    assert {macro.file for macro in found} == {path.relative_to(PROJECT) for path in MACROS}
    assert [fault for macro in found for fault in macro.faults()] == []
    assert (PROJECT / "macros/_macros.yml").read_text() == macro_comments.text(PROJECT)


def test_a_macro_whose_comment_is_out_of_date_is_a_fault(tmp_path: Path) -> None:
    """A comment that lacks, misnames or does not type an argument, and no comment at all."""
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/one.sql").write_text(
        "{# What it does.\n\n   Usage: {{ one(1) }}\n       or not\n   - a (string): what\n"
        "     it is\n   - c: no type #}\n{% macro one(a, b=[1, 2]) -%}\n{%- endmacro %}\n"
        "{% macro two() -%}\n{%- endmacro %}\n"
    )
    one, two = macro_comments.macros(tmp_path)
    assert one.arguments == [["a", "string", "what it is"]]
    assert one.description == ["What it does.", "", "- c: no type"]
    assert one.faults() == [
        "macros/one.sql: the comment of one describes the arguments ['a'], "
        "and the macro has ['a', 'b']"
    ]
    one.arguments = [["a", "text", "a"], ["b", "list[string]", "b"]]
    assert one.faults() == ["macros/one.sql: text of the argument a is no type of dbt"]
    assert two.faults() == ["macros/one.sql: no comment before two says what it does"]


def test_packages_import_what_stands_below_them() -> None:
    """hedge knows neither api nor cli, and only one module imports dbt's Python package, or the
    driver of which dbt alone makes use."""
    knows_dbt = PROJECT / "hedge/dbt_runner/in_process.py"
    assert "from dbt.cli.main import dbtRunner" in knows_dbt.read_text()
    folders = ("hedge", "api", "cli", "bench", "packaging")
    for path in [file for folder in folders for file in PROJECT.glob(f"{folder}/**/*.py")]:
        imported = set(re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
        assert "cli" not in imported or path.parts[len(PROJECT.parts)] in ("cli", "bench"), path
        assert "api" not in imported or path.parts[len(PROJECT.parts)] != "hedge", path
        of_dbt = imported & {"dbt", "dbt_common", "psycopg2"}
        assert not of_dbt or path == knows_dbt, (path, of_dbt)


def test_a_module_has_at_most_400_lines() -> None:
    folders = ("hedge", "cli", "api", "bench", "packaging", "docs", "tests")
    modules = [path for folder in folders for path in PROJECT.glob(f"{folder}/**/*.py")]
    assert len(modules) > 200
    lengths = {path: len(path.read_text().splitlines()) for path in modules}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_a_named_query_has_one_file_and_is_used() -> None:
    """The API reads api/sql/NAME.sql, else hedge/sql/NAME.sql, so no name may be in both."""
    of_api, of_hedge = (
        {path.stem for path in PROJECT.glob(f"{folder}/sql/*.sql")} for folder in ("api", "hedge")
    )
    assert not of_api & of_hedge
    code = "".join(
        path.read_text() for path in [*PROJECT.glob("api/**/*.py"), *PROJECT.glob("hedge/**/*.py")]
    )
    for name in of_api | of_hedge:
        assert f'"{name}"' in code, name


def test_eth_account_is_imported_in_one_place() -> None:
    """It raises Python's recursion limit, so that nested JSON would end the process."""
    for folder in ("hedge", "api", "cli", "bench", "tests"):
        for path in (PROJECT / folder).glob("**/*.py"):
            imports = re.search(r"^(from|import) eth_account", path.read_text(), re.MULTILINE)
            assert not imports, path


def test_the_lists_of_metric_sources_are_the_models_in_the_folder() -> None:
    listed = VARIABLES["metric_sources"] + VARIABLES["derived_metric_sources"]
    assert sorted(listed) == sorted(name for name in FOLDER if FOLDER[name] == "metrics")


def catalogue() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "metrics.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    "metric", catalogue(), ids=lambda metric: f"{metric['metric_source']}.{metric['metric_key']}"
)
def test_a_metric_of_the_catalogue_is_a_column_with_a_description_and_a_unit(
    metric: dict[str, str],
) -> None:
    model = PROJECT / "models" / "metrics" / f"{metric['metric_source']}.sql"
    columns = {column["name"]: column for column in properties(model)["columns"]}
    description = columns[metric["metric_key"]]["description"].strip()
    assert description.endswith(f"Unit {metric['unit']}."), description
    assert len(description) > len(f"Unit {metric['unit']}.") + 10


@pytest.mark.parametrize(
    "metric", catalogue(), ids=lambda metric: f"{metric['metric_source']}.{metric['metric_key']}"
)
def test_a_metric_has_expected_values_in_a_unit_test(metric: dict[str, str]) -> None:
    """The oracle measures the catalogue that was handed over; any other metric rests on these."""
    path = f"models/metrics/{metric['metric_source']}.yml"
    found = read_yaml(PROJECT / path)
    expected = [test["expect"].get("rows") or [] for test in found.get("unit_tests", [])]
    rows = [
        row
        for rows in expected
        for row in (csv.DictReader(rows.splitlines()) if isinstance(rows, str) else rows)
    ]
    assert any(metric["metric_key"] in row for row in rows), (
        f"no unit test of {path} expects a value of {metric['metric_key']}"
    )


@pytest.mark.parametrize("metric_source", VARIABLES["metric_sources"])
def test_a_metric_source_has_a_unit_test(metric_source: str) -> None:
    text = (PROJECT / "models" / "metrics" / f"{metric_source}.yml").read_text()
    assert any(test["model"] == metric_source for test in yaml.safe_load(text)["unit_tests"])


def test_the_catalogue_is_the_one_that_was_handed_over(shared: Path) -> None:
    for name, seed in [
        ("challenges", "challenges"),
        ("tiers", "challenge_tiers"),
        ("categories", "categories"),
    ]:
        with (shared / "catalogue" / f"{name}.csv").open(newline="") as lines:
            wanted = list(csv.DictReader(lines))
        with (PROJECT / "seeds" / f"{seed}.csv").open(newline="") as lines:
            found = list(csv.DictReader(lines))
        # a challenge has a state instead
        for row in found:
            row["is_active"] = str(row.get("state") == "live").lower()
        # what an analyst adds stands after it, or between
        first = next(iter(wanted[0]))
        handed_over = {row[first] for row in wanted}
        kept = [row for row in found if row[first] in handed_over]
        assert [{key: row[key] for key in wanted[0]} for row in kept] == wanted


def test_names_for_others_come_from_those_that_players_show() -> None:
    """app.shown_names is the one place that knows who has agreed; the account's own are here."""
    own = {"player.sql", "player_update.sql", "name_take.sql", "name_forget.sql"}
    queries = {path.name: path.read_text() for path in (PROJECT / "api" / "sql").glob("*.sql")}
    assert sum("app.shown_names" in text for text in queries.values()) > 10
    for name, text in queries.items():
        if name not in own:
            assert not re.search(r"show_on_boards|players\.display_name", text), name
