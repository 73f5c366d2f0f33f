"""Calling dbt for a project: in a thread that can be cancelled, from what was parsed before.

A parsed project is kept on disk under the hash of the project's files, and in memory, so that
neither an unchanged project nor other variables cost another parse. hedge/dbt_runner carries the
invocations out.
"""

import fcntl
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hedge import kept_files, libpq_variables, settings
from hedge.dbt_runner import (
    MANIFEST,
    PARTIAL_PARSE,
    Buckets,
    Invocation,
    Listener,
    Manifest,
    NodeInfo,
    Result,
    Scratch,
    manifest,
    runner,
    without_checksums,
)
from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs.cancelling import cancellable
from hedge.runs.dbt_errors import paragraph

#: Called with the name of a node, how many nodes are done, and how many there are (None: not
#: known yet).
Report = Callable[[str, float, float | None], None]

#: The hashes of the files of a parse, beside what dbt keeps of it.
HASHES = "files.json"
#: The files of dbt's documentation.
DOCUMENTS = ("index.html", MANIFEST, "catalog.json")


@dataclass(frozen=True)
class Parsed:
    """A parsed project: what it consists of, and the file with which dbt goes on from there."""

    folder: Path
    manifest: Manifest
    file: Path


class Progress:
    """Listens to an invocation: reports nodes, and notes its id and what it did with each mart.

    invocation is None as long as dbt has not begun.
    """

    def __init__(self, report: Report | None = None) -> None:
        """Begin with nothing done."""
        self.invocation: str | None = None
        self._report = report
        self._total, self._done = 0, 0
        self._marts: dict[str, dict[str, Any]] = {}

    def begins(self, invocation: str) -> None:
        """See Listener."""
        self.invocation = invocation

    def counts(self, nodes: int) -> None:
        """See Listener."""
        self._total = nodes

    def starts(self, node: NodeInfo) -> None:
        """See Listener."""
        self._note(node, "error", None, 0.0)
        if self._report is not None:
            self._report(node.name, self._done, self._total or None)

    def ends(self, node: NodeInfo, status: str, rows: int | None, seconds: float) -> None:
        """See Listener."""
        self._done += 1
        self._note(node, status, rows, seconds)

    def _note(self, node: NodeInfo, status: str, rows: int | None, seconds: float) -> None:
        # as macros/runs/finish_run.sql does
        if node.materialized in ("incremental", "seed"):
            found = {"name": node.name, "state": status, "rows": rows, "seconds": round(seconds, 3)}
            self._marts[node.unique_id] = found

    @property
    def marts(self) -> list[dict[str, Any]]:
        """What the invocation did with each mart and seed, as the run ledger has it: one that it
        has begun and not ended is an error."""
        return list(self._marts.values())


def load() -> None:
    """Load what an invocation needs, so that a copy of this process has it, too."""
    runner().load(_profiles(settings.home() / "dbt"))


def invoke(
    arguments: Sequence[str],
    project: Path,
    parsed: Parsed | None = None,
    listener: Listener | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    scratch: Scratch | None = None,
    artifacts: Path | None = None,
    buckets: Buckets | None = None,
) -> Result:
    """Call dbt with the arguments of its command line for a project, as Invocation describes them.

    A run that is cancelled raises what hedge.runs.cancelling.cancellable does.
    """
    folder = settings.home() / "dbt"
    if parsed is not None and not parsed.file.exists():
        # Only the newest are kept.
        parsed = parse(project)
    invocation = Invocation(
        arguments=arguments,
        project=project,
        profiles=_profiles(folder),
        database=libpq_variables.variables()["PGDATABASE"],
        parsed=None if parsed is None else parsed.file,
        variables=variables or {},
        scratch=scratch,
        artifacts=artifacts,
        buckets=buckets,
    )
    chosen = runner()
    return cancellable(lambda: chosen.invoke(invocation, listener or Progress()), chosen.cancel)


def compiled_sql(model: str, project: Path, definitions: str) -> str:
    """The SQL of a model as dbt compiles it; a HedgeError where it does not compile."""
    result = invoke(["compile", "--select", model], project, parsed(project, definitions))
    if not result.success:
        raise HedgeError(f"{model} does not compile: {paragraph(result, project)}")
    (code,) = [one.compiled_code for one in result.nodes if one.name == model]
    return code.strip()


