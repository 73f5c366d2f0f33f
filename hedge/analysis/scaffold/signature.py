"""The signature of an event of a contract: its first topic, and the columns that decoded_log
(macros/chain) makes of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hedge.errors import UsageError

_WORDS = """
all analyse analyze and any array as asc both case cast check collate column constraint create
current_date current_role current_time current_user default desc distinct do else end except false
fetch for foreign from grant group having in initially intersect into lateral leading limit
localtime not null offset on only or order placing primary references returning select
session_user some symmetric table then to trailing true union unique user using variadic when
where window with
"""
#: Words that a query takes for SQL where they are the name of a column.
RESERVED = frozenset(_WORDS.split())
_BASE = re.compile(r"u?int(\d+)|address|bool|string|bytes(\d*)")
_PARAMETER = re.compile(r"(?P<type>.*?)(?P<sizes>(?:\[\d*\])*)(?P<indexed> indexed)? (?P<name>\w+)")


@dataclass(frozen=True)
class Parameter:
    """A parameter of an event, or a component of a tuple. base is a type such as uint256, empty for
    a tuple; sizes are those of an array, such as []."""

    name: str
    base: str
    sizes: str
    is_indexed: bool
    components: tuple["Parameter", ...]

    @property
    def type(self) -> str:
        """The type as hashes of events have it, without names."""
        return (self.base or f"({','.join(one.type for one in self.components)})") + self.sizes

    def columns(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """The names of its columns before they are renamed, with what is said of each."""
        name = prefix + snake_case(self.name)
        if self.is_indexed and (self.components or self.sizes or self.base in ("string", "bytes")):
            yield f"{name}_hash", f"The hash of {self.name}."
        elif self.components and not self.sizes:
            for one in self.components:
                yield from one.columns(f"{name}__")
        else:
            yield name, f"The parameter {self.name}, {self.type}."


@dataclass(frozen=True)
class Event:
    """An event: the signature with single blanks, and its parameters."""

    name: str
    signature: str
    parameters: tuple[Parameter, ...]

    @property
    def topic0(self) -> str:
        """The hash of the name and the types, 0x and 64 hex digits."""
        from eth_utils import keccak

        types = ",".join(one.type for one in self.parameters)
        return "0x" + keccak(text=f"{self.name}({types})").hex()

    @property
    def topics(self) -> int:
        """How many topics its logs have."""
        return 1 + sum(one.is_indexed for one in self.parameters)

    @property
    def names(self) -> list[str]:
        """The names of its parameters and of the components of tuples, as the contract has them."""
        found: list[Parameter] = list(self.parameters)
        for one in found:
            found += one.components
        return [one.name for one in found]

    def columns(self, names: Mapping[str, str]) -> dict[str, str]:
        """What is said of each column of its decoder, with other names for some. A UsageError for
        two of a name, and for one that is a word of SQL."""
        ordered = sorted(self.parameters, key=lambda one: not one.is_indexed)
        found: dict[str, str] = {}
        for plain, meaning in (column for one in ordered for column in one.columns()):
            name = names.get(plain, plain)
            if name in RESERVED or name in found:
                why = "is a word of SQL" if name in RESERVED else "is there twice"
                raise UsageError(
                    f"the column {name} of {self.name} {why}: give it another name, such as"
                    f" --rename {plain}=other_{plain}"
                )
            found[name] = meaning
        return found


def read(signature: str) -> Event:
    """The event of a signature, such as `Transfer(address indexed sender, uint256 amount)`. A
    UsageError that names what is none."""
    text = " ".join(signature.removesuffix(";").removeprefix("event ").split())
    match = re.fullmatch(r"(\w+) ?\((.*)\)", text)
    if match is None:
        raise UsageError(
            f"'{signature}' is no signature of an event, such as"
            " 'Transfer(address indexed sender, address indexed receiver, uint256 amount)'"
        )
    name, inner = match.groups()
    event = Event(name, f"{name}({inner})", tuple(_parameters(inner)))
    if event.topics > 4:
        raise UsageError(f"{name} has {event.topics - 1} indexed parameters: a log has at most 3")
    return event


def snake_case(name: str) -> str:
    """A name of a contract as that of a column, as the macro snake_case makes it."""
    parts = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parts).lower()


def _parameters(text: str) -> Iterator[Parameter]:
    for part in _split(text):
        match = _PARAMETER.fullmatch(part)
        if match is None or match["type"] == "":
            raise UsageError(
                f"'{part}' is no parameter with a type and a name, such as 'uint8 kind'"
            )
        components: tuple[Parameter, ...] = ()
        base = match["type"]
        if base.startswith("(") and base.endswith(")"):
            components, base = tuple(_parameters(base[1:-1])), ""
        else:
            _require_type(base, part)
        yield Parameter(
            match["name"], base, match["sizes"], match["indexed"] is not None, components
        )


def _split(text: str) -> list[str]:
    """The parameters of a list, which commas separate outside of parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    if depth:
        raise UsageError(f"the parentheses of '{text}' do not match")
    return [part.strip() for part in parts] if text.strip() else []


def _require_type(base: str, part: str) -> None:
    match = _BASE.fullmatch(base)
    bits, size = match.groups() if match else (None, None)
    if (
        match is None
        or (bits and (int(bits) % 8 or not 8 <= int(bits) <= 256 or bits[0] == "0"))
        or (size and (not 1 <= int(size) <= 32 or size[0] == "0"))
    ):
        full = f": write {base}256" if base in ("int", "uint") else ""
        raise UsageError(f"'{base}' of '{part}' is no type of a parameter{full}")
