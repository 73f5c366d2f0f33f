"""What dbt makes anew in each process or invocation, kept in memory and on disk.

dbt compiles each model, macro and hook by Jinja, in a new environment each time; what comes of a
text rests on the text and on the class of the environment alone. It describes its classes as JSON
schemas, which rest on the class alone. The methods of its classes are composed as texts, which
Python compiles (lean_classes).
"""

import contextlib
import functools
import hashlib
import marshal
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hedge import kept_files

#: With more objects than this, what is kept begins anew: each edit leaves the text before it.
MOST = 8_000
#: What decides over the kept objects, beside Python.
_LIBRARIES = ("dbt-core", "dbt-common", "dbt-adapters", "dbt-postgres", "jinja2", "mashumaro")


class MadeOnce:
    """Objects that marshal can write, by texts from which they are made."""

    def __init__(self, folder: Path) -> None:
        """Begin with what an earlier process has kept in a folder."""
        versions = " ".join((sys.version, *map(version, _LIBRARIES)))
        self._file = folder / f"{hashlib.sha256(versions.encode()).hexdigest()[:16]}.marshal"
        content = kept_files.kept(self._file)
        #: Objects as marshal has them, which are read when they are asked for.
        self._stored: dict[str, bytes] = {} if content is None else marshal.loads(content)
        self._made: dict[str, Any] = {}
        self._is_kept = True

    @contextlib.contextmanager
    def used_by(self, environment_class: type[Any], described_class: type[Any]) -> Iterator[None]:
        """Let environments of a class of Jinja compile by this, and subclasses of another class
        describe themselves (json_schema), while the block runs; what is new is on disk then."""
        compile_anew = environment_class.compile
        describe_anew = described_class.__dict__["json_schema"]

        @functools.wraps(compile_anew)
        def compile_once(environment: Any, source: Any, *others: Any, **more: Any) -> Any:
            if others or more or not isinstance(source, str):
                return compile_anew(environment, source, *others, **more)
            return self.made(
                f"{type(environment).__name__} {source}", lambda: compile_anew(environment, source)
            )

        def describe_once(described: type[Any]) -> Any:
            return self.made(
                f"json_schema {described.__module__} {described.__qualname__}",
                describe_anew.__get__(None, described),
            )

        environment_class.compile = compile_once
        described_class.json_schema = classmethod(describe_once)
        try:
            yield
        finally:
            environment_class.compile = compile_anew
            described_class.json_schema = describe_anew
            # A run that has succeeded must not fail over what only saves time.
            with contextlib.suppress(OSError):
                self._keep()

    def made(self, text: str, make: Callable[[], Any]) -> Any:
        """What make has made of a text, now or earlier."""
        key = hashlib.sha256(text.encode()).hexdigest()
        found = self._made.get(key)
        if found is None:
            stored = self._stored.get(key)
            found = make() if stored is None else marshal.loads(stored)
            if stored is None:
                # Some schemas have constants of classes of dbt.
                with contextlib.suppress(ValueError):
                    self._stored[key] = marshal.dumps(found)
                    self._is_kept = False
            self._made[key] = found
        return found

    def _keep(self) -> None:
        """Write what was made since the last time to disk."""
        if self._is_kept:
            return
        self._is_kept = True
        if len(self._stored) > MOST:
            self._stored = {key: self._stored[key] for key in self._made if key in self._stored}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        kept_files.keep(self._file, marshal.dumps(self._stored))
