from _gen import *  # <AUTO GENERATED>


@func_description("The caller speaks another language than you do: go on in theirs.")
@func_parameter("language", "en-US or es-US")
def switch_language(conv: Conversation, language: str):
    conv.set_language(language)
    # write_once: however often the caller changes their mind, the first switch is what we count.
    conv.write_metric("LANGUAGE_SWITCHED", language, write_once=True)
    return f"Speak {'Spanish' if language.startswith('es') else 'English'} from now on."
