"""An agent process: one call through the SDK, told by standard input when to go on.

    python -m tests.journeys.agent CONVERSATION_ID TURNS

prints `half` after half of the turns, `ended` with what the call felt (JSON) after the last, and `left`
once it has closed; it waits for a line of input after each of the first two.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from aftercall.sdk import Conversation, default_client


def main() -> None:
    conversation_id, turns = sys.argv[1], int(sys.argv[2])
    took: list[float] = []

    def timed(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        result = work(*args, **kwargs)
        took.append(time.perf_counter() - began)
        return result

    call = timed(Conversation, id=conversation_id, channel="voice", from_number="+441632960000")
    timed(call.start)
    for number in range(turns):
        timed(call.add_turn, "user" if number % 2 == 0 else "agent", f"words {number}")
        timed(call.write_metric, f"COUNT_{number % 5}", number)
        call.state["last"] = number
        if number == turns // 2:
            tell("half")
    timed(call.write_metric, "BOOKED")
    timed(call.record_function_call, "book", {"day": "Monday"}, result="ok", duration_ms=12.5)
    timed(call.handoff, "billing", reason="asked for")
    timed(call.end, "completed")
    took.sort()
    tell(
        "ended",
        {"p50_s": took[len(took) // 2], "max_s": took[-1], "faults": default_client().health().faults},
    )
    closed = default_client().close(60 if "--wait" in sys.argv else 0.2)
    print("left", json.dumps({"sent": closed}), flush=True)


def tell(what: str, detail: dict[str, Any] | None = None) -> None:
    print(what, json.dumps(detail or {}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
