"""Mistakes in Python: operators of cosmic-ray, and two of our own."""

import ast
from collections.abc import Iterator

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import ExprStmt, Keyword, Name, PythonNode

from tests.mutants.mistakes import Mistake

#: The operators of cosmic-ray that make a mistake which a person could make. Those that are
#: left out replace any operator by any other, which no test can fail to notice, or compare with
#: `is` what is compared with `==`, which means the same for most values. Its ExceptionReplacer
#: fails at names with a dot.
KEPT = (
    "AddNot",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ZeroIterationForLoop",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_Eq_LtE",
    "ReplaceComparisonOperator_Eq_GtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
)


class ForgetStatement(Operator):
    """Replaces a statement that is executed for its effect, such as taking a lock, by pass."""

    @staticmethod
    def _is_a_call(node: object) -> bool:
        return (
            isinstance(node, PythonNode)
            and node.type == "simple_stmt"
            and isinstance(node.children[0], PythonNode)
            and node.children[0].type in {"atom_expr", "await"}
        )

    @staticmethod
    def _is_an_addition(node: object) -> bool:
        """Whether a statement assigns to a place of something else, such as a header."""
        return (
            isinstance(node, PythonNode)
            and node.type == "simple_stmt"
            and isinstance(node.children[0], ExprStmt)
            and getattr(node.children[0].children[0], "type", "") == "atom_expr"
        )

    def mutation_positions(self, node):
        if self._is_a_call(node) or self._is_an_addition(node):
            yield (node.start_pos, node.end_pos)

    def mutate(self, node, index):
        statement = node.children[0]
        before_it = statement.get_first_leaf().prefix
        node.children[0] = Keyword("pass", statement.start_pos, prefix=before_it)
        return node

    @classmethod
    def examples(cls):
        return ()


class CatchAnother(Operator):
    """Replaces a class of exceptions that a handler names by one that nothing raises."""

    @staticmethod
    def _caught(node: object) -> list[tuple[PythonNode, int]]:
        """The places of the classes that a handler names: a node and the index of its child."""
        if not isinstance(node, PythonNode) or node.type != "except_clause":
            return []
        first = node.children[1]
        if first.type != "atom":
            return [(node, 1)]
        listed = first.children[1]
        if listed.type != "testlist_comp":
            return [(first, 1)]
        return [(listed, index) for index in range(0, len(listed.children), 2)]

    def mutation_positions(self, node):
        for holder, index in self._caught(node):
            caught = holder.children[index]
            yield (caught.start_pos, caught.end_pos)

    def mutate(self, node, index):
        holder, place = self._caught(node)[index]
        caught = holder.children[place]
        before_it = caught.get_first_leaf().prefix
        holder.children[place] = Name("ZeroDivisionError", caught.start_pos, prefix=before_it)
        return node

    @classmethod
    def examples(cls):
        return ()


#: By the names that the sample and the list of equivalents use.
_OWN = {"CatchAnother": CatchAnother, "ForgetStatement": ForgetStatement}


def mistakes_of(file: str, text: str) -> Iterator[tuple[str, int, int]]:
    """Every rule that can be applied to a text: the rule, its occurrence and the line."""
    tree = get_ast(text)
    silent = _annotations_and_declarations(text)
    for rule in (*_OWN, *KEPT):
        operator = _operator(rule)
        occurrence = 0
        for node in ast_nodes(tree):
            for position in operator.mutation_positions(node):
                line, column = position[0]
                if not _is_in(silent, line, column):
                    yield rule, occurrence, line
                occurrence += 1


def plant(file: str, text: str, rule: str, occurrence: int) -> Mistake | None:
    """The mistake of a rule at its occurrence; None where it changes nothing."""
    changed = mutate_code(text, _operator(rule), occurrence)
    if changed is None or changed == text:
        return None
    return Mistake.of_texts(file, rule, text, changed)


def _operator(rule: str) -> Operator:
    return _OWN[rule]() if rule in _OWN else get_operator(f"core/{rule}")()


Spans = list[tuple[tuple[int, int], tuple[int, int]]]


def _annotations_and_declarations(text: str) -> Spans:
    """The spans of a text that Python does not compute with: annotations, and decorators of
    classes."""
    found: Spans = []

    def add(node: ast.AST | None) -> None:
        if node is not None:
            found.append(
                (
                    (node.lineno, node.col_offset),  # type: ignore[attr-defined]
                    (node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
                )
            )

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AnnAssign | ast.arg):
            add(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            add(node.returns)
        elif isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                add(decorator)
    return found


def _is_in(spans: Spans, line: int, column: int) -> bool:
    return any(start <= (line, column) < end for start, end in spans)