def compiled_models(parsed: Parsed, names: Iterable[str]) -> dict[str, str]:
    """The SQL of models of a parsed project by their names, as dbt compiles it for the live schema;
    a HedgeError where one does not compile."""
    arguments = ["compile", "--no-populate-cache", "--select", *sorted(names)]
    live = Scratch(schema="analytics", nodes=frozenset())
    result = invoke(arguments, parsed.folder, parsed, scratch=live)
    if not result.success:
        raise HedgeError(f"the project does not compile: {paragraph(result, parsed.folder)}")
    return {one.name: one.compiled_code.strip() for one in result.nodes}


def compiled_text(text: str, parsed: Parsed, scratch: Scratch, variables: dict[str, Any]) -> str:
    """A text with Jinja as dbt renders it for a project whose parts in a Scratch are built there,
    with variables in place of those of the project; a HedgeError where that fails.

    Where the Scratch has no parts, what is rendered rests on the definitions alone, as long as the
    text asks the database nothing, and is kept on disk.
    """

    def compile_it() -> str:
        arguments = ["compile", "--inline", text]
        result = invoke(arguments, parsed.folder, parsed, variables=variables, scratch=scratch)
        if not result.success:
            raise HedgeError(f"the project does not compile: {paragraph(result, parsed.folder)}")
        return result.nodes[0].compiled_code.strip()

    if scratch.nodes or scratch.sources:
        return compile_it()
    # A file of a parse is named by the hash of what was parsed.
    key = json.dumps([parsed.file.stem, text, variables], sort_keys=True)
    return _kept("texts", key, lambda: compile_it().encode()).decode()


@dataclass(frozen=True)
class CompiledTest:
    """A data test as dbt compiles it: a query that finds what must not be. reads are the models,
    seeds and sources that it reads."""

    name: str
    reads: list[str]
    only_warns: bool
    sql: str


def compiled_data_tests(project: Path, definitions: str) -> list[CompiledTest]:
    """The data tests of a project by their names, kept on disk as parsed projects are; a HedgeError
    where they do not compile."""

    def compile_them() -> bytes:
        arguments = ["compile", "--select", "test_type:data", "--no-populate-cache"]
        found = parsed(project, definitions)
        result = invoke(arguments, project, found)
        if not result.success:
            raise HedgeError(f"the data tests do not compile: {paragraph(result, project)}")
        nodes = found.manifest.nodes
        tests = [
            CompiledTest(
                name=one.name,
                reads=sorted(
                    read.rpartition(".")[2] for read in nodes[one.unique_id].depends_on_nodes
                ),
                only_warns=nodes[one.unique_id].severity == "warn",
                sql=one.compiled_code.strip(),
            )
            for one in result.nodes
            if one.resource_type == "test"
        ]
        tests.sort(key=lambda one: one.name)
        return json.dumps([asdict(one) for one in tests]).encode()

    content = _kept("data_tests", files.parsed_hash(project), compile_them)
    return [CompiledTest(**one) for one in json.loads(content)]


def _kept(folder_name: str, key: str, make: Callable[[], bytes]) -> bytes:
    """What make has compiled, kept on disk in a folder of the name by a key that says what it was
    compiled from, by dbt's version and by the database, which what is compiled names."""
    every = " ".join((runner().version(), key, libpq_variables.variables()["PGDATABASE"]))
    folder = settings.home() / "dbt" / folder_name
    file = folder / f"{hashlib.sha256(every.encode()).hexdigest()}.json"
    content = kept_files.kept(file)
    if content is None:
        content = make()
        folder.mkdir(parents=True, exist_ok=True)
        kept_files.keep(file, content)
        delete_all_but_newest(list(folder.glob("*.json")), 20)
    return content


def write_documentation(folder: Path, project: Path, definitions: str) -> None:
    """Write dbt's documentation of a project into a folder: a page, what it says of models,
    sources and their lineage, and the columns that the database has."""
    kept = settings.home() / "dbt"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix="docs-") as target:
        found = parsed(project, definitions)
        result = invoke(["docs", "generate"], project, found, artifacts=Path(target))
        if not result.success:
            raise HedgeError(f"the documentation cannot be built: {paragraph(result, project)}")
        for name in DOCUMENTS:
            shutil.copyfile(Path(target) / name, folder / name)


@functools.lru_cache(maxsize=2)
def parsed(project: Path, definitions: str) -> Parsed:
    """A parsed project, kept in this process by the hash of its definitions."""
    return parse(project)


