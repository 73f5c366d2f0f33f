"""A mistake: one small change of one file."""

from dataclasses import dataclass


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

    @property
    def key(self) -> tuple[str, str, str]:
        """What the mistake is found by, wherever its lines have moved to."""
        return self.file, self.before, self.after

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
        return cls(
            file,
            first + 1,
            rule,
            " ".join(line.strip() for line in before[first:]),
            " ".join(line.strip() for line in after[first:]),
            new,
        )
