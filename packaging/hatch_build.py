"""The part of the wheel that lies outside the Python packages: the dbt project."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: What the wheel holds in hedge/dbt_project; hedge/settings.py looks for it there.
DBT_PROJECT = (
    "dbt_project.yml",
    "profiles.example.yml",
    "models",
    "macros",
    "seeds",
    "tests/dbt",
)


class DbtProject(BuildHookInterface):
    """Maps the dbt project of the repository into the wheel.

    An editable installation uses the files of the checkout, so that it gets no copies. (The option
    force-include of hatchling would make copies for it too.)
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a standard wheel."""
        if version == "standard":
            build_data["force_include"] |= {
                path: f"hedge/dbt_project/{path}" for path in DBT_PROJECT
            }