def parse(project: Path) -> Parsed:
    """A parsed project, kept on disk under the hash of its files and dbt's version; a HedgeError
    where the project does not parse."""
    version = runner().version()
    folder = settings.home() / "dbt" / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    key = f"{version} {manifest.FIELDS} {files.parsed_hash(project)}"
    kept = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.msgpack"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        description = kept_files.kept(kept.with_suffix(".json"))
        if description is not None and kept_files.kept(kept) is not None:
            for one in (kept, kept.with_suffix(".json")):
                # Those that were used last are kept.
                os.utime(one)
            return Parsed(project, manifest.loaded(description), kept)
        # Runs find a project parsed, and this loads Jinja.
        from hedge.project import file_checks

        # What dbt has parsed of a folder before is kept, so that an edit costs what it changes.
        place = hashlib.sha256(f"{version} {project}".encode()).hexdigest()
        parsed_before = settings.home() / "dbt" / "parsed" / place[:16]
        if not kept_files.is_sealed(parsed_before / PARTIAL_PARSE):
            shutil.rmtree(parsed_before, ignore_errors=True)
            parsed_before.mkdir(parents=True)
            _begin_with_another(parsed_before)
        hashes = files.parsed_hashes(project)
        edited = _forget_edited(parsed_before, hashes)
        file_checks.require_readable(project, edited)
        result = invoke(["parse"], project, artifacts=parsed_before)
        delete_all_but_newest(list(parsed_before.parent.iterdir()))
        if not result.success:
            # dbt does not name the file of a macro or page whose blocks do not end.
            cause = file_checks.template_fault(project) or paragraph(result, project)
            raise HedgeError(f"the project does not parse: {cause}")
        kept_files.keep(parsed_before / HASHES, json.dumps(hashes).encode())
        kept_files.seal(parsed_before / PARTIAL_PARSE)
        found = manifest.read(runner().describe(parsed_before))
        kept_files.keep(kept, (parsed_before / PARTIAL_PARSE).read_bytes())
        kept_files.keep(kept.with_suffix(".json"), manifest.dumped(found))
        for suffix in ("msgpack", "json"):
            delete_all_but_newest(list(folder.glob(f"*.{suffix}")), 20)
        return Parsed(project, found, kept)


def _begin_with_another(place: Path) -> None:
    """Let a folder that was never parsed begin with what was parsed last of another: of a copy of
    the same project, dbt parses only the files that differ, and of another project all."""
    others = [
        one
        for one in place.parent.iterdir()
        if kept_files.is_sealed(one / PARTIAL_PARSE) and (one / HASHES).exists()
    ]
    if others:
        newest = max(others, key=lambda one: (one / PARTIAL_PARSE).stat().st_mtime)
        for name in (PARTIAL_PARSE, HASHES):
            shutil.copyfile(newest / name, place / name)


def _forget_edited(place: Path, hashes: Mapping[str, str]) -> set[str] | None:
    """Let dbt, when it goes on from what a folder holds of its last parse, read the files again
    whose hashes are not those of that parse: see without_checksums. Returns these files, None for
    all where nothing was parsed before."""
    if not (place / PARTIAL_PARSE).exists():
        return None
    known = kept_files.kept(place / HASHES)
    if known is None:
        (place / PARTIAL_PARSE).unlink()
        return None
    before = json.loads(known)
    edited = {name for name, found in hashes.items() if before.get(name) != found}
    parsed_before = (place / PARTIAL_PARSE).read_bytes()
    kept_files.write(place / PARTIAL_PARSE, without_checksums(parsed_before, edited))
    # An edit that does not parse leaves it as it is, for the next one.
    kept_files.seal(place / PARTIAL_PARSE)
    return edited


def delete_all_but_newest(files: list[Path], number: int = 4) -> None:
    """Delete kept files and folders except the most recently modified ones."""
    for old in sorted(files, key=lambda file: file.stat().st_mtime)[:-number]:
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)


def _profiles(folder: Path) -> Path:
    """A folder that holds the package's profiles.example.yml as profiles.yml."""
    text = (settings.PACKAGED_PROJECT / "profiles.example.yml").read_text()
    profile = folder / "profiles.yml"
    if not profile.exists() or profile.read_bytes() != text.encode():
        folder.mkdir(parents=True, exist_ok=True)
        kept_files.write(profile, text.encode())
    return folder
