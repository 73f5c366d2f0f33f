"""Compiled templates of Jinja, kept in memory and on disk.

dbt compiles each model, macro and hook anew in each invocation, and asks Jinja for a new
environment each time. What Jinja makes of a text rests on the text and on the class of the
environment alone.
"""

import contextlib
import functools
import hashlib
import marshal
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

from hedge import kept_files

#: With more texts than this, what is kept begins anew: each edit leaves the text before it.
MOST = 4_000


class Templates:
    """Compiled templates by the class of the environment and the hash of the text."""

    def __init__(self, folder: Path) -> None:
        """Begin with what an earlier process has kept in a folder."""
        versions = f"{sys.version} {version('jinja2')} {version('dbt-core')}"
        self._file = folder / f"{hashlib.sha256(versions.encode()).hexdigest()[:16]}.marshal"
        content = kept_files.kept(self._file)
        #: Code as marshal has it, which is read when it is asked for.
        self._stored: dict[str, bytes] = {} if content is None else marshal.loads(content)
        self._codes: dict[str, CodeType] = {}
        self._is_kept = True

    @contextlib.contextmanager
    def used_in(self, environment_class: type[Any]) -> Iterator[None]:
        """Let environments of a class of Jinja compile by this while the block runs; what is new
        is on disk then."""
        compile_anew = environment_class.compile

        @functools.wraps(compile_anew)
        def compile_once(environment: Any, source: Any, *others: Any, **more: Any) -> Any:
            if others or more or not isinstance(source, str):
                return compile_anew(environment, source, *others, **more)
            return self._compiled(
                type(environment).__name__, source, lambda: compile_anew(environment, source)
            )

        environment_class.compile = compile_once
        try:
            yield
        finally:
            environment_class.compile = compile_anew
            # A run that has succeeded must not fail over what only saves time.
            with contextlib.suppress(OSError):
                self._keep()

    def _keep(self) -> None:
        """Write what was compiled since the last time to disk."""
        if self._is_kept:
            return
        self._is_kept = True
        if len(self._stored) > MOST:
            self._stored = {key: marshal.dumps(code) for key, code in self._codes.items()}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        kept_files.keep(self._file, marshal.dumps(self._stored))

    def _compiled(self, kind: str, source: str, compile_it: Callable[[], CodeType]) -> CodeType:
        key = hashlib.sha256(f"{kind} {source}".encode()).hexdigest()
        code = self._codes.get(key)
        if code is None:
            stored = self._stored.get(key)
            if stored is None:
                code = compile_it()
                self._stored[key] = marshal.dumps(code)
                self._is_kept = False
            else:
                code = marshal.loads(stored)
            self._codes[key] = code
        return code
