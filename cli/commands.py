"""The commands and groups of `hedge`, each loaded when it is called.

To load all of them takes as long as many commands take themselves.
"""

import inspect
import re
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

#: The module of each command that is a function, in the order of `hedge --help`.
_FUNCTIONS = {
    "load": "load",
    "preview": "preview",
    "ci": "ci",
    "progress": "progress",
    "explain": "explain",
    "audit": "audit",
    "sql": "sql",
    "init": "init",
    "docs": "docs",
    "doctor": "doctor",
    "settings": "settings",
    "serve": "service",
    "worker": "service",
    "demo": "demo",
}
#: The groups of commands, each of which is the `app` of a module of its name.
_GROUPS = (
    *("db", "wallets", "clusters", "etl", "env", "requests", "boards", "seasons", "rewards"),
    *("exclusions", "catalogue", "metrics", "seeds", "tiers", "tokens", "webhooks", "chain", "new"),
)
#: A line break within a sentence or an example of a docstring.
_BREAK = re.compile(r"(?<!\n)\n(?!\n|Example: )")


class Commands(MutableMapping[str, Any]):
    """Commands of Typer by their names: a name is known at once, and its command when asked for."""

    def __init__(self) -> None:
        """Begin with none loaded."""
        self._loaded: dict[str, Any] = dict.fromkeys((*_FUNCTIONS, *_GROUPS))

    def __getitem__(self, name: str) -> Any:
        """The command of a name; a KeyError where there is none."""
        found = self._loaded[name]
        if found is None:
            found = self._loaded[name] = _load(name)
        return found

    def __setitem__(self, name: str, command: Any) -> None:
        """Add a command, or put it in the place of another."""
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        """Remove a command."""
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of `hedge --help`."""
        return iter(self._loaded)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._loaded)


class Root(TyperGroup):
    """The command `hedge`, whose commands are loaded one by one."""

    def __init__(self, **others: Any) -> None:
        """See TyperGroup."""
        super().__init__(**others)
        self.commands = Commands()

    def invoke(self, ctx: Any) -> Any:
        """Call the command that is named; the error about a value names the value."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            # Typer says what Pydantic expected, and not what it was given
            for fault in getattr(error.__cause__, "errors", list)()[:1]:
                error.message = f"{error.message}: {fault['input']!r}"
            raise


def _load(name: str) -> Any:
    """Import the module of a command, and make the command."""
    module = import_module(f"cli.{_FUNCTIONS.get(name, name)}")
    app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    if name in _GROUPS:
        app.add_typer(module.app, name=name)
    else:
        # A function is named like its command, as far as Python lets it.
        app.command(name)(getattr(module, {"settings": "show"}.get(name, name)))
        # With a second one, Typer makes a group of them.
        app.callback()(lambda: None)
    made: Any = typer.main.get_group(app)
    _break_no_sentence(made.commands[name])
    return made.commands[name]


def _break_no_sentence(command: Any) -> None:
    """Let the width of the terminal alone break the lines of help; an example begins its own.

    Typer keeps the line breaks of a docstring from its second paragraph on.
    """
    command.help = _BREAK.sub(" ", inspect.cleandoc(command.help or ""))
    for one in getattr(command, "commands", {}).values():
        _break_no_sentence(one)
