"""Texts that commands and pages share, with placeholders: %(name)s. api.pages translates them."""


def plain(text: str, /, **values: object) -> str:
    """A text with values in its placeholders, in English."""
    return text % values
