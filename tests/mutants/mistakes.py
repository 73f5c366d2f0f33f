"""A mistake: one small change of one file."""

from dataclasses import dataclass

#: A file, the lines before and after, and which of the places with these lines it is.
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Mistake:
    """A change of a file, by the rule that made it; before and after are the changed lines."""

    file: str
    line: int
    rule: str
    before: str
    after: str
    #: The whole text of the file with the mistake.
    text: str
    #: Which of the places in the file that have the same lines is changed, from 1 on.
    place: int = 1

    @property
    def key(self) -> Key:
        """What the mistake is found by, wherever its lines have moved to."""
        return self.file, self.before, self.after, self.place

    @classmethod
    def of_texts(cls, file: str, rule: str, old: str, new: str) -> "Mistake":
        """The mistake that turns the old text of a file into the new one."""
        before, after = old.splitlines(), new.splitlines()
        first = 0
        while before[first : first + 1] == after[first : first + 1] and first < len(before):
            first += 1
        while before[first:] and after[first:] and before[-1] == after[-1]:
            before.pop()
            after.pop()
        changed, lines = before[first:], [line.strip() for line in old.splitlines()]
        wanted = [line.strip() for line in changed]
        places = [at for at in range(first + 1) if lines[at : at + len(wanted)] == wanted]
        return cls(
            file,
            first + 1,
            rule,
            " ".join(wanted),
            " ".join(line.strip() for line in after[first:]),
            new,
            len(places),
        )
