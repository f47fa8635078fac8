from _gen import *  # <AUTO GENERATED>

# What we want to know of every call, in plain English. A new question is a new line here, and a new
# column; metrics.yaml says what type it has and which answers it may have. (One may also be declared in
# metrics.yaml alone, without any code, and then has evidence and rules: see there.)
QUERIES = {
    "CALL_SUMMARY": "At most two sentences: what did the caller want, and how did the call end?",
    "CALL_REASON": "Why did they call? One of: booking, rescheduling, cancellation, insurance, payment, "
    "billing question, emergency, information, other",
    "RESOLUTION": "How did it end for the caller? One of: resolved, partly resolved, unresolved, handed off, "
    "abandoned",
    "SENTIMENT": "How did the caller feel at the end? One of: positive, neutral, negative",
    "FOLLOW_UP_NEEDED": "true if somebody at the clinic has to do something after this call, else false",
    "NO_SHOW_RISK": "If an appointment was made or moved, how likely is the caller not to come? One of: low, "
    "medium, high. null if there is no appointment",
    "ESCALATION_COUNT": "How many times did the caller ask for a person? A whole number",
}


def end_function(conv: Conversation):
    """Runs after every call, when nobody waits any more. What it writes becomes columns."""
    try:
        answers = conv.functions.ask_transcript(queries=QUERIES)
    except NotImplementedError as error:
        # No model is configured here. What can be told without one, the rules in metrics.yaml tell: they are
        # asked after this function, for each metric that it has not written...
        conv.write_metric("ANALYZED_BY", "rules")
        conv.log.warning("No model is configured: the rules of metrics.yaml answer", error=error)
        # ...and the error goes up all the same: the attempt then stands as failed on the conversation, with
        # what was written, and `aftercall replay --failed` reads these calls again once there is a model. Who
        # wants to live with the rules says so in the real-time configuration.
        if conv.real_time_config.get("without_a_model") == "rules":
            return
        raise
    for key, value in answers.items():
        conv.write_metric(key, value)
    conv.write_metric("ANALYZED_BY", "model")
