"""The scenario runner says what did not come as written, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aftercall.errors import InvalidInput
from aftercall.runtime.scenario import EXPECTATIONS, read
from aftercall.runtime.scenarios import ScenarioResult, run_scenarios

NewProject = Callable[[dict[str, str]], Path]

PROJECT = {
    "functions/order.py": """
        @func_description("Order something.")
        def order(conv, what: str):
            conv.state.order = what
            conv.write_metric("ORDERED")
            conv.write_metric("PRICE", 12.5)
            conv.write_metric("NOTES", None)
            conv.write_metric("LIST", [what])
            conv.send_sms(to_number="+1", content=f"You get {what}")
            conv.log.info(f"ordered {what}")
            conv.say("Thank you")
            return {"content": f"ordered {what}", "price": 12.5}
        """,
    "functions/leave.py": """
        def leave(conv):
            conv.call_handoff(destination="desk", reason="asked")
        """,
    "functions/fail.py": """
        def fail(conv):
            raise KeyError("gone")
        """,
    "functions/end_function.py": """
        def end_function(conv):
            if conv.real_time_config.get("ask"):
                answers = conv.utils.prompt_llm("Reason and mood?", return_json=True)
                for key, value in answers.items():
                    conv.write_metric(key, value)
            if conv.real_time_config.get("extract"):
                found = conv.extract({"REASON": "Why?", "MOOD": "How?"})
                conv.write_metric("FOUND", f"{found.REASON.value} {found.MOOD.status}")
            if conv.integration_attributes.get("tier") == "gold":
                conv.write_metric("SECRET", conv.utils.get_secret("code"))
        """,
    "flows/order/flow_config.yaml": "name: Order\nstart_step: Ask\n",
}
HEAD = """
name: A scenario
steps:
  - user: Tea, please
  - goto: Order
  - call: order
    with: {what: tea}
"""


@pytest.fixture
def run(new_project: NewProject) -> Callable[..., ScenarioResult]:
    def one(text: str, head: str = HEAD) -> ScenarioResult:
        folder = new_project({**PROJECT, "scenarios/one.yaml": head + text})
        (result,) = run_scenarios(folder)
        return result

    return one


def test_what_is_as_written_is_ok(run: Callable[..., ScenarioResult]) -> None:
    result = run(
        """
    returns: {price: 12.5}
  - call: fail
    fails: "KeyError: 'gone'"
expect:
  metrics: {ORDERED: true, PRICE: 12.5, NOTES: null}
  no_metrics: [OTHER]
  invalid: LIST
  state: {order: tea}
  handoff: none
  sms: You get tea
  flow: Order
  step: Ask
  says: Thank you
  logs: ordered tea
