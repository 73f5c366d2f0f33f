"""The settings of Hedge, all from environment variables: their names, defaults and values.

`hedge settings` lists them. docs/operate.md says what each means.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from hedge import setting_values as values
from hedge.errors import UsageError, raise_faults
from hedge.suggestions import nearest

#: The dbt project that comes with this package: a folder of the wheel, or the checkout.
_OF_WHEEL = Path(__file__).resolve().parent / "dbt_project"
PACKAGED_PROJECT = _OF_WHEEL if _OF_WHEEL.is_dir() else Path(__file__).resolve().parent.parent

#: How the names of all settings begin.
PREFIX = "HEDGE_"
#: How the names of variables go on that tests and benchmarks of Hedge read, which are no settings.
_OF_TESTS = ("BENCH_", "CLOCK_SHIFT", "ORACLE_SEED", "PREPARED_SERVER", "RECORD_", "TEST_")


@dataclass(frozen=True)
class Setting:
    """A setting. parse reads its text; shown is what may be shown of the text. A setting of the
    service is read by `hedge serve` only."""

    name: str
    default: str = ""
    parse: values.Parse = values.text
    shown: Callable[[str], str] = values.text
    is_of_service: bool = False
    is_required_in_production: bool = False
    #: Whether a value that is set and empty is another one than the default.
    may_be_empty: bool = True

    @property
    def text(self) -> str:
        """The text in the environment, else the default."""
        given = os.environ.get(self.name, self.default)
        return given or (self.default if self.may_be_empty else given)

    def value(self) -> Any:
        """The value; a text that is none is a UsageError. None where nothing is set and there is
        no default."""
        if not self.text and self.may_be_empty:
            return None
        try:
            return self.parse(self.text)
        except ValueError as error:
            quoted = "" if self.shown is not values.text else f" is '{self.text[:80]}',"
            raise UsageError(f"{self.name}{quoted} {error}") from None


_of_service = partial(Setting, is_of_service=True)


_SETTINGS = (
    Setting("HEDGE_DATABASE_URL", "", values.database_url, values.without_password),
    Setting("HEDGE_HOME"),
    Setting("HEDGE_PROJECT"),
    Setting("HEDGE_DBT", "in-process", values.word("in-process", "subprocess")),
    Setting("HEDGE_COMPUTE_TIMEOUT", "600", values.whole_number(86_400, "seconds")),
    Setting("HEDGE_DEPLOY_WAIT", "600", values.whole_number(86_400, "seconds")),
    Setting("HEDGE_LARGE_MOVE", "25", values.per_cent),
    Setting("HEDGE_MERGE_UNDO_DAYS", "30", values.whole_number(365, "days")),
    Setting("HEDGE_MAX_REJECTED", "50", values.per_cent),
    Setting("HEDGE_DECODE_JOBS", "", values.whole_number(32)),
    Setting("HEDGE_WEBHOOK_NETWORKS", "", values.listed(values.network)),
    Setting("HEDGE_LOG_TO", "stderr", values.word("stderr", "stdout")),
    # An empty one, of a deployment whose own variable is not set, must not mean development.
    _of_service(
        "HEDGE_ENV",
        "development",
        values.word("development", "production"),
        may_be_empty=False,
    ),
    _of_service(
        "HEDGE_PUBLIC_URL",
        "http://127.0.0.1:8000",
        values.public_url,
        is_required_in_production=True,
    ),
    _of_service("HEDGE_SECRET_KEY", "", values.key, values.masked, is_required_in_production=True),
    _of_service("HEDGE_DISCORD_CLIENT_ID", is_required_in_production=True),
    _of_service(
        "HEDGE_DISCORD_CLIENT_SECRET",
        "",
        values.text,
        values.masked,
        is_required_in_production=True,
    ),
    _of_service("HEDGE_DISCORD_URL", "https://discord.com", values.public_url),
    _of_service("HEDGE_EVM_RPC_URL", "", values.node_url, values.without_path),
    _of_service("HEDGE_ORIGINS", "", values.listed(values.origin)),
    _of_service("HEDGE_METRICS_TOKEN", "", values.bearer_token, values.masked),
    _of_service("HEDGE_SESSION_IDLE_DAYS", "14", values.whole_number(365, "days")),
    _of_service("HEDGE_TRUSTED_PROXIES", "", values.listed(values.network)),
    _of_service("HEDGE_ADMIN_SIGN_INS_A_MINUTE", "10", values.whole_number(1_000_000)),
    _of_service("HEDGE_SIGN_INS_A_MINUTE", "30", values.whole_number(1_000_000)),
    _of_service("HEDGE_LINKS_A_MINUTE", "60", values.whole_number(1_000_000)),
    _of_service("HEDGE_PAST_ENDS_A_MINUTE", "30", values.whole_number(1_000_000)),
    _of_service("HEDGE_STREAMS_PER_ADDRESS", "20", values.whole_number(1_000_000)),
    _of_service("HEDGE_STREAMS", "5000", values.whole_number(1_000_000)),
)
SETTINGS: Mapping[str, Setting] = {one.name: one for one in _SETTINGS}
#: The settings of which there is one for each chain.
_CHAIN_URL = re.compile("HEDGE_CHAIN_URL_([1-9][0-9]{0,8})")


def value(name: str) -> Any:
    """The value of a setting; a text that is none is a UsageError."""
    return SETTINGS[name].value()


def is_production() -> bool:
    """Whether HEDGE_ENV says that the service is in the open."""
    return bool(value("HEDGE_ENV") == "production")


def require_valid(*, of_service: bool) -> None:
    """Raise a UsageError that lists what is wrong with the settings, one per line; with those of
    the service only where it is to start."""
    raise_faults(
        [fault for one in listed() if of_service or not one.is_of_service for fault in one.faults],
        UsageError,
    )


@dataclass(frozen=True)
class Listed:
    """A setting as `hedge settings` shows it. value is masked where it is a secret, and None where
    there is none; source says where it came from; faults are sentences."""

    name: str
    value: str | None
    source: str
    is_of_service: bool
    faults: list[str]


def listed() -> list[Listed]:
    """All settings with their values, where each came from, and what is wrong with it."""
    production = _faults(is_production) == [] and is_production()
    return [
        Listed(one.name, *_value_and_source(one), one.is_of_service, _all_faults(one, production))
        for one in (*SETTINGS.values(), *_of_chains().values())
    ]


def _of_chains() -> dict[int, Setting]:
    """The settings of chains that are set, by the number of the chain."""
    found = filter(None, map(_CHAIN_URL.fullmatch, sorted(os.environ)))
    return {
        int(match[1]): Setting(match[0], "", values.chain_url, values.without_path)
        for match in found
        if os.environ[match[0]]
    }


def _value_and_source(one: Setting) -> tuple[str | None, str]:
    if os.environ.get(one.name):
        return one.shown(os.environ[one.name]), "environment"
    if one.name in _SEARCHED and not _faults(_SEARCHED[one.name]):
        return str(_SEARCHED[one.name]()), "found from the current folder"
    return (one.shown(one.text) if one.text else None), "default"


def _all_faults(one: Setting, production: bool) -> list[str]:
    found = _faults(_SEARCHED.get(one.name, one.value))
    if found or not production:
        return found
    if one.is_required_in_production and not os.environ.get(one.name):
        return [f"in production {one.name} must be set"]
    if one.parse in (values.public_url, SETTINGS["HEDGE_ORIGINS"].parse):
        addresses = one.value() or ()
        return [
            f"in production {one.name} must be https, and '{address}' is not"
            for address in ((addresses,) if isinstance(addresses, str) else addresses)
            if not address.startswith("https://")
        ]
    return []


def _faults(read: Callable[[], Any]) -> list[str]:
    try:
        read()
    except UsageError as error:
        return [str(error)]
    return []


def unknown(names: Iterable[str]) -> list[str]:
    """A sentence about each name of a variable that begins like a setting and is none."""
    sentences = []
    for name in sorted(names):
        is_ours = name.startswith(PREFIX) and not name.removeprefix(PREFIX).startswith(_OF_TESTS)
        if is_ours and name not in SETTINGS and not _CHAIN_URL.fullmatch(name):
            known = (one.removeprefix(PREFIX) for one in SETTINGS)
            near = nearest(name.removeprefix(PREFIX), known)
            suggestion = f"; did you mean {PREFIX}{near}?" if near else ""
            sentences.append(f"{name} is no setting of Hedge{suggestion}")
    return sentences


def project() -> Path:
    """The dbt project that commands read edits from: HEDGE_PROJECT, else the nearest folder, from
    the current one upward, that holds a dbt_project.yml of Hedge, else the project of the package.

    A HEDGE_PROJECT that is not a project is a UsageError.
    """
    named = os.environ.get("HEDGE_PROJECT")
    if named:
        folder = Path(named).expanduser().resolve()
        if not is_project(folder):
            raise UsageError(f"HEDGE_PROJECT names {named}, which has no dbt_project.yml of Hedge")
        return folder
    current = Path.cwd()
    # A deploy from a subfolder of a project must not deploy the project of the package.
    found = filter(is_project, (current, *current.parents))
    return next(found, PACKAGED_PROJECT)


def is_installed(project: Path) -> bool:
    """Whether a project lies inside an installed package, where nobody may edit it."""
    return project == _OF_WHEEL


def is_project(folder: Path) -> bool:
    """Whether a folder holds a dbt project of Hedge."""
    file = folder / "dbt_project.yml"
    return file.is_file() and "name: hedge" in file.read_text(errors="replace").splitlines()


def home() -> Path:
    """The folder of the embedded server and of kept files: HEDGE_HOME, else the nearest .hedge in
    the current folder or above it, else .hedge in the checkout or, for an installed package, in
    the current folder. It need not exist."""
    named = os.environ.get("HEDGE_HOME")
    return Path(named).expanduser().resolve() if named else _default_home()


def _default_home() -> Path:
    current = Path.cwd()
    for folder in (current, *current.parents):
        if (folder / ".hedge").is_dir():
            return folder / ".hedge"
    return (current if PACKAGED_PROJECT == _OF_WHEEL else PACKAGED_PROJECT) / ".hedge"


@contextlib.contextmanager
def overridden(**values: str | None) -> Iterator[None]:
    """Set environment variables of this process while the block runs; None removes one."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


