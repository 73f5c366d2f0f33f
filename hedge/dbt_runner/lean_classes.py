"""What Python and mashumaro do for each class of data when dbt is imported, done when it is needed.

dbt has some 350 classes that mashumaro can read from data and write to it. It makes the methods for
that when they are called first (lazy_compilation), and still composes and compiles four functions
for each class that say so: a sixth of the import of dbt. A command calls the methods of some thirty
classes.
"""

import builtins
import contextlib
import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from hedge.dbt_runner.made_once import MadeOnce


def postpone_methods() -> None:
    """Let the classes that mashumaro reads and writes get methods that make the methods."""
    import mashumaro.mixins.dict

    module: Any = mashumaro.mixins.dict
    module.compile_mixin_packer = _postpone_packer
    module.compile_mixin_unpacker = _postpone_unpacker


def _postpone_packer(
    cls: type[Any],
    format_name: str = "dict",
    dialect: Any = None,
    encoder: Any = None,
    encoder_kwargs: Any = None,
) -> None:
    """In the place of mashumaro's compile_mixin_packer: the method that writes objects."""
    from mashumaro.core.meta.code.builder import CodeBuilder

    name = CodeBuilder.get_pack_method_name(format_name=format_name, encoder=encoder)

    def make_and_call(self: Any, *values: Any, **others: Any) -> Any:
        CodeBuilder(
            type(self),
            first_method=name,
            allow_postponed_evaluation=False,
            format_name=format_name,
            encoder=encoder,
            encoder_kwargs=encoder_kwargs,
            default_dialect=dialect,
        ).add_pack_method()
        return getattr(self, name)(*values, **others)

    setattr(cls, name, make_and_call)
    setattr(cls, name.public, make_and_call)


def _postpone_unpacker(
    cls: type[Any], format_name: str = "dict", dialect: Any = None, decoder: Any = None
) -> None:
    """In the place of mashumaro's compile_mixin_unpacker: the method that reads objects."""
    from mashumaro.core.meta.code.builder import CodeBuilder

    name = CodeBuilder.get_unpack_method_name(format_name=format_name, decoder=decoder)

    def make_and_call(cls: type[Any], *values: Any, **others: Any) -> Any:
        CodeBuilder(
            cls,
            first_method=name,
            allow_postponed_evaluation=False,
            format_name=format_name,
            decoder=decoder,
            default_dialect=dialect,
        ).add_unpack_method()
        return getattr(cls, name)(*values, **others)

    setattr(cls, name, classmethod(make_and_call))
    setattr(cls, name.public, classmethod(make_and_call))


@contextlib.contextmanager
def compiled_once(made_once: MadeOnce) -> Iterator[None]:
    """Let the texts that dataclasses and mashumaro compose, and have Python execute, be compiled by
    this while the block runs.

    mashumaro gives functions names with a number of their own (uuid4), and so the texts that call
    them. It counts instead, so that the next process that makes the same methods finds them."""
    import dataclasses

    from mashumaro.core.meta.code import builder
    from mashumaro.core.meta.types import common

    def execute(text: str, *scopes: Any) -> None:
        code = made_once.made(f"exec {text}", lambda: compile(text, "<string>", "exec"))
        builtins.exec(code, *scopes)

    modules: tuple[Any, ...] = (dataclasses, builder)
    for module in modules:
        module.exec = execute
    numbered: tuple[Any, ...] = (builder, common)
    for module in numbered:
        module.uuid = _Counting
    try:
        yield
    finally:
        for module in modules:
            vars(module).pop("exec", None)
        for module in numbered:
            module.uuid = uuid


class _Counting:
    """In the place of the module uuid: numbers that no other call in this process gets."""

    _numbers = itertools.count()

    @staticmethod
    def uuid4() -> uuid.UUID:
        """The next number."""
        return uuid.UUID(int=next(_Counting._numbers))
