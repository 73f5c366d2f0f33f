"""Where the facts of a raw table are to be had: which model reads them, and what it calls them."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import yaml

from hedge import settings
from hedge.errors import UsageError
from hedge.loading.tables import ADDRESS_RULE, Table, raw_table, read_checks

#: Prices belong to nobody: they count for whoever held what they are the price of, where the
#: columns of both agree.
HOLDINGS = {
    "lp_prices_daily": ("lp_positions", ["chain_id", "pool_id"]),
    "token_prices_daily": ("jewel_stakes", []),
}
#: What a model has besides that which facts are counted by.
_KEYS = {"cluster_id", "window_key", "window_ends_at", "wallet_address", "occurred_at"}


@dataclass(frozen=True)
class Facts:
    """The facts of a raw table as a metric model reads them.

    kind is how: `activity`, a model that gives each cluster its facts; `staging`, a model of
    plain facts, which is_new where it has to be written; `prices`, facts that count for who held
    something. is_state says that a window sees them as of its end. wallet and time are the
    columns of the raw table, where a staging model is to be written.
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

    @property
    def metric_key(self) -> str:
        """What the metric is called until somebody knows better."""
        return {"activity": self.model, "staging": self.table, "prices": "priced_days"}[self.kind]

    @property
    def unit(self) -> str:
        """What the metric counts, in words."""
        return "days" if self.kind == "prices" else self.metric_key.replace("_", " ")

    @property
    def heading(self) -> str:
        """What the model is about, as the beginning of a sentence."""
        if self.kind == "prices":
            return "Days with a price of what was held"
        return f"{self.unit[:1].upper()}{self.unit[1:]}, counted"

    @property
    def definition(self) -> str:
        """What the metric is."""
        if self.kind == "prices":
            return "Number of days with a price of what the cluster held then"
        return f"Number of {self.unit} of the cluster"


def facts_of(connection: psycopg.Connection, table: str) -> Facts:
    """How to read the facts of a raw table; one that raw does not have, or in which no wallet
    or no time can be found, is a UsageError."""
    raw = raw_table(connection, table)
    staging = _reading(f"source\\('raw', '{raw.name}'\\)", "staging/stg_*")
    if not staging:
        return _new_facts(connection, raw)
    model = staging[0].stem
    if raw.name in HOLDINGS:
        holdings, keys = HOLDINGS[raw.name]
        found = Facts(raw.name, "prices", model, _columns(staging[0]))
        return replace(found, holdings=holdings, keys=tuple(keys))
    activities = _reading(f"ref\\('{model}'\\)", "activity/*")
    if activities:
        nearest = min(activities, key=lambda path: _distance(path, raw.name))
        columns = _columns(nearest)
        is_state = "occurred_at" not in columns
        return Facts(raw.name, "activity", nearest.stem, _countable(columns), is_state)
    columns = _columns(staging[0])
    for needed in ("wallet_address", "occurred_at"):
        if needed not in columns:
            raise UsageError(
                f"{model}, which reads raw.{raw.name}, has no column {needed}, "
                "so that its facts belong to nobody"
            )
    return Facts(raw.name, "staging", model, _countable(columns))


def _new_facts(connection: psycopg.Connection, raw: Table) -> Facts:
    checks = read_checks(connection, f"raw.{raw.name}")
    addresses = {
        check.sentence.removesuffix(ADDRESS_RULE)
        for check in checks
        if check.sentence.endswith(ADDRESS_RULE)
    }
    wallet = _first(raw, lambda column: column.name in addresses)
    if wallet is None:
        raise UsageError(
            f"raw.{raw.name} names no wallet: no column has the check '..{ADDRESS_RULE}'"
        )
    time = _first(raw, lambda column: column.type == "timestamp with time zone")
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


def _first(raw: Table, is_one) -> str | None:
    """The first column of that kind, of those that are always filled if there are any."""
    found = sorted(filter(is_one, raw.columns), key=lambda column: not column.is_required)
    return found[0].name if found else None


def _reading(pattern: str, models: str) -> list[Path]:
    """The models that have a reference, by name."""
    return [
        path
        for path in sorted(settings.project().glob(f"models/{models}.sql"))
        if re.search(pattern, path.read_text())
    ]


def _distance(activity: Path, table: str) -> tuple:
    """How far an activity model is from the facts as they are: first the one that is called
    like the table, then those that only give facts their cluster, then those that read least."""
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
    return [column for column in columns if column not in _KEYS]
