"""From the name that a project uses to the model that answers."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from aftercall.llm.errors import ModelNotConfigured
from aftercall.llm.settings import OUTPUT_GUESS, Endpoint, Model, Settings

HOW = (
    "set AFTERCALL_LLM_KEY (for a server of your own AFTERCALL_LLM_URL and AFTERCALL_LLM_MODEL), or write"
    " models.yaml into AFTERCALL_HOME; docs/models.md shows both"
)


@dataclass(frozen=True)
class Route:
    name: str
    """As it was asked for."""
    endpoint_name: str
    endpoint: Endpoint
    model: str
    """As the endpoint calls it."""
    given: Model

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Money; None where the model has no prices."""
        if self.given.input_price is None or self.given.output_price is None:
            return None
        return (tokens_in * self.given.input_price + tokens_out * self.given.output_price) / 1e6

    def most(self, tokens_in: int) -> float:
        """The most a request can cost. Beyond it: an answer over OUTPUT_GUESS tokens that nothing limits."""
        return self.cost(tokens_in, self.given.max_output_tokens or OUTPUT_GUESS) or 0.0


def resolve(settings: Settings, project: str, name: str | None = None) -> Route:
    """The project's own models first; an exact name before a pattern, a longer pattern before a shorter.

    Raises ModelNotConfigured (a NotImplementedError) saying what to do.
    """
    own = settings.projects.get(project)
    asked = name or (own.default if own else None) or settings.default
    if not settings.configured:
        raise ModelNotConfigured(f"no model is configured: {HOW}")
    for models in (own.models if own else {}, settings.models):
        found = _match(models, asked)
        if found is not None:
            endpoint = settings.endpoints[found.endpoint]
            return Route(asked, found.endpoint, endpoint, found.model or asked, found)
    patterns = ", ".join(repr(known) for known in sorted({*(own.models if own else {}), *settings.models}))
    raise ModelNotConfigured(
        f"no model is configured for the name {asked!r}: models.yaml has {patterns}. Add the name, or a"
        " pattern such as '*'"
    )


def _match(models: dict[str, Model], name: str) -> Model | None:
    if name in models:
        return models[name]
    fitting = [pattern for pattern in models if fnmatchcase(name, pattern)]
    return models[max(fitting, key=len)] if fitting else None
