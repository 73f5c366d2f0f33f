"""The YAML files of the project, each read once in a process: many modules read all of them."""

import functools
from pathlib import Path
from typing import Any

import yaml


@functools.cache
def read_yaml(file: Path) -> Any:
    """The content of a YAML file that no test changes; what is returned is not to be changed."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
