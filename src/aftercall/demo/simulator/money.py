"""Calls about money: insurance, payments, bills."""

from __future__ import annotations

from aftercall.demo.simulator import words
from aftercall.demo.simulator.appointments import book_after_all
from aftercall.demo.simulator.manners import ask, hang_up
from aftercall.demo.simulator.parts import identify, opening, pick_day, pick_treatment, to_billing
from aftercall.demo.simulator.stage import Stage


def insurance(stage: Stage) -> None:
    treatment = pick_treatment(stage)
    person = stage.plan.person
    opening(stage, "want_insurance_again" if stage.plan.is_again else "want_insurance")
    stage.enter("Insurance check")
    ask(stage, "ask_member", "give_member")
    stage.call("check_insurance", "Insurance check", insurer=person.insurer, member_id=person.member)
    policy = stage.conv.state.policy
    if policy is None:
        stage.agent("insurer_down")
        if stage.plan.manner == "angry" or stage.chance.random() < 0.12:
            stage.caller("bad_mood")
            to_billing(stage, "insurer does not answer")
        stage.caller("insurer_down")
    elif not policy["active"]:
        stage.agent("not_covered")
        stage.caller("join_list" if stage.chance.random() < 0.02 else "dispute")
        to_billing(stage, "policy not found")
    else:
        stage.agent("covered", share=f"{policy['covers']:.0%}")
        if stage.chance.random() < 0.6:
            stage.caller("ask_cover")
            stage.call("estimate_cover", "Insurance check", treatment=treatment)
            paid = stage.conv.metric_events[-1].value
            language = stage.language
            stage.agent("own_share", amount=words.money(paid), treatment=words.treatment(treatment, language))
        if stage.chance.random() < 0.15:
            stage.slots["treatment"] = words.treatment(treatment, person.language)
            book_after_all(stage, treatment)


def paying(stage: Stage) -> None:
    person = stage.plan.person
    pick_day(stage)
    opening(stage, "want_pay_again" if stage.plan.is_again else "want_pay")
    stage.enter("Payment")
    identify(stage, private=True)
    stage.call("look_up_balance", "Payment")
    balance = stage.conv.state.balance
    if not balance:
        stage.agent("no_balance")
        return
    ask(stage, "balance", "agree_charge", amount=words.money(balance))
    charge(stage, balance, person.card)


def charge(stage: Stage, balance: float, card: str) -> None:
    told = stage.call("take_payment", "Payment", amount=balance, card_last4=card)
    if stage.conv.state.receipt:
        stage.agent("paid")
    elif told is not None:
        stage.agent("declined_card")
        if stage.chance.random() < 0.5:
            other = f"{stage.chance.randrange(1, 10_000):04d}"
            stage.caller("other_card", card=other)
            stage.call("take_payment", "Payment", amount=balance, card_last4=other)
            stage.agent("declined_card")
        stage.caller("pay_failed")
        to_billing(stage, "card declined")
    else:
        stage.agent("pay_broken")
        stage.caller("pay_failed")
        if stage.chance.random() < 0.55:
            stage.call("take_payment", "Payment", amount=balance, card_last4=card)
            stage.agent("pay_broken")
            stage.caller("bad_mood")
        if stage.chance.random() < 0.85:
            to_billing(stage, "payment failed")
        stage.agent("calm")
        hang_up(stage)


def billing(stage: Stage) -> None:
    explained = stage.chance.random() < 0.55
    amount = stage.chance.choice(
        (60.0, 85.0, 140.0, 220.0, 690.0) if explained else (74.0, 129.5, 310.0, 55.0)
    )
    pick_day(stage)
    opening(stage, "want_billing", amount=words.money(amount))
    stage.enter("Billing question")
    ask(stage, "ask_charge", "give_charge")
    stage.call("explain_charge", "Billing question", amount=amount)
    if explained:
        prices = {60.0: "check-up", 85.0: "cleaning", 140.0: "filling", 220.0: "whitening", 690.0: "crown"}
        stage.agent("explain", treatment=words.treatment(prices[amount], stage.language))
        if stage.chance.random() < 0.7:
            stage.caller("accept_charge")
            stage.conv.exit_flow()
            return
        stage.caller("dispute")
    else:
        stage.agent("no_explanation")
        stage.caller("dispute")
    stage.agent("still_open")
    stage.call("dispute_charge", "Billing question", reason="disputes a charge")
