"""The ledger and the daily spend cap."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aftercall.llm import ChatCompletionError, SpendCapReached
from aftercall.llm.ledger import Ledger
from aftercall.llm.route import Route, resolve
from aftercall.llm.settings_file import parse
from aftercall.testing.model_endpoint import ModelEndpoint, Reply
from tests.llm.conftest import OpenDoor, finished

Start = Callable[..., "subprocess.Popen[str]"]

# One output token costs 1: with max_output_tokens 10 a request reserves 10, and costs what it used.
PRICES = {"input_price": 0.0, "output_price": 1e6, "max_output_tokens": 10}


@pytest.fixture
def route() -> Route:
    config = {"endpoints": {"e": {}}, "models": {"*": {"endpoint": "e", **PRICES}}}
    return resolve(parse(config), "dental", "gpt-4o")


def test_the_cap_stops_calls_and_says_how_to_go_on(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply("ok", tokens=(100, 4)))
    door = open_door(daily_spend_cap=20, **PRICES)
    session = door.session("dental", "c1")
    for number in range(3):
        session.prompt_llm(f"question {number}")
    assert door.ledger.spent("dental") == 12
    with pytest.raises(SpendCapReached, match=r"'dental'.*12\.0000 is spent.*daily_spend_cap") as raised:
        session.prompt_llm("one more")
    assert isinstance(raised.value, ChatCompletionError)
    assert (raised.value.code, raised.value.status, raised.value.passing) == ("SPEND_CAP_REACHED", 429, True)
    assert len(endpoint.requests) == 3
    assert door.ledger.calls()[0].outcome == "SPEND_CAP_REACHED"
    assert door.session("dental", "c1").prompt_llm("question 0") == "ok"  # stored answers are free
    assert door.session("other", "c1").prompt_llm("question 0") == "ok"  # each project has its own


def test_the_cap_of_a_project_comes_before_the_general_one(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    door = open_door(daily_spend_cap=100, projects={"dental": {"daily_spend_cap": 5}}, **PRICES)
    with pytest.raises(SpendCapReached):
        door.session("dental").prompt_llm("Why?")
    assert door.session("other").prompt_llm("Why?") == "ok"


def test_the_cap_survives_a_restart(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply("ok", tokens=(1, 10)))
    for _ in range(2):
        door = open_door(daily_spend_cap=25, **PRICES)
        door.session("dental").prompt_llm("Why?", model=f"m-{_}")
        door.close()
    door = open_door(daily_spend_cap=25, **PRICES)
    with pytest.raises(SpendCapReached):
        door.session("dental").prompt_llm("Who?")


SPENDER = """
import sys
from pathlib import Path
from aftercall.llm.ledger import Ledger
from aftercall.llm.errors import SpendCapReached
from aftercall.llm.route import resolve
from aftercall.llm.settings_file import parse
home, cap = Path(sys.argv[1]), float(sys.argv[2])
model = {"endpoint": "e", "input_price": 0, "output_price": 1e6}
route = resolve(parse({"endpoints": {"e": {}}, "models": {"*": model}}), "dental", "gpt-4o")
ledger = Ledger(home)
def spend():
    call = ledger.begin(route, "dental", None, 400)
    day = ledger.reserve(call, "dental", 1.0, cap)
    ledger.settle(call, "dental", day, 1.0, 0.3)
    ledger.end(call, outcome="ok", latency_ms=1)
spend()
print("ready", flush=True)
sys.stdin.readline()
done = 1
try:
    while True:
        spend()
        done += 1
except SpendCapReached:
    print(done)