#: The settings that are searched for where they are not set.
_SEARCHED: Mapping[str, Callable[[], Path]] = {"HEDGE_HOME": home, "HEDGE_PROJECT": project}


def external_database_url() -> str | None:
    """HEDGE_DATABASE_URL: the server to use instead of the embedded one."""
    url: str | None = value("HEDGE_DATABASE_URL")
    return url


def dbt() -> str:
    """HEDGE_DBT: how dbt is called, as a Python package in this process or as a program in another
    one."""
    return str(value("HEDGE_DBT"))


def logs_to_stdout() -> bool:
    """HEDGE_LOG_TO: whether the log goes to standard output, and not to standard error."""
    return bool(value("HEDGE_LOG_TO") == "stdout")


def compute_timeout() -> int:
    """HEDGE_COMPUTE_TIMEOUT: for how many seconds a preview or a deploy computes one model."""
    return int(value("HEDGE_COMPUTE_TIMEOUT"))


def deploy_wait() -> int:
    """HEDGE_DEPLOY_WAIT: for how many seconds a deploy waits for runs, and again for readers."""
    return int(value("HEDGE_DEPLOY_WAIT"))


def large_move() -> float:
    """HEDGE_LARGE_MOVE: the share of clusters, in per cent, above which a deploy that raises or
    lowers their values or tiers wants to be confirmed."""
    return float(value("HEDGE_LARGE_MOVE"))


def max_rejected() -> float:
    """HEDGE_MAX_REJECTED: the share of the rows of a file, in per cent, above which rejected rows
    make a load fail."""
    return float(value("HEDGE_MAX_REJECTED"))


def decode_jobs() -> int:
    """HEDGE_DECODE_JOBS: by how many sessions many logs are decoded; where it is not set, as many
    as there are processors here, and at most 4."""
    return int(value("HEDGE_DECODE_JOBS") or min(4, len(os.sched_getaffinity(0))))


def webhook_networks() -> tuple[IPv4Network | IPv6Network, ...]:
    """HEDGE_WEBHOOK_NETWORKS: networks that webhooks may call although they are not of the
    internet, also without https."""
    return tuple(value("HEDGE_WEBHOOK_NETWORKS") or ())


def chain_urls() -> dict[int, str]:
    """HEDGE_CHAIN_URL_<number>: the URLs of nodes by the numbers of their chains. They are secrets:
    keys of providers stand in them."""
    return {chain: str(one.value()) for chain, one in _of_chains().items()}
