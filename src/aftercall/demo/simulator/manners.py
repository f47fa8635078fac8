"""How callers behave whatever they call about: they misunderstand, complain, fall silent, hang up."""

from __future__ import annotations

from aftercall.demo.simulator.stage import Stage


def ask(stage: Stage, question: str, answer: str, **slots: str) -> None:
    """The agent asks, the caller answers; between the two their manner shows."""
    stage.agent(question, **slots)
    interlude(stage)
    stage.caller(answer)


def interlude(stage: Stage) -> None:
    manner, luck = stage.plan.manner, stage.chance.random()
    if manner == "confused" and luck < 0.32:
        stage.caller("what")
        stage.agent("repeat")
    elif manner == "silent" and luck < 0.45:
        silent(stage)
    elif manner == "angry" and luck < 0.22:
        stage.caller("bad_mood")
        stage.agent("calm")
        if luck < 0.05:
            escalate(stage)
    elif manner == "hurried" and luck < 0.07:
        hang_up(stage)
    elif luck > 0.985 and stage.plan.channel == "voice":
        stage.caller("aside")


def silent(stage: Stage) -> None:
    """Nothing is heard; sometimes never again."""
    stage.silence()
    stage.agent("still_there")
    if stage.chance.random() < 0.35:
        stage.silence()
        stage.agent("give_up")
        stage.over("agent_hangup")


def escalate(stage: Stage) -> None:
    """The caller asks for a person: the agent offers to go on once, and gives way the second time."""
    stage.caller("human_again")
    stage.call("ask_for_human")
    stage.agent("one_desk")
    if stage.chance.random() < 0.5:
        stage.caller("human_again")
        stage.call("ask_for_human")
        stage.call("handoff_to_front_desk", reason="asked for a person")


def hang_up(stage: Stage) -> None:
    stage.now += stage.chance.randrange(200, 3_000)
    stage.over("user_hangup")