"""


def test_two_processes_never_pass_the_cap(start_python: Start, tmp_path: Path) -> None:
    spenders = [start_python(SPENDER, tmp_path, 60) for _ in range(2)]
    for spender in spenders:
        assert spender.stdout is not None
        assert spender.stdout.readline() == "ready\n"
    for spender in spenders:
        assert spender.stdin is not None
        spender.stdin.write("go\n")
        spender.stdin.flush()
    counts = [int(finished(spender)) for spender in spenders]
    ledger = Ledger(tmp_path)
    spent = ledger.spent("dental")
    ledger.close()
    assert spent == pytest.approx(0.3 * sum(counts))
    assert 59 - 1 < spent <= 60


def test_threads_never_pass_the_cap(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply("ok", tokens=(1, 10)))
    door = open_door(real_time=True, daily_spend_cap=70, **PRICES)
    session = door.session("dental")
    refused: list[SpendCapReached] = []

    def ask(number: int) -> None:
        try:
            session.prompt_llm(f"question {number}")
        except SpendCapReached as error:
            refused.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(endpoint.requests), len(refused), door.ledger.spent("dental")) == (7, 5, 70)


@pytest.mark.parametrize(
    ("reply", "spent"),
    [
        (Reply(status=500), 0.0),
        (Reply(status=429), 0.0),
        (Reply(status=400), 0.0),
        (Reply(hang_up=True), 10.0),
        (Reply("late", delay_s=30), 10.0),
        (Reply(body=b"garbled"), 10.0),
        (Reply(refusal="No.", tokens=(1, 3)), 3.0),
        (Reply("four by four: 16", tokens=None), 4.0),
    ],
)
def test_what_may_have_been_billed_is_counted(
    endpoint: ModelEndpoint, open_door: OpenDoor, reply: Reply, spent: float
) -> None:
    endpoint.script(reply)
    door = open_door(retries=0, timeout_s=0.4, **PRICES)
    try:
        door.session("dental").prompt_llm("Why?")
    except ChatCompletionError as error:
        assert error.code != "SPEND_CAP_REACHED"
    assert door.ledger.spent("dental") == spent
    assert door.ledger.calls()[0].cost == spent


def test_a_reservation_bounds_the_input_too(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(
        lambda call: Reply("ok", tokens=(len(call.prompt), 0))
    )  # the worst: a token per character
    door = open_door(daily_spend_cap=1, input_price=1e3, output_price=0, max_output_tokens=1)
    session = door.session("dental")
    for _ in range(20):
        try:
            session.prompt_llm("x" * 150)
        except SpendCapReached:
            break
    else:
        pytest.fail("the cap was never reached")
    assert 0.4 < door.ledger.spent("dental") <= 1


def test_no_prices_no_cost(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    door = open_door()
    door.session("dental").prompt_llm("Why?")
    assert door.ledger.calls()[0].cost is None
    assert door.ledger.spent("dental") == 0


def test_a_new_day_is_a_new_cap(tmp_path: Path, route: Route) -> None:
    now = [1_800_000_000.0]
    ledger = Ledger(tmp_path, clock=lambda: now[0])
    call = ledger.begin(route, "dental", "c1", 400)
    day = ledger.reserve(call, "dental", 8.0, 10.0)
    with pytest.raises(SpendCapReached):
        ledger.reserve(call, "dental", 8.0, 10.0)
    now[0] += 86_400
    later = ledger.reserve(call, "dental", 8.0, 10.0)
    ledger.settle(call, "dental", day, 8.0, 1.0)  # booked back on the day it was taken from
    assert (ledger.spent("dental", day), ledger.spent("dental", later)) == (1.0, 8.0)
    assert ledger.calls()[0].cost == 9.0
    ledger.close()


def test_calls_can_be_asked_for(tmp_path: Path, route: Route) -> None:
    now = [1_800_000_000.0]
    ledger = Ledger(tmp_path, clock=lambda: now[0])
    for number in range(6):
        now[0] += 1
        call = ledger.begin(route, f"p{number % 2}", f"c{number % 3}", 400)
        ledger.end(call, outcome="ok" if number else "MODEL_TIMEOUT", latency_ms=number, tokens=(number, 1))
    start = 1_800_000_001_000
    assert [call.latency_ms for call in ledger.calls(limit=2)] == [5, 4]
    assert [call.latency_ms for call in ledger.calls(project="p1")] == [5, 3, 1]
    assert [call.latency_ms for call in ledger.calls(project="p1", conversation="c0")] == [3]
    assert [call.latency_ms for call in ledger.calls(since=start + 1000, until=start + 3000)] == [2, 1]
    assert [call.latency_ms for call in ledger.calls(outcome="MODEL_TIMEOUT")] == [0]
    last = ledger.calls()[0]
    assert (last.at, last.name, last.endpoint, last.model, last.tokens_in) == (
        start + 5000,
        "gpt-4o",
        "e",
        "gpt-4o",
        5,
    )
    now[0] += 401 * 86_400
    ledger.begin(route, "p0", None, 400)
    assert [call.outcome for call in ledger.calls()] == ["open"]
    ledger.close()


def test_without_a_ledger_nothing_is_asked(
    endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path
) -> None:
    (tmp_path / "llm-ledger.db").write_bytes(b"this is no database" * 1000)
    with pytest.raises(ChatCompletionError, match="ledger") as raised:
        open_door().session("dental").prompt_llm("Why?")
    assert raised.value.code == "MODEL_LEDGER_FAILED"
    assert endpoint.requests == []
