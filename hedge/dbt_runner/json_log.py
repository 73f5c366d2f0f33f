"""The JSON log of dbt (--log-format json), and its run_results.json, as results of nodes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hedge.dbt_runner.interface import Listener, NodeInfo, NodeResult, written_rows

#: Events by which dbt says that it does not use what was parsed before.
_PARSES_ANEW = ("UnableToPartialParse", "ParsedFileLoadFailed", "PartialParsingNotEnabled")
#: Statuses that the log has for those of the results.
_SPELLINGS = {"runtime_error": "runtime error"}


class Log:
    """Reads the JSON log of one invocation, line by line, and tells a listener.

    error is what dbt says where the invocation fails as a whole; parses_anew why it does not take
    what was parsed before; others are lines that are no JSON, such as a traceback of Python.
    """

    def __init__(self, listener: Listener) -> None:
        """Begin with nothing read."""
        self.listener = listener
        self.has_begun = False
        self.has_taken_parsed = False
        self.error: str | None = None
        self.parses_anew: str | None = None
        self.others: list[str] = []

    def read(self, line: bytes) -> None:
        """Read one line."""
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (ValueError, TypeError, KeyError):
            text = line.decode(errors="replace").strip()
            if text:
                self.others.append(text)
            return
        if not self.has_begun and info.get("invocation_id"):
            self.has_begun = True
            self.listener.begins(info["invocation_id"])
        name = info.get("name")
        if name == "ConcurrencyLine":
            if not self.has_taken_parsed:
                self.parses_anew = self.parses_anew or "it does not say so"
            self.listener.counts(int(data["node_count"]))
        elif name == "NodeStart":
            self.listener.starts(_node(data["node_info"]))
        elif name == "NodeFinished":
            result = data["run_result"]
            self.listener.ends(
                _node(data["node_info"]),
                _status(result),
                written_rows(result.get("adapter_response")),
                float(result.get("execution_time") or 0),
            )
        elif name == "MainEncounteredError":
            self.error = data.get("exc") or info.get("msg") or ""
        elif name == "PartialParsingSkipParsing":
            self.has_taken_parsed = True
        elif name in _PARSES_ANEW:
            self.parses_anew = info.get("msg") or name


def results(artifacts: Path, parsed: Mapping[str, Any]) -> Iterator[NodeResult]:
    """The results of the nodes of an invocation, by the artifact that it has left:
    run_results.json, or sources.json of `dbt source freshness`. parsed are the nodes, tests and
    sources of the parsed project by their ids, as dbt describes them."""
    for name in ("run_results.json", "sources.json"):
        file = artifacts / name
        if file.is_file():
            for one in json.loads(file.read_bytes())["results"]:
                yield _result(one, parsed.get(one["unique_id"]) or {})


def _result(one: Mapping[str, Any], node: Mapping[str, Any]) -> NodeResult:
    kind, _, rest = str(one["unique_id"]).partition(".")
    return NodeResult(
        unique_id=one["unique_id"],
        name=node.get("name") or rest.rpartition(".")[2],
        resource_type=node.get("resource_type") or kind,
        status=_status(one),
        message=one.get("message") or one.get("error") or "",
        rows=written_rows(one.get("adapter_response")),
        seconds=float(one.get("execution_time") or 0),
        file=node.get("original_file_path") or "",
        compiled_code=one.get("compiled_code") or "",
    )


def _node(info: Mapping[str, Any]) -> NodeInfo:
    return NodeInfo(info["unique_id"], info["node_name"], info.get("materialized") or "")


def _status(result: Mapping[str, Any]) -> str:
    status = str(result["status"])
    return _SPELLINGS.get(status, status)
