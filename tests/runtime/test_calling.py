"""Functions calling each other, returning, raising."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.runtime import Host, Prompt
from tests.runtime.conftest import NewRunner, Runner, metrics, of_kind
from tests.runtime.stored import snapshot, tell

FLOW = {
    "flows/booking/flow_config.yaml": "name: Book a table\nstart_step: Ask date\n",
    "flows/booking/functions/save.py": """
        def save(conv: Conversation, flow: Flow, day: str, note: str = "-"):
            flow.goto_step("Confirm", "saved")
            return [conv.id, flow.current_step, conv.current_step, day, note]
    """,
    "flows/booking/functions/no_flow.py": "def no_flow(conv, day):\n    return day\n",
    "flows/booking/function_steps/check.py": """
        def check(conv: Conversation, flow: Flow):
            f = flow.functions
            return [
                f.save(conv, flow, "mon"),
                f.save(day="tue", note="x"),
                f.save("wed"),
                f.save(conv, flow=flow, day="thu"),
                f.save(conv=conv, flow=flow, day="fri"),
                f.save(conv=conv, day="sat"),
                f.save(flow=flow, day="sun"),
                f.no_flow("x"),
                f.no_flow(conv, day="y"),
                conv.functions.plain(4),
                conv.functions.plain(conv, 5),
                conv.functions.without(6),
                conv.functions.with_flow("z"),
                conv.functions["wrapped"]("w"),
                "save" in f,
            ]
    """,
    "functions/plain.py": "def plain(conv, number):\n    return number\n",
    "functions/without.py": "def without(number):\n    return number\n",
    "functions/with_flow.py": "def with_flow(conv, flow, x):\n    return [flow.current_step, x]\n",
    "functions/wrapped.py": """
        def bare(function):
            def inner(*args, **kwargs):
                return function(*args, **kwargs)
            return inner

        @bare
        def wrapped(conv, x):
            return [conv.id, x]
    """,
}


@pytest.mark.parametrize(
    "value", ["None", "'text'", "{'utterance': 'Bye', 'hangup': True, 'transition': {'goto_flow': 'x'}}"]
)
def test_functions_return_nothing_a_text_or_a_dict(runner: NewRunner, value: str) -> None:
    assert tell(runner, value) == [eval(value)]  # noqa: S307 - our own literals


@pytest.mark.parametrize("flow", ["booking", "Book a table"])
def test_conv_and_flow_are_put_in_only_where_the_caller_passed_none(runner: NewRunner, flow: str) -> None:
    project = runner(FLOW)
    outcome = project("check", flow=flow, snapshot=snapshot())
    assert outcome.ok, outcome.traceback
    saved = ["call-1", "Confirm", "Confirm"]
    assert outcome.value == [
        [*saved, "mon", "-"],
        [*saved, "tue", "x"],
        [*saved, "wed", "-"],
        [*saved, "thu", "-"],
        [*saved, "fri", "-"],
        [*saved, "sat", "-"],
        [*saved, "sun", "-"],
        "x",
        "y",
        4,
        5,
        6,
        ["Confirm", "z"],
        ["call-1", "w"],
        True,
    ]
    assert of_kind(outcome, "flow")[0] == {"flow": "Book a table", "step": "Confirm", "label": "saved"}


def test_a_function_that_does_not_exist_says_what_does(runner: NewRunner) -> None:
    project = runner(FLOW)
    outcome = project("nothing")
    assert (outcome.failure, outcome.error) == ("not_found", "no function 'nothing'")
    calling = runner(tell="def tell(conv):\n    conv.functions.tel()\n")("tell")
    assert calling.error == "AttributeError: the project has no function 'tel' (known: tell)"


def test_async_functions_run(runner: NewRunner) -> None:
    outcome = runner(
        end_function="""
        import asyncio

        async def end_function(conv):
            await asyncio.sleep(0)
            conv.write_metric("ASYNC", await conv.functions.helper("x"))
        """,
        helper="async def helper(conv, x):\n    return x + 'y'\n",
    )("end_function")
    assert outcome.ok, outcome.traceback
    assert metrics(outcome) == {"ASYNC": "xy"}


def test_writes_before_an_error_persist_and_the_error_is_told(runner: NewRunner) -> None:
    project = runner(
        end_function="""
        def end_function(conv):
            conv.state.list = [1]
            conv.write_metric("BEFORE")
            conv.state.list.append(2)
            conv.functions.broken()
        """,
        broken='def broken(conv):\n    raise ValueError("no\\nslots")\n',
    )
    outcome = project("end_function")
    assert (outcome.status, outcome.failure, outcome.error) == ("failed", "exception", "ValueError: no slots")
    assert metrics(outcome) == {"BEFORE": ...}
    assert of_kind(outcome, "state")[-1] == {"set": {"list": [1, 2]}}
    assert outcome.traceback is not None
    assert 'File "functions/end_function.py", line 6, in end_function' in outcome.traceback
    assert 'File "functions/broken.py", line 3, in broken' in outcome.traceback
    assert "aftercall" not in outcome.traceback, "nothing of ours, before the project's frames or in between"
    assert str(project.agent.folder) not in outcome.traceback


def test_the_classic_end_function(runner: NewRunner) -> None:

    asked: list[Prompt] = []

    def prompt_llm(prompt: Prompt) -> Any:
        asked.append(prompt)
        return {"CALL_REASON": "booking", "PARTY_SIZE": 2, "COMPLAINT": None}

    project: Runner = runner(
        ask_model="""
        def ask_model(conv: Conversation, queries: dict):
            transcript = "\\n".join(item.to_string() for item in conv.history)
            prompt = f"{queries}\\n{transcript}"
            return conv.utils.prompt_llm(prompt, return_json=True, show_history=False)
        """,
        end_function="""
        QUERIES = {"CALL_REASON": "Why did they call?", "PARTY_SIZE": "How many?", "COMPLAINT": "Which?"}

        def end_function(conv: Conversation):
            for key, value in conv.functions.ask_model(QUERIES).items():
                conv.write_metric(key, value)
        """,
    )
    outcome = project("end_function", snapshot=snapshot(), host=Host(prompt_llm))
    assert outcome.ok, outcome.traceback
    assert metrics(outcome) == {"CALL_REASON": "booking", "PARTY_SIZE": 2, "COMPLAINT": None}
    assert "User: Table for two" in asked[0].prompt
    assert (asked[0].conversation_id, asked[0].model, outcome.llm_calls) == ("call-1", None, 1)


@pytest.mark.parametrize("start", ["def", "async def"])
def test_a_function_that_is_a_generator_did_nothing_and_says_so(runner: NewRunner, start: str) -> None:
    outcome = runner(
        end_function=f"""
        {start} end_function(conv):
            conv.write_metric("NEVER")
            yield 1
        """
    )("end_function")
    assert outcome.failure == "exception"
    assert outcome.error == (
        "TypeError: end_function returned a generator (it has a yield): nothing in it was run"
    )


def test_errors_that_led_to_an_error_are_told_without_our_frames(runner: NewRunner) -> None:
    outcome = runner(
        end_function="""
        def end_function(conv):
            try:
                conv.functions.broken()
            except LookupError as error:
                raise RuntimeError("no answer") from error
        """,
        broken="def broken(conv):\n    return conv.utils.get_secret('key')\n",
    )("end_function")
    told = outcome.traceback or ""
    assert "aftercall" not in told
    assert told.index('"functions/broken.py", line 3') < told.index(
        "SecretNotFound: the project has no secret"
    )
    assert told.index("direct cause") < told.index('"functions/end_function.py", line 6')
    assert told.rstrip().endswith("RuntimeError: no answer")
