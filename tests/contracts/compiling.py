"""Compiles Game.sol with the compiler solc of npm, which is downloaded where it is missing."""

import json
import re
import subprocess
import tempfile
from typing import Any

from tests.contracts import ARTIFACT, SOURCE

#: The version of the package, which is that of the compiler.
VERSION = "0.8.30"
COMMAND = ["npm", "exec", "--yes", f"--package=solc@{VERSION}", "--", "solcjs", "--standard-json"]
#: Without a hash of the sources at the end of the code, which would change with each comment.
SETTINGS: dict[str, Any] = {
    "evmVersion": "paris",
    "optimizer": {"enabled": True, "runs": 1},
    "viaIR": True,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}


def compiled() -> dict[str, Any]:
    """What Game.json is to hold. RuntimeError with the messages of the compiler."""
    asked = {
        "language": "Solidity",
        "sources": {SOURCE.name: {"content": SOURCE.read_text()}},
        "settings": SETTINGS
        | {"outputSelection": {"*": {"*": ["abi", "evm.deployedBytecode.object"]}}},
    }
    # the compiler ends before a pipe has taken all that it writes
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run(COMMAND, input=json.dumps(asked), stdout=output, text=True, check=True)
        output.seek(0)
        written = output.read()
    # a line about solvers that are not there comes first
    answer = json.loads(written[written.index("{") :])
    if errors := answer.get("errors"):
        raise RuntimeError("\n".join(one["formattedMessage"] for one in errors))
    return {
        "compiler": {"solc": VERSION} | SETTINGS,
        "contracts": {
            _snake_case(name): {
                "events": [
                    {"name": one["name"], "inputs": _without_internal_types(one["inputs"])}
                    for one in found["abi"]
                    if one["type"] == "event"
                ],
                "code": found["evm"]["deployedBytecode"]["object"],
            }
            for name, found in sorted(answer["contracts"][SOURCE.name].items())
            if found["evm"]["deployedBytecode"]["object"]
        },
    }


def text_of(artifact: dict[str, Any]) -> str:
    """The artifact as a file, with a line for each event."""
    text = json.dumps(artifact, indent=1)
    joined = re.sub(r"\n {5,}(?=[\[\]{}\"])", " ", text)
    assert json.loads(joined) == artifact
    return joined + "\n"


def main() -> None:
    """Write Game.json."""
    ARTIFACT.write_text(text_of(compiled()))


def _without_internal_types(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in inputs:
        kept = {key: value for key, value in one.items() if key != "internalType"}
        if "components" in kept:
            kept["components"] = _without_internal_types(kept["components"])
        found.append(kept)
    return found


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
