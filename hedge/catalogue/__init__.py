"""Boards and seasons as CSV files: those of the game are in this folder, and those of a database
can be exported, reviewed and applied."""

from hedge.catalogue.applying import (
    Change,
    FieldChange,
    apply_boards,
    apply_seasons,
    export_boards,
    export_seasons,
    plan_boards,
    plan_seasons,
)
from hedge.catalogue.installing import Installed, install

__all__ = [
    "Change",
    "FieldChange",
    "Installed",
    "apply_boards",
    "apply_seasons",
    "export_boards",
    "export_seasons",
    "install",
    "plan_boards",
    "plan_seasons",
]
