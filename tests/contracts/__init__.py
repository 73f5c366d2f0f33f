"""The contracts of the game for tests: Game.sol has their events with the original signatures, and
for each a function that emits it with what it is given. Game.json has what a compiler made of it,
`python -m tests.contracts`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("Game.sol")
ARTIFACT = Path(__file__).with_name("Game.json")


@dataclass(frozen=True)
class Contract:
    """A compiled contract: its events as the ABI describes them, and the code of its account."""

    name: str
    events: list[dict[str, Any]]
    code: bytes

    def signature(self, event: str) -> str:
        """The declaration of an event as the seed chain_events writes it."""
        (found,) = [one for one in self.events if one["name"] == event]
        return f"{event}{_declared(found['inputs'])}"


def contracts() -> dict[str, Contract]:
    """The contracts by their names in the seeds."""
    return {
        name: Contract(name, found["events"], bytes.fromhex(found["code"]))
        for name, found in json.loads(ARTIFACT.read_text())["contracts"].items()
    }


def _declared(inputs: list[dict[str, Any]]) -> str:
    parameters = []
    for one in inputs:
        type_ = one["type"]
        if type_.startswith("tuple"):
            type_ = _declared(one["components"]) + type_.removeprefix("tuple")
        indexed = " indexed" if one.get("indexed") else ""
        parameters.append(f"{type_}{indexed} {one['name']}")
    return f"({', '.join(parameters)})"
