"""Reports as files: HTML without scripts or external files, and Markdown, from templates."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.output import instant, number, period, tier_name
from hedge.errors import file_error


def markdown(text: str) -> str:
    """A text for one line of Markdown or one cell of a table, in which nothing is markup."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(text.split())).replace("&", "&amp;")


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "number": number,
    "tier_name": tier_name,
    "instant": instant,
    "md": markdown,
}
_TEMPLATES.globals |= {"period": period}


def write_report(template: str, file: Path, **values: Any) -> None:
    """Render cli/templates/TEMPLATE into a file. In HTML values are escaped; a template of Markdown
    does that itself (`md`).

    A file that cannot be written is a hedge.errors.file_error.
    """
    text = _TEMPLATES.get_template(template).render(**values)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise file_error(f"{file} cannot be written", error) from error
