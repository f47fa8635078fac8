"""Projects as they are found: odd imports, stubs that do not run, broken files, names that collide."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.errors import InvalidInput
from aftercall.runtime import check
from tests.runtime.conftest import GEN, NewProject, NewRunner

IMPORTS = {
    "functions/names.py": "CITY = 'Leeds'\n\ndef names(conv):\n    return CITY\n",
    "functions/absolute.py": "from functions.names import CITY\n\ndef absolute(conv):\n    return CITY\n",
    "functions/relative.py": "from .names import CITY\n\ndef relative(conv):\n    return CITY\n",
    "functions/sibling.py": "from . import names\n\ndef sibling(conv):\n    return names.CITY\n",
    "functions/module.py": "import functions.names as n\n\ndef module(conv):\n    return n.CITY\n",
    "functions/helpers/deep.py": "from ..names import CITY\n",
    "functions/nested.py": "from .helpers.deep import CITY\n\ndef nested(conv):\n    return CITY\n",
    "functions/across.py": """
        from flows.book.functions.slot import SLOT

        def across(conv):
            return SLOT
    """,
    "functions/root.py": """
        import shared
        from lib.more import MORE

        def root(conv):
            return shared.ROOT + MORE
    """,
    "functions/late.py": "def late(conv):\n    from functions.names import CITY\n    return CITY\n",
    "functions/one.py": "from functions.two import two, TWO\n\ndef one(conv):\n    return TWO\n",
    "functions/two.py": """
        TWO = 2
        import functions.one

        def two(conv):
            return functions.one.one(conv)
    """,
    "flows/book/functions/slot.py": """
        from functions.names import CITY
        from .other import OTHER
        from ..function_steps.step import STEP
        SLOT = CITY + OTHER + STEP

        def slot(conv, flow):
            return SLOT
    """,
    "flows/book/functions/other.py": "OTHER = '-other-'\n\ndef other(conv, flow):\n    pass\n",
    "flows/book/function_steps/step.py": "STEP = 'step'\n\ndef step(conv, flow):\n    pass\n",
    "shared.py": "ROOT = 'root'\n",
    "lib/more.py": "MORE = '+'\n",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, "Leeds") for name in ("absolute", "relative", "sibling", "module", "nested", "late")],
        ("across", "Leeds-other-step"),
        ("root", "root+"),
        ("one", 2),
        ("two", 2),
    ],
)
def test_every_form_of_import(runner: NewRunner, name: str, value: object) -> None:
    outcome = runner(IMPORTS)(name)
    assert outcome.value == value, outcome.traceback or outcome.error


def test_every_form_of_import_is_one_module(runner: NewRunner) -> None:
    project = runner(
        IMPORTS,
        same="""
        import functions.names
        from . import names

        def same(conv):
            import sys
            return [names is functions.names, sorted(m for m in sys.modules if m.endswith("names"))]
        """,
    )
    assert project("same").value == [True, ["functions.names"]]


def test_a_projects_own_stubs_are_never_looked_at(runner: NewRunner) -> None:
    project = runner(
        {"_gen/__init__.py": "raise RuntimeError('stubs do not run')\n", "_gen/plog.py": "boom\n"},
        end_function="""
            import _gen
            import plog

            def end_function(conv: _gen.Conversation):
                return isinstance(conv, _gen.Conversation)
        """,
    )
    assert project("end_function").value is True


def test_a_project_finds_its_own_aftercall_not_ours(runner: NewRunner) -> None:
    project = runner(
        {"aftercall.py": "MINE = True\n"},
        tell="""
            import aftercall, sys

            def tell(conv):
                return [aftercall.MINE, 'msgspec' in sys.modules, __name__]
        """,
    )
    assert project("tell").value == [True, False, "functions.tell"]


BROKEN = {
    "functions/good.py": "def good(conv):\n    return 'good'\n",
    "functions/syntax.py": "def syntax(conv):\n    return (\n",
    "functions/raises.py": "x = 1\nraise ValueError('no config')\n",
    "functions/exits.py": "import sys\nsys.exit('bye')\n",
    "functions/missing.py": "import a_module_nobody_has\n",
    "functions/needs_broken.py": "from functions.raises import x\n\ndef needs_broken(conv):\n    return x\n",
    "functions/empty.py": "",
    "functions/not_callable.py": "not_callable = 3\n",
    "functions/calls_broken.py": "def calls_broken(conv):\n    return conv.functions.raises()\n",
    "functions/bytes.py": "ÿ = 1\n",
    "flows/book/functions/bad.py": "raise KeyError('x')\n",
    "flows/book/functions/fine.py": "def fine(conv, flow):\n    return 'fine'\n",
}


def test_files_that_fail_are_named_and_the_rest_goes_on(runner: NewRunner) -> None:
    project = runner(BROKEN)
    assert project("good").value == "good"
    assert project("fine", flow="book").value == "fine"
    problems = {p.file: (p.code, p.line) for p in project.pool.loaded(project.agent).problems}
    assert problems == {
        "functions/syntax.py": ("IMPORT_FAILED", 3),
        "functions/raises.py": ("IMPORT_FAILED", 3),
        "functions/exits.py": ("IMPORT_FAILED", 3),
        "functions/missing.py": ("IMPORT_FAILED", 2),
        "functions/needs_broken.py": ("IMPORT_FAILED", 2),
        "functions/empty.py": ("FUNCTION_MISSING", None),
        "functions/not_callable.py": ("FUNCTION_MISSING", None),
        "functions/bytes.py": ("FUNCTION_MISSING", None),
        "flows/book/functions/bad.py": ("IMPORT_FAILED", 2),
    }


def test_calling_what_could_not_be_imported_says_why(runner: NewRunner) -> None:
    project = runner(BROKEN)
    direct = project("raises")
    assert (direct.failure, direct.error) == (
        "load",
        "functions/raises.py could not be imported: ValueError: no config (line 3)",
    )
    nested = project("calls_broken")
    assert nested.failure == "exception"
    assert nested.error == f"ImportError: {direct.error}"


def test_check_finds_what_looks_wrong(new_project: NewProject) -> None:
    folder = new_project(
        {
            "functions/fine.py": "def fine(conv: Conversation, day: str):\n    pass\n",
            "functions/annotated.py": "def annotated(c: Conversation):\n    pass\n",
            "functions/no_conv.py": "def no_conv(day):\n    pass\n",
            "functions/twice.py": "def twice(conv):\n    pass\n\ndef twice(conv, x):\n    pass\n",
            "functions/parameters.py": """
                @func_parameter('dya', 'typo')
                def parameters(conv, day):
                    pass
            """,
            "functions/with-dash.py": "def with_dash(conv):\n    pass\n",
            "functions/_helper.py": "raise RuntimeError\n",
            "functions/broken.py": "import nothing_of_that_name\n",
            "flows/book/functions/no_flow.py": "def no_flow(conv, day):\n    pass\n",
            "flows/book/functions/both.py": "def both(conv, flow):\n    pass\n",
            "flows/book/function_steps/both.py": "def both(conv, flow):\n    pass\n",
            "flows/book/flow_config.yaml": "name: [unclosed\n",
            "flows/book/steps/ask.yaml": "- a list\n",
        }
    )
    loaded = check(folder)
    assert sorted((p.file, p.line, p.code, p.severity) for p in loaded.problems) == [
        ("flows/book/flow_config.yaml", 2, "YAML", "error"),
        ("flows/book/function_steps/both.py", None, "DUPLICATE_NAME", "error"),
        ("flows/book/functions/no_flow.py", 2, "SIGNATURE_FLOW", "error"),
        ("flows/book/steps/ask.yaml", None, "YAML", "error"),
        ("functions/broken.py", 2, "IMPORT_FAILED", "error"),
        ("functions/no_conv.py", 2, "SIGNATURE_CONV", "error"),
        ("functions/parameters.py", 3, "SIGNATURE_PARAMETER", "warning"),
        ("functions/twice.py", 5, "DUPLICATE_NAME", "warning"),
        ("functions/with-dash.py", None, "FILE_NAME", "error"),
    ]
    (broken,) = [p for p in loaded.problems if p.code == "IMPORT_FAILED"]
    assert str(broken) == (
        "functions/broken.py:2: ModuleNotFoundError: No module named 'nothing_of_that_name'"
    )
    assert list(folder.rglob("__pycache__")) == [], "check must change nothing"


def test_check_describes_functions_for_a_model(new_project: NewProject) -> None:
    folder = new_project(
        {
            "flows/book/functions/save.py": """
                @func_description("Saves the booking.")
                @func_parameter("day", "YYYY-MM-DD")
                @func_parameter("guests", "How many")
                @func_latency_control(delay_before_responses_start=0, delay_responses=[("One moment", 2)])
                def save(
                    conv: Conversation, flow: Flow, day: str, guests: int = 2, *, note: "str | None" = None
                ):
                    pass
            """,
            "functions/documented.py": 'def documented(conv):\n    """Looks it up."""\n',
        }
    )
    save, documented = sorted(check(folder).functions, key=lambda f: f.name, reverse=True)
    assert (save.flow, save.kind, save.description) == ("book", "function", "Saves the booking.")
    assert [(p.name, p.type, p.description, p.required) for p in save.parameters] == [
        ("day", "str", "YYYY-MM-DD", True),
        ("guests", "int", "How many", False),
        ("note", "str | None", "", False),
    ]
    assert save.latency == {"delay_before_responses_start": 0, "delay_responses": [["One moment", 2]]}
    assert documented.description == "Looks it up."


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import os\nos._exit(3)\n", "exited with code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "was ended by SIGSEGV"),
        (
            """
                print('last words', flush=True)
                import os
                os.closerange(3, 4096)
                import time
                time.sleep(60)
            """,
            "closed the pipes",
        ),
    ],
)
def test_a_file_that_ends_the_process_while_loading(
    new_project: NewProject, runner: NewRunner, source: str, error: str
) -> None:
    files = {"functions/evil.py": source, "functions/good.py": "def good(conv):\n    pass\n"}
    (problem,) = check(new_project(files)).problems
    assert problem.code == "NOT_STARTED" and error in problem.message
    outcome = runner(files)("good")
    assert outcome.failure == "load" and outcome.error is not None and error in outcome.error
    assert outcome.unstarted


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(InvalidInput) as error:
            check(folder)
        assert error.value.code == "AGENT_NOT_FOUND"


def test_the_sources_of_these_tests_begin_as_real_ones_do(new_project: NewProject) -> None:
    assert (new_project({"functions/a.py": "x = 1\n"}) / "functions/a.py").read_text() == f"{GEN}x = 1\n"
