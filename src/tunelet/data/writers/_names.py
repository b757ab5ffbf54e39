"""Names of columns that are added to a source's own."""

from collections.abc import Iterable


def free_names(columns: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """Wanted name -> its name in the output, with a number behind it where the source has a column of that name."""
    taken = {name.casefold() for name in columns}
    names: dict[str, str] = {}
    for one in wanted:
        name, number = one, 2
        while name.casefold() in taken:
            name, number = f"{one}_{number}", number + 1
        taken.add(name.casefold())
        names[one] = name
    return names
