"""Events of contracts for tests: their signatures read without the macros of the project, values of
their parameters, and what a decoder shows for such values."""

import csv
import re
from dataclasses import dataclass
from typing import Any

import eth_abi
from eth_abi.exceptions import DecodingError
from eth_utils import keccak
from hypothesis import strategies as st

from tests import PROJECT

#: The largest number that a bigint holds.
BIGINT = 2**63 - 1


@dataclass(frozen=True)
class Parameter:
    """A parameter of an event, or a component of a tuple. base is a type such as uint256, or empty
    for a tuple; sizes are those of an array, None for any, the outermost last."""

    name: str
    base: str
    is_indexed: bool = False
    components: tuple["Parameter", ...] = ()
    sizes: tuple[int | None, ...] = ()

    @property
    def type(self) -> str:
        """The type as hashes of events have it, without names."""
        base = self.base or f"({','.join(one.type for one in self.components)})"
        return base + "".join(f"[{'' if size is None else size}]" for size in self.sizes)

    @property
    def item(self) -> "Parameter":
        """What an array has."""
        return Parameter(self.name, self.base, False, self.components, self.sizes[:-1])

    @property
    def is_word(self) -> bool:
        """Whether a topic holds the value itself."""
        return not self.sizes and self.base not in ("", "string", "bytes")


@dataclass(frozen=True)
class Event:
    """An event of a contract."""

    contract: str
    name: str
    signature: str
    topic0: bytes
    decoder: str
    parameters: tuple[Parameter, ...]

    @property
    def hash(self) -> bytes:
        """The hash of its name and types."""
        return keccak(text=f"{self.name}({','.join(one.type for one in self.parameters)})")

    @property
    def indexed(self) -> list[Parameter]:
        """The parameters in topics."""
        return [one for one in self.parameters if one.is_indexed]

    @property
    def others(self) -> list[Parameter]:
        """The parameters in the data."""
        return [one for one in self.parameters if not one.is_indexed]

    def decode(self, topics: list[bytes], data: bytes) -> list[Any] | None:
        """What eth-abi reads in a log, the parameters in topics first; None where it refuses."""
        values: list[Any] = []
        try:
            for one, topic in zip(self.indexed, topics, strict=True):
                values += eth_abi.decode([one.type], topic) if one.is_word else [topic]
            return [*values, *eth_abi.decode([one.type for one in self.others], data)]
        # of a length that no machine could read, and of text that is none
        except (DecodingError, OverflowError, UnicodeDecodeError):
            return None

    def encode(self, values: list[Any]) -> tuple[list[bytes], bytes]:
        """The topics after the first one, and the data, for values in the order of decode()."""
        split = len(self.indexed)
        topics = [
            eth_abi.encode([one.type], [value]) if one.is_word else value
            for one, value in zip(self.indexed, values[:split], strict=True)
        ]
        return topics, eth_abi.encode([one.type for one in self.others], values[split:])

    def shown(self, values: list[Any], columns: list[str]) -> list[Any]:
        """What a decoder shows of such values, whose columns of parameters have these types."""
        found: list[Any] = []
        split = len(self.indexed)
        for one, value in zip(self.indexed, values[:split], strict=True):
            found += _flat(one, value) if one.is_word else [(HASH, value)]
        for one, value in zip(self.others, values[split:], strict=True):
            found += _flat(one, value)
        assert len(found) == len(columns)
        return [_shown(*each, type_) for each, type_ in zip(found, columns, strict=True)]


#: What is in the topic of a value that is no word.
HASH = Parameter("hash", "bytes32")


def event(contract: str, signature: str, topic0: str = "", decoder: str = "") -> Event:
    """An event by its signature, with the hash of it where no other topic is given."""
    name, _, rest = signature.partition("(")
    found = Event(contract, name, signature, b"", decoder, _parameters(rest.strip()[:-1]))
    topic = bytes.fromhex(topic0.removeprefix("0x")) or found.hash
    return Event(contract, name, signature, topic, decoder, found.parameters)


def events() -> list[Event]:
    """The events of the seed."""
    with (PROJECT / "seeds/chain_events.csv").open(newline="") as lines:
        return [
            event(row["contract"], row["signature"], row["topic0"], row["decoder"])
            for row in csv.DictReader(lines)
        ]


def _parameters(text: str) -> tuple[Parameter, ...]:
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(_parameter(part.strip()) for part in parts if part.strip())


def _parameter(text: str) -> Parameter:
    type_, _, name = text.rpartition(" ")
    indexed = type_.endswith(" indexed")
    base, sizes = re.fullmatch(r"(?s)(.*?)((?:\[\d*\])*)", type_.removesuffix(" indexed")).groups()
    return Parameter(
        name,
        "" if base.startswith("(") else base,
        indexed,
        _parameters(base[1:-1]) if base.startswith("(") else (),
        tuple(int(size) if size else None for size in re.findall(r"\[(\d*)\]", sizes)),
    )


def values_of(one: Parameter) -> st.SearchStrategy[Any]:
    """Values of a parameter, of its component or of an item, as eth-abi encodes them."""
    if one.sizes:
        size = one.sizes[-1]
        items = values_of(one.item)
        return st.lists(items, min_size=size or 0, max_size=8 if size is None else size)
    if one.components:
        return st.tuples(*map(values_of, one.components))
    match re.fullmatch(r"([a-z]+)(\d*)", one.base).groups():
        case "uint", bits:
            return _numbers(0, 2 ** int(bits) - 1)
        case "int", bits:
            return _numbers(-(2 ** (int(bits) - 1)), 2 ** (int(bits) - 1) - 1)
        case "bool", _:
            return st.booleans()
        case "address", _:
            return st.binary(min_size=20, max_size=20).map(lambda found: f"0x{found.hex()}")
        case "string", _:
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
        case "bytes", "":
            return st.binary(max_size=70)
        case "bytes", width:
            return st.binary(min_size=int(width), max_size=int(width))
    raise ValueError(one.base)


def _numbers(low: int, high: int) -> st.SearchStrategy[int]:
    """Numbers of a type, often its ends and what a bigint just holds or does not hold."""
    edges = [
        edge
        for edge in (low, high, 0, 1, 2**32, BIGINT, BIGINT + 1, 2**64, 2**224)
        if low <= edge <= high
    ]
    return st.one_of(
        st.sampled_from(edges), st.integers(low, high), st.integers(low, min(high, 99))
    )


def topics_of(one: Parameter) -> st.SearchStrategy[Any]:
    """Values of an indexed parameter; of one that is no word, what stands in its topic."""
    return values_of(one if one.is_word else HASH)


def _flat(one: Parameter, value: Any) -> list[tuple[Parameter, Any]]:
    """The columns of a value: one, or those of the components of a tuple."""
    if one.components and not one.sizes:
        pairs = zip(one.components, value, strict=True)
        return [column for component, part in pairs for column in _flat(component, part)]
    return [(one, value)]


def _shown(one: Parameter, value: Any, type_: str) -> Any:
    """A value in a column of a type. A number or text that the type cannot hold is null."""
    if one.sizes:
        item = "jsonb" if type_ == "jsonb" else type_.removesuffix("[]")
        return [_shown(one.item, each, item) for each in value]
    if one.components:
        pairs = zip(one.components, value, strict=True)
        return {_snake_case(part.name): _shown(part, each, "jsonb") for part, each in pairs}
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return None if one.base == "string" and "\0" in value else value
    if isinstance(value, bool):
        return value
    is_bigint = type_ == "bigint" or (type_ == "jsonb" and re.search(r"(^id|Ids?)$", one.name))
    return None if is_bigint and value > BIGINT else value


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
