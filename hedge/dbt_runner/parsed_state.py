"""What dbt keeps of a parse (partial_parse.msgpack), edited for one invocation of the program.

The program goes on from a parsed project if that was made of the same dbt_project.yml, and with
--no-partial-parse-file-diff it does not look at any other file. So an invocation gets a folder of
its own with a dbt_project.yml, in which the variables of the run stand, and what was parsed before.
That saves six seconds of parsing, and lets a part of the project go to a scratch schema.

This file is dbt's own business, and its format that of one version, which is pinned. dbt is not
imported to read it: it is MessagePack with two extensions, for dates and times.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgpack
import yaml

from hedge.dbt_runner.interface import Invocation, Scratch

#: The codes under which dbt writes dates and times.
_DATE, _TIME = 1, 2
#: Parts of a parsed project that read models and are not built.
_READERS = ("exposures", "metrics", "semantic_models", "saved_queries")


def prepare(invocation: Invocation, content: bytes, folder: Path, connection: str) -> bytes:
    """Write a dbt_project.yml with the variables of an invocation into a folder, and return what
    dbt has to find as its last parse of that folder. connection is the hash of the one that it
    will use."""
    state = unpacked(content)
    text = _project_file(invocation)
    (folder / "dbt_project.yml").write_text(text, encoding="utf-8")
    check = state["state_check"]
    check["project_hashes"]["hedge"]["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    check["profile_hash"]["checksum"] = connection
    if invocation.scratch is not None:
        _retarget(state, invocation.scratch)
    for node in (*state["nodes"].values(), *state["sources"].values()):
        node["database"] = invocation.database
        if node["resource_type"] == "seed":
            node["root_path"] = str(invocation.project)
    return _packed(state)


def without_checksums(content: bytes, files: Collection[str]) -> bytes:
    """What dbt keeps of a parse, from which dbt goes on as if it had not seen some files, named by
    their paths in the project.

    dbt compares files after it has made one space of each run of spaces and line breaks, and reads
    none that was modified when it was at an earlier parse; for YAML files that may be any of them.
    Alone it would go on with the old content where only the indentation of YAML or the spaces in a
    text have changed, and where a file was put back together with its time.
    """
    state = unpacked(content)
    for name, file in state["files"].items():
        if name.partition("://")[2] in files:
            file["checksum"]["checksum"] = ""
            file["path"]["modification_time"] = 0.0
    return _packed(state)


def unpacked(content: bytes) -> dict[str, Any]:
    """What dbt keeps of a parse, as data."""
    state: dict[str, Any] = msgpack.unpackb(content, ext_hook=_read_extension, raw=False)
    return state


def _packed(state: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(state, default=_write_extension, use_bin_type=True)
    return packed


def _project_file(invocation: Invocation) -> str:
    """The text of dbt_project.yml with the variables of an invocation. As arguments they could be
    too long: Linux allows 128 kB for one, and a run may name thousands of clusters."""
    path = invocation.project / "dbt_project.yml"
    project: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    variables = project.setdefault("vars", {})
    variables.update(invocation.variables)
    if isinstance(variables.get(project["name"]), Mapping):
        # Those of the project have precedence over those of all packages.
        variables[project["name"]].update(invocation.variables)
    return yaml.safe_dump(project, sort_keys=False, allow_unicode=True)


def _retarget(state: dict[str, Any], scratch: Scratch) -> None:
    """Let the nodes of a Scratch be built in its schema."""
    state["nodes"] = {
        key: node for key, node in state["nodes"].items() if node["resource_type"] in scratch.kinds
    }
    if not scratch.tests:
        state["unit_tests"] = {}
    state.update({part: {} for part in _READERS})
    for key in scratch.sources:
        state["sources"][key]["schema"] = scratch.schema
    for key in scratch.nodes:
        state["nodes"][key]["schema"] = scratch.schema
    for key, statement in scratch.settings.items():
        node = state["nodes"][key]
        node["config"]["materialized"] = "table"
        node["constraints"] = [one for one in node["constraints"] if one["type"] != "foreign_key"]
        hook = {**node["config"]["pre-hook"][0], "sql": statement}
        node["config"]["pre-hook"] = [hook]


def _read_extension(code: int, content: bytes) -> Any:
    if code == _DATE:
        return date.fromisoformat(content.decode())
    if code == _TIME:
        return datetime.fromisoformat(content.decode())
    return msgpack.ExtType(code, content)


def _write_extension(one: Any) -> Any:
    if isinstance(one, datetime):
        return msgpack.ExtType(_TIME, one.isoformat().encode())
    if isinstance(one, date):
        return msgpack.ExtType(_DATE, one.isoformat().encode())
    raise TypeError(f"{type(one).__name__} is no part of a parsed project")
