"""Compiled templates of Jinja and schemas, which dbt would make anew in each invocation."""

from pathlib import Path
from typing import ClassVar

import jinja2
import jinja2.nativetypes
import pytest

from hedge.dbt_runner import made_once as module
from hedge.dbt_runner.made_once import MadeOnce


class Environment(jinja2.Environment):
    """An environment that counts what it compiles, and has another class of code below it."""

    compiled = 0

    def _compile(self, source: str, filename: str) -> object:
        Environment.compiled += 1
        return super()._compile(source, filename)


class Native(Environment):
    """Another class of environment, whose code differs."""

    code_generator_class = jinja2.nativetypes.NativeCodeGenerator
    concat = staticmethod(jinja2.nativetypes.native_concat)


class Described:
    """A class that says what it is, and how often it was asked."""

    asked = 0
    schema: ClassVar[object] = {"type": "object", "required": ["name"]}

    @classmethod
    def json_schema(cls) -> object:
        """What it is."""
        Described.asked += 1
        return cls.schema


class OfAnObject(Described):
    """A class whose schema has what no file can keep."""

    schema: ClassVar[object] = {"const": object}


def rendered(made_once: MadeOnce, text: str, kind: type[Environment] = Environment) -> object:
    """A text as a new environment renders it."""
    with made_once.used_by(Environment, Described):
        template = kind().from_string(text)
        return kind.concat(template.root_render_func(template.new_context({"n": 2})))


@pytest.fixture(autouse=True)
def _none_compiled() -> None:
    Environment.compiled = Described.asked = 0


def test_a_text_is_compiled_once_for_each_class_of_environment(tmp_path: Path) -> None:
    made_once = MadeOnce(tmp_path)
    for _ in range(3):
        assert rendered(made_once, "{{ n + 1 }}") == "3"
        assert rendered(made_once, "{{ n + 1 }}", Native) == 3
        assert rendered(made_once, "{{ n + 2 }}") == "4"
    assert Environment.compiled == 3


def test_another_process_finds_what_was_compiled(tmp_path: Path) -> None:
    rendered(MadeOnce(tmp_path), "{{ n + 1 }}")
    assert rendered(MadeOnce(tmp_path), "{{ n + 1 }}") == "3"
    assert Environment.compiled == 1


def test_what_is_damaged_is_compiled_anew(tmp_path: Path) -> None:
    rendered(MadeOnce(tmp_path), "{{ n + 1 }}")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    assert rendered(MadeOnce(tmp_path), "{{ n + 1 }}") == "3"
    assert Environment.compiled == 2


def test_a_text_that_does_not_compile_is_no_template(tmp_path: Path) -> None:
    made_once = MadeOnce(tmp_path)
    for _ in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            rendered(made_once, "{% if %}")


def test_no_more_is_kept_than_one_process_uses_when_edits_have_left_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(4):
        rendered(MadeOnce(tmp_path), f"{{{{ n + {number} }}}}")
    assert Environment.compiled == 4
    # The fourth was one too many, and it alone is kept.
    rendered(MadeOnce(tmp_path), "{{ n + 3 }}")
    assert Environment.compiled == 4
    rendered(MadeOnce(tmp_path), "{{ n + 0 }}")
    assert Environment.compiled == 5


def test_an_environment_compiles_by_itself_afterwards(tmp_path: Path) -> None:
    before = Environment.compile
    rendered(MadeOnce(tmp_path), "{{ n }}")
    assert Environment.compile == before


def test_a_disk_that_keeps_nothing_harms_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.kept_files, "keep", is_full)
    assert rendered(MadeOnce(tmp_path), "{{ n }}") == "2"


def test_a_class_describes_itself_once(tmp_path: Path) -> None:
    for _ in range(2):
        made_once = MadeOnce(tmp_path)
        for _ in range(2):
            with made_once.used_by(Environment, Described):
                assert Described.json_schema() == Described.schema
    assert Described.asked == 1
    Described.json_schema()
    assert Described.asked == 2


def test_what_no_file_can_keep_is_made_by_each_process(tmp_path: Path) -> None:
    for _ in range(2):
        made_once = MadeOnce(tmp_path)
        for _ in range(2):
            with made_once.used_by(Environment, Described):
                assert OfAnObject.json_schema() == {"const": object}
    assert Described.asked == 2
