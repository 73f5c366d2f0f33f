"""The model that provides the facts of a raw table, and the names of its columns."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from hedge import database
from hedge.errors import UsageError
from hedge.loading.reference import described_columns, yaml_of_columns
from hedge.loading.tables import ADDRESS_RULE, Column, Table, raw_table

#: Prices have no wallet. They count for the clusters that held the priced asset: the model of the
#: holdings, and the columns by which holdings and prices are joined.
HOLDINGS = {
    "lp_prices_daily": ("lp_positions", ["chain_id", "pool_id"]),
    "token_prices_daily": ("jewel_stakes", []),
}
#: Columns of a model that are keys, not properties of a fact.
_KEYS = {"cluster_id", "window_key", "window_ends_at", "wallet_address", "occurred_at"}


@dataclass(frozen=True)
class Facts:
    """The facts of a raw table as a metric source reads them.

    kind is the kind of model: `activity` has one row per cluster, window and fact; `staging` has
    one row per fact, and is_new where it has to be written; `prices` are joined with holdings by
    keys. is_state says that a window contains the facts as of its end. wallet, time, raw_columns
    and raw_key are columns of the raw table, for a staging model that has to be written, and
    described_columns the lines about all of them in the YAML of the sources.
    """

    table: str
    kind: str
    model: str
    columns: list[str]
    is_state: bool = False
    is_new: bool = False
    holdings: str = ""
    keys: tuple[str, ...] = ()
    wallet: str = ""
    time: str = ""
    raw_columns: tuple[str, ...] = ()
    raw_key: tuple[str, ...] = ()
    described_columns: str = ""

    @property
    def staged_key(self) -> list[str]:
        """The columns of the staging model that identify a fact."""
        renamed = {self.wallet: "wallet_address", self.time: "occurred_at"}
        return [renamed.get(name, name) for name in self.raw_key]

    @property
    def metric_key(self) -> str:
        """The name of the metric, until a person chooses a better one."""
        return {"activity": self.model, "staging": self.table, "prices": "priced_days"}[self.kind]

    @property
    def unit(self) -> str:
        """The unit of the metric, in words."""
        return "days" if self.kind == "prices" else self.metric_key.replace("_", " ")

    @property
    def heading(self) -> str:
        """The subject of the model, as the beginning of a sentence."""
        if self.kind == "prices":
            return "Days with a price of what was held"
        return f"{self.unit[:1].upper()}{self.unit[1:]}, counted"

    @property
    def definition(self) -> str:
        """The definition of the metric."""
        if self.kind == "prices":
            return "Number of days with a price of what the cluster held then"
        return f"Number of {self.unit} of the cluster"


def facts_of(project: Path, table: str) -> Facts:
    """How to read the facts of a raw table. A table that raw does not have, and one without a
    column of wallets or of times, are a UsageError.

    The database is asked only about a table that no model reads yet.
    """
    name = table.removeprefix("raw.")
    pattern = rf"source\('raw', '{re.escape(name)}'\)"
    staging = _models_matching(project, pattern, "staging/stg_*")
    if not staging:
        with database.connect() as connection:
            database.require_migrated(connection)
            facts = _new_facts(raw_table(connection, name))
            described = yaml_of_columns(described_columns(connection, f"raw.{name}"))
            return replace(facts, described_columns=described)
    model = staging[0].stem
    if name in HOLDINGS:
        holdings, keys = HOLDINGS[name]
        found = Facts(name, "prices", model, _columns(staging[0]))
        return replace(found, holdings=holdings, keys=tuple(keys))
    activities = _models_matching(project, f"ref\\('{model}'\\)", "activity/*")
    if activities:
        nearest = min(activities, key=lambda path: _distance(path, name))
        columns = _columns(nearest)
        is_state = "occurred_at" not in columns
        return Facts(name, "activity", nearest.stem, _countable(columns), is_state)
    columns = _columns(staging[0])
    for needed in ("wallet_address", "occurred_at"):
        if needed not in columns:
            raise UsageError(
                f"{model}, which reads raw.{name}, has no column {needed}, "
                "so that its facts belong to nobody"
            )
    return Facts(name, "staging", model, _countable(columns))


def _new_facts(raw: Table) -> Facts:
    """The facts of a raw table that no model reads yet: which columns are its wallet and time."""
    wallet = _first_column(raw, lambda column: column.form == "address")
    if wallet is None:
        raise UsageError(
            f"raw.{raw.name} names no wallet: no column has a check '.. is {ADDRESS_RULE}'"
        )
    time = _first_column(raw, lambda column: column.type == "timestamp with time zone")
    if time is None:
        raise UsageError(f"raw.{raw.name} tells no time: it has no column of type timestamptz")
    others = tuple(column.name for column in raw.columns if column.name not in (wallet, time))
    return Facts(
        raw.name,
        "staging",
        f"stg_{raw.name}",
        _countable(list(others)),
        is_new=True,
        wallet=wallet,
        time=time,
        raw_columns=others,
        raw_key=tuple(raw.key),
    )


def _first_column(raw: Table, matches: Callable[[Column], bool]) -> str | None:
    """The first column that matches; columns that are not null come before the others."""
    columns = sorted(filter(matches, raw.columns), key=lambda column: not column.is_required)
    return columns[0].name if columns else None


def _models_matching(project: Path, pattern: str, models: str) -> list[Path]:
    """The models of a folder whose SQL matches a pattern, sorted by name."""
    return [
        path
        for path in sorted(project.glob(f"models/{models}.sql"))
        if re.search(pattern, path.read_text())
    ]


def _distance(activity: Path, table: str) -> tuple[bool, bool, int, str]:
    """A sort key by which the activity model comes first that is closest to the raw facts: the
    one with the name of the table, then those that only add cluster and window, then those that
    read the fewest models."""
    text = activity.read_text()
    return (
        activity.stem != table,
        "by_cluster_and_window(" not in text,
        len(re.findall(r"ref\(", text)),
        activity.stem,
    )


def _columns(model: Path) -> list[str]:
    """The columns of a model, from its YAML."""
    (found,) = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
    return [column["name"] for column in found["columns"]]


def _countable(columns: list[str]) -> list[str]:
    """The columns by which facts can be counted or filtered."""
    return [column for column in columns if column not in _KEYS]
