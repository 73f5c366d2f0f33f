"""Methods of classes that are made when they are called, and compiled once
(hedge/dbt_runner/lean_classes.py)."""

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import mashumaro.mixins.dict
import pytest
from mashumaro.config import ADD_SERIALIZATION_CONTEXT, TO_DICT_ADD_OMIT_NONE_FLAG, BaseConfig
from mashumaro.core.meta.code import builder
from mashumaro.mixins.msgpack import DataClassMessagePackMixin

from hedge.dbt_runner import lean_classes
from hedge.dbt_runner.made_once import MadeOnce
from tests import PROJECT

#: Prints what a class of dbt makes of an object and of what it has written; with an argument, as
#: dbt and mashumaro do it alone.
ROUND_TRIP = """
import sys
from hedge.dbt_runner import in_process
if len(sys.argv) == 1:
    in_process.lean_classes.postpone_methods()
from dbt.artifacts.resources import Contract, FileHash, TestConfig
from dbt.contracts.graph.nodes import ColumnInfo, DependsOn
from dbt.contracts.graph.manifest import Manifest
for made in (Contract(enforced=True), FileHash("sha256", "ab"), TestConfig(severity="warn"),
             ColumnInfo("wins", meta={"of": [1, None]}), DependsOn(["macro.a"], ["model.b"])):
    kind = type(made)
    print(made.to_dict(), made.to_dict(omit_none=True), kind.from_dict(made.to_dict()) == made,
          kind.from_msgpack(made.to_msgpack()) == made)
print(len(Manifest.from_msgpack(Manifest().to_msgpack()).nodes))
"""


@pytest.fixture
def _postponed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compile_mixin_packer", "compile_mixin_unpacker"):
        monkeypatch.setattr(mashumaro.mixins.dict, name, getattr(mashumaro.mixins.dict, name))
    lean_classes.postpone_methods()


def classes() -> tuple[type[Any], type[Any]]:
    """A class of data with options, and another that has it as a part."""

    options = [TO_DICT_ADD_OMIT_NONE_FLAG, ADD_SERIALIZATION_CONTEXT]

    @dataclass
    class Part(DataClassMessagePackMixin):
        at: datetime
        name: str | None = None

        Config = type("Config", (BaseConfig,), {"code_generation_options": options})

        def __post_serialize__(self, data: Any, context: Any = None) -> Any:
            return {**data, "context": context}

    @dataclass
    class Whole(DataClassMessagePackMixin):
        parts: list[Part] = field(default_factory=list)

    return Part, Whole


@pytest.mark.usefixtures("_postponed")
def test_methods_are_made_when_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("add_pack_method", "add_unpack_method"):
        make = getattr(builder.CodeBuilder, name)

        def note(self: Any, make: Any = make, name: str = name) -> None:
            made.append(f"{name} of {self.cls.__name__}")
            make(self)

        monkeypatch.setattr(builder.CodeBuilder, name, note)
    part, whole = classes()
    assert not made
    at = datetime(2026, 10, 1, 12)
    assert part(at).to_dict(context={"a": 1})["context"] == {"a": 1}
    assert made == ["add_pack_method of Part"]
    one = whole([part(at, "b")])
    numbers = []
    for _ in range(2):
        assert whole.from_msgpack(one.to_msgpack()) == one
        assert whole.from_dict(one.to_dict()) == one
        assert part(at).to_dict(omit_none=True) == {"at": at.isoformat(), "context": None}
        numbers.append(len(made))
    assert numbers[0] == numbers[1]


def test_classes_of_dbt_write_and_read_as_without_it() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", ROUND_TRIP, *arguments],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for arguments in ([], ["alone"])
    ]
    assert said[0] == said[1]
    assert said[0].count("True True\n") == 5


def test_mashumaro_calls_what_is_put_in_the_place_of_its_own() -> None:
    called = inspect.getsource(mashumaro.mixins.dict.DataClassDictMixin.__init_subclass__)
    assert "compile_mixin_unpacker(cls, **builder_params" in called
    assert "compile_mixin_packer(cls, **builder_params" in called


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts that are compiled."""
    texts: list[str] = []

    def compile_it(text: str, *others: Any, **more: Any) -> Any:
        texts.append(text)
        return compile(text, *others, **more)

    monkeypatch.setattr(lean_classes, "compile", compile_it, raising=False)
    yield texts
    assert not hasattr(dataclasses, "exec")
    assert not hasattr(builder, "exec")


def test_another_process_finds_what_was_compiled(tmp_path: Path, compiled: list[str]) -> None:
    for _ in range(2):
        made_once = MadeOnce(tmp_path)
        with lean_classes.compiled_once(made_once), made_once.used_by(Environment, Described):
            part, _ = classes()
            assert part.from_dict({"at": "2026-10-01"}).at == datetime(2026, 10, 1)
        assert repr(part(1, "b")).endswith("Part(at=1, name='b')")
    assert any("def __repr__(" in text for text in compiled)
    assert any("def __mashumaro_from_dict__(" in text for text in compiled)
    assert len(compiled) == len(set(compiled))


def test_a_text_that_does_not_compile_is_the_same_error(
    tmp_path: Path, compiled: list[str]
) -> None:
    with (
        lean_classes.compiled_once(MadeOnce(tmp_path)),
        pytest.raises(SyntaxError, match="invalid syntax"),
    ):
        dataclasses.exec("def (): pass", {})  # type: ignore[attr-defined]
    assert compiled == ["def (): pass"]


class Environment:
    """Nothing is compiled by this."""

    def compile(self) -> None:
        """Nothing."""


class Described:
    """Nothing is described by this."""

    @classmethod
    def json_schema(cls) -> None:
        """Nothing."""
