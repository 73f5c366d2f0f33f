"""Pages that stand alone: one HTML file from a template, without scripts or anything to load."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.output import instant, number, period, word
from hedge.errors import UsageError

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"number": number, "word": word, "instant": instant}
_TEMPLATES.globals |= {"period": period}


def write_page(template: str, file: Path, **values: Any) -> None:
    """Write cli/templates/TEMPLATE to a file; what comes from outside is escaped."""
    text = _TEMPLATES.get_template(template).render(**values)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
