"""One semantics: what the compiler accepts has the types that the checker finds, and where shapes don't fit, both point
at the same line.

CPython's results stand for the compiler's types: `tests/programs` holds that they are equal.
"""

from __future__ import annotations

import copy
import warnings

import pytest

import tangra
from tests.checker.same_programs import Checked, difference, is_known
from tests.programs import registry

CORPUS = registry.load()
TOPICS = tuple(sorted({entry.topic for entry in (*CORPUS.programs, *CORPUS.rejected)}))

CODES = {
    "TG240": {"TG514"},
    "TG301": {"TG510", "TG511", "TG512", "TG513", "TG514", "TG515", "TG521", "TG526"},
    "TG302": {"TG511", "TG514", "TG518", "TG526"},
    "TG310": {"TG520"},
    "TG311": {"TG520"},
    "TG312": {"TG520"},
    "TG313": {"TG510"},
    "TG207": {"TG510"},
    "TG351": {"TG522"},
    "TG352": {"TG502"},
}
"""The compiler's codes for shapes that don't fit, and the checker's, which tell more cases apart."""
ELSEWHERE = {
    "a call's own line is where the checker reports what does not fit the parameters": (
        "annotated_square", "annotated_sizes_shared", "annotated_rank", "annotated_constant", "annotated_kind",
    ),
    "what surely never runs is not checked": ("mismatch_in_a_branch_not_taken", "mismatch_in_a_loop_without_trips"),
    "sizes that are equal by chance concern code compiled for all sizes": (
        "right_for_this_call_only", "lengths_equal_by_chance", "result_equal_by_chance",
    ),
    "fails while it runs, when compiled": ("constant_index_out_of_range",),
}  # fmt: skip
"""Programs about which the two say different things on purpose."""


@pytest.fixture(scope="module")
def checked() -> Checked:
    return Checked(TOPICS)


def test_accepted_programs_have_the_types_that_running_them_gives(checked: Checked) -> None:
    wrong, calls, known = [], 0, 0
    for program in CORPUS.programs:
        for args in program.calls:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                real = program.function(*copy.deepcopy(args))
            found, reports = checked.run(program.topic, program.function.__name__, args)
            answer = difference(found, real)
            if answer is not None:
                wrong.append(f"{program.topic}.{program.name}: {answer}")
            wrong += [
                f"{program.topic}.{program.name}: line {report.place.line}: {report.message}"
                for report in reports
                if report.severity == "error"
            ]
            calls, known = calls + 1, known + is_known(found)
    assert wrong == []
    assert known >= 0.82 * calls, f"{known} of {calls} results have a type that is known in full"


def test_shapes_that_do_not_fit_are_reported_on_the_line_of_the_compiler(checked: Checked) -> None:
    wrong = []
    exempt = {name for names in ELSEWHERE.values() for name in names}
    for entry in CORPUS.rejected:
        if entry.topic != "rejected_shapes" or entry.name in exempt:
            continue
        with pytest.raises(tangra.TangraError) as caught:
            tangra.jit(entry.function)(*entry.args)
        diagnostic = caught.value.diagnostic
        _, reports = checked.run(entry.topic, entry.function.__name__, entry.args)
        found = [(report.place.line, report.code) for report in reports if report.severity == "error"]
        line = diagnostic.span.line
        if len(found) != 1 or abs(found[0][0] - line) > (entry.name == "annotated_result"):
            wrong.append(f"{entry.name}: line {line} {caught.value.code}, the checker {found}")
        elif found[0][1] not in CODES[str(caught.value.code)]:
            wrong.append(f"{entry.name}: {caught.value.code}, the checker {found[0][1]}")
    assert wrong == []
