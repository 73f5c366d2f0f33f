"""The file of a proof: what it holds, how it is written, and reading it, which refuses whatever is
no proof with one sentence that names the value."""

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec

from hedge.errors import UsageError
from hedge.ids import LARGEST_INTEGER

#: The version of the format.
FORMAT = 1
Window = Literal["all_time", "rolling_180d"]
#: The windows of which a proof says everything: those of seasons depend on rows of app.seasons.
WINDOWS: tuple[str, ...] = get_args(Window)
#: A sentence shows so much of a wrong value.
_SHOWN = 60
#: Instants outside of these years are none of a chain, and not all of them are ones of Python.
_YEARS = range(1970, 9999)


class _Wrong(Exception):
    """What is wrong with a file, without its name."""


def _matching(pattern: str) -> Any:
    # `$` would let a line break pass at the end
    return msgspec.Meta(pattern=rf"^(?:{pattern})\Z")


Address = Annotated[str, _matching("0x[0-9a-f]{40}")]
Word = Annotated[str, _matching("0x[0-9a-f]{64}")]
Bytes = Annotated[str, _matching("0x([0-9a-f]{2})*")]
#: Text of a number that is one for Python and PostgreSQL alike, so neither "NaN" nor "1e9".
Value = Annotated[str, _matching(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Small = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Link(msgspec.Struct, forbid_unknown_fields=True):
    """An active wallet link."""

    address: Address
    chain: str
    linked_at: Instant
    verified_at: Instant | None


class Log(msgspec.Struct, forbid_unknown_fields=True):
    """A log with its content; the hash of the block is None where a file did not say it."""

    chain_id: Small
    block_number: Natural
    block_hash: Word | None
    tx_hash: Word
    log_index: Small
    address: Address
    topics: Annotated[list[Word], msgspec.Meta(max_length=4)]
    data: Bytes


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A row of a raw table and its key, as the database writes them: numbers keep all digits."""

    table: Name
    key: dict[str, Any]
    fact: msgspec.Raw


class Proof(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A proof as its file has it. Values are text with all digits."""

    format: int
    hedge: str
    cluster: Name
    challenge: Name
    metric_source: Name
    metric_key: Name
    window: Window
    as_of: Instant
    value: Value
    project: str
    seeds: dict[str, str]
    links: list[Link]
    logs: list[Log]
    facts: list[Entry]
    prices: list[Entry]


def written(proof: Proof) -> bytes:
    """The text of a proof, a line for each entry of its lists."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def read(content: bytes, name: str) -> Proof:
    """A proof from its text; a UsageError says in one sentence what is wrong with it."""
    try:
        return _read(content)
    except _Wrong as wrong:
        raise UsageError(f"{name} is no proof of hedge chain prove: {wrong}") from None


def _read(content: bytes) -> Proof:
    document = _document(content)
    if not isinstance(document, dict):
        raise _Wrong(f"it is {_shown(document)} and no JSON object")
    version = document.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise _Wrong(f"its format is {_shown(version)}, and this version reads {FORMAT}")
    try:
        proof = msgspec.json.decode(content, type=Proof)
    except msgspec.ValidationError as error:
        raise _Wrong(_named(str(error), document)) from error
    _require_instants(proof)
    if Decimal(proof.value) and not proof.logs:
        raise _Wrong(f"its value is {proof.value}, and it lists no log, so it proves nothing")
    for place, entries in (("facts", document["facts"]), ("prices", document["prices"])):
        for number, entry in enumerate(entries):
            if not isinstance(entry["fact"], dict):
                raise _Wrong(f"{place}[{number}].fact is {_shown(entry['fact'])} and no object")
    _require_once("links", (one.address for one in proof.links))
    _require_once("logs", ((one.chain_id, one.tx_hash, one.log_index) for one in proof.logs))
    _require_once("facts", map(_entry_key, proof.facts))
    _require_once("prices", map(_entry_key, proof.prices))
    return proof


def _document(content: bytes) -> Any:
    """The JSON of a file, every value of which PostgreSQL can hold."""
    try:
        content.decode()
        document = msgspec.json.decode(content)
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise _Wrong(f"byte {error.start + 1:,} (0x{byte:02x}) is no UTF-8") from error
    except RecursionError as error:
        raise _Wrong("its JSON is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise _Wrong(str(error)) from error
    if b"\\u0000" in content and (found := _with_nul(document)):
        raise _Wrong(f"{_shown(found)} contains the character NUL")
    return document


def _with_nul(value: Any) -> str | None:
    """A text of a document that contains the character NUL, which PostgreSQL has not."""
    if isinstance(value, str):
        return value if "\0" in value else None
    parts: Iterable[Any] = ()
    if isinstance(value, dict):
        parts = (*value.keys(), *value.values())
    elif isinstance(value, list):
        parts = value
    return next((found for part in parts if (found := _with_nul(part)) is not None), None)


def _named(message: str, document: Any) -> str:
    """A message of msgspec about a value, with what the value is."""
    text, _, path = message.partition(" - at `$")
    if not path:
        return message
    path = path.rstrip("`").lstrip(".")
    value = document
    try:
        for name, place in re.findall(r"(\w+)|\[(\d+)\]", path):
            value = value[name] if name else value[int(place)]
    except (LookupError, TypeError):
        return f"{path}: {text}"
    if "[...]" in path or isinstance(value, dict):
        return f"{path}: {text}"
    return f"{path} is {_shown(value)}: {text}"


def _shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _require_instants(proof: Proof) -> None:
    """Refuse instants that are centuries away."""
    found = {"as_of": proof.as_of}
    for number, link in enumerate(proof.links):
        found[f"links[{number}].linked_at"] = link.linked_at
        if link.verified_at is not None:
            found[f"links[{number}].verified_at"] = link.verified_at
    for place, at in found.items():
        if at.year not in _YEARS:
            raise _Wrong(f"{place} is {at.replace(tzinfo=UTC).isoformat()}, which is out of range")


def _entry_key(entry: Entry) -> str:
    return f"{entry.table} {json.dumps(entry.key, sort_keys=True, default=str)}"


def _require_once(part: str, keys: Iterable[Hashable]) -> None:
    """Refuse what a list has twice: a wallet that is linked twice would count twice."""
    for key, times in Counter(keys).items():
        if times > 1:
            shown = " ".join(map(str, key)) if isinstance(key, tuple) else key
            raise _Wrong(f"{part} has {shown} {times} times")
