"""Numbers of things in sentences."""


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with what it counts: 1 row, 2,400 rows. `several` is needed where the plural has
    more than an s, or where a verb follows."""
    return f"1 {one}" if number == 1 else f"{number:,} {several or one + 's'}"