"""
    )
    assert result.problems == []
    assert (result.file, result.name) == ("one.yaml", "A scenario")
    assert result.metrics["PRICE"] == 12.5
    assert result.events[0]["kind"] == "start"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("    returns: coffee", "has no 'coffee' in it"),
        ("    returns: {price: 9}", "price is 12.5, not 9"),
        ("    fails: KeyError", "should have failed with 'KeyError'"),
        ("  - call: fail", "step 4 (call fail): it failed: KeyError: 'gone'"),
        ("  - call: fail\n    fails: ValueError", "not with 'ValueError'"),
        ("  - call: nothing", "no function 'nothing'"),
        ("expect: {metrics: {ORDERED: 1}}", "ORDERED is True, not 1"),
        ("expect: {metrics: {PRICE: null}}", "PRICE is 12.5, not None"),
        ("expect: {metrics: {OTHER: true}}", "has no OTHER"),
        ("expect: {metrics: [OTHER]}", "OTHER was not written"),
        ("expect: {no_metrics: [ORDERED]}", "ORDERED was written: True"),
        ("expect: {invalid: [PRICE]}", "PRICE was not written with a value that fits no metric"),
        ("expect: {state: {order: coffee}}", "order is 'tea', not 'coffee'"),
        ("expect: {handoff: desk}", "was not handed over"),
        ("  - call: leave\nexpect: {handoff: none}", "handed over to desk"),
        ("  - call: leave\nexpect: {handoff: {reason: bored}}", "reason is 'asked', not 'bored'"),
        ("  - call: leave\nexpect: {handoff: nurse}", "it went to 'desk'"),
        ("expect: {sms: none}", "a text message was sent"),
        ("expect: {sms: coffee}", "no text message has 'coffee'"),
        ("expect: {flow: none}", "is in flow 'Order', not None"),
        ("expect: {step: End}", "is at step 'Ask', not 'End'"),
        ("expect: {says: Goodbye}", "never said 'Goodbye'"),
        ("expect: {logs: coffee}", "no log line has 'coffee'"),
        ("expect: {end: TypeError}", "end_function should have failed with 'TypeError'"),
        ("config: {ask: true}", "end_function failed: NotImplementedError"),
        ("config: {ask: true}\nexpect: {end: TypeError}", "end_function failed with"),
        ("attributes: {tier: gold}", "end_function failed: SecretNotFound"),
    ],
)
def test_what_differs_is_said(run: Callable[..., ScenarioResult], text: str, problem: str) -> None:
    result = run(text + "\n")
    assert not result.ok
    assert len(result.problems) == 1, result.problems
    assert problem in result.problems[0]


@pytest.mark.parametrize(
    "model",
    [
        "{REASON: order}",
        "[{when: nothing, answer: {REASON: other}}, {when: mood, answer: {REASON: order}}]",
        '\'{"REASON": "order"}\'',
    ],
)
def test_the_scenarios_model_and_secrets_answer(run: Callable[..., ScenarioResult], model: str) -> None:
    told = f"config: {{ask: true}}\nmodel: {model}\nattributes: {{tier: gold}}\nsecrets: {{code: s3}}\n"
    expect = "expect: {metrics: {REASON: order, SECRET: s3}}\n"
    if model.startswith("'"):  # a text, where a JSON object was asked for
        assert "no JSON object" in run(told).problems[0]
    else:
        assert run(told + expect).problems == []


def test_the_scenarios_model_answers_what_code_extracts(run: Callable[..., ScenarioResult]) -> None:
    told = "config: {extract: true}\nmodel: {REASON: order}\n"
    assert run(told + "expect: {metrics: {REASON: order, MOOD: null, FOUND: order unknown}}\n").problems == []
    assert run("config: {extract: true}\nexpect: {end: NotImplementedError}\n").problems == []


def test_no_model_expects_the_error(run: Callable[..., ScenarioResult]) -> None:
    assert run("config: {ask: true}\nexpect: {end: NotImplementedError}\n").problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("steps: [", "one.yaml: "),
        ("- just\n- a list\n", "no mapping"),
        ("name: x\n", "it has no steps"),
        ("steps:\n  - shout: hello\n", "step 1 must be one of"),
        ("steps:\n  - user: hello\n    call: x\n", "step 1 must be one of"),
        ("steps:\n  - user: 12\n", "write it in quotes"),
        ("steps:\n  - call: x\n    wiht: {}\n", "step 1 has 'wiht'"),
        ("steps:\n  - call: x\n    with: [1]\n", "with is no mapping"),
        ("steps:\n  - user: hi\nexpct: {}\n", "it has 'expct'"),
        ("steps:\n  - user: hi\nexpect: {metric: {}}\n", "expect has 'metric'"),
        ("call: {caller_number: +1312}\nsteps:\n  - user: hi\n", "write it in quotes"),
        ("call: {number: '1'}\nsteps:\n  - user: hi\n", "call has 'number'"),
    ],
)
def test_a_scenario_that_cannot_be_read_is_a_result(
    run: Callable[..., ScenarioResult], text: str, problem: str
) -> None:
    result = run(text, head="")
    assert len(result.problems) == 1
    assert problem in result.problems[0]


def test_dates_reach_functions_as_text(run: Callable[..., ScenarioResult]) -> None:
    head = "steps:\n  - call: order\n    with: {what: 2026-03-04}\nexpect: {state: {order: '2026-03-04'}}\n"
    assert run("", head=head).problems == []


def test_one_broken_scenario_does_not_hide_the_others(new_project: NewProject) -> None:
    files = {"scenarios/a.yaml": "steps: [", "scenarios/b.yml": HEAD, "scenarios/notes.txt": "not one"}
    folder = new_project({**PROJECT, **files})
    reported: list[ScenarioResult] = []
    results = run_scenarios(folder, report=reported.append)
    assert [(result.file, result.ok) for result in results] == [("a.yaml", False), ("b.yml", True)]
    assert reported == results
    assert [result.file for result in run_scenarios(folder, only="B.Y")] == ["b.yml"]


def test_where_there_is_nothing_to_run(new_project: NewProject, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as none:
        run_scenarios(new_project(PROJECT))
    assert none.value.code == "SCENARIOS_MISSING"
    with pytest.raises(InvalidInput) as nowhere:
        run_scenarios(tmp_path / "nowhere")
    assert nowhere.value.code == "AGENT_NOT_FOUND"


def test_the_page_names_every_expectation_and_its_example_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `[^|]*\|", page, re.MULTILINE))))
    assert told >= EXPECTATIONS | {"call", "attributes", "config", "model", "secrets", "user", "goto"}
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    (tmp_path / "one.yaml").write_text(example[1])
    assert len(read(tmp_path / "one.yaml").steps) == 5
