"""HTML reports: one self-contained file from a template, without scripts or external files."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.output import instant, number, period, tier_name
from hedge.errors import UsageError

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"number": number, "tier_name": tier_name, "instant": instant}
_TEMPLATES.globals |= {"period": period}


def write_report(template: str, file: Path, **values: Any) -> None:
    """Render cli/templates/TEMPLATE into a file; values are escaped.

    A file that cannot be written is a UsageError.
    """
    text = _TEMPLATES.get_template(template).render(**values)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
