"""An agent project on disk: what its folders and YAML files say. Reads; runs nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aftercall.errors import InvalidInput
from aftercall.runtime.problem import Problem
from aftercall.sdk.plain import plain

MAX_YAML = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FunctionFile:
    name: str
    file: str
    """Relative to the project."""
    module: str
    flow: str | None
    """Folder of its flow."""
    kind: str
    """function or step."""


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    """As goto_step knows it."""
    file: str
    data: dict[str, Any]
    """Everything its YAML says: type, prompt..."""


@dataclass(frozen=True, slots=True)
class FlowFolder:
    folder: str
    name: str
    """As goto_flow knows it."""
    description: str
    start_step: str | None
    steps: list[Step]


@dataclass(slots=True)
class Layout:
    root: Path
    project_id: str | None = None
    account_id: str | None = None
    region: str | None = None
    name: str | None = None
    functions: list[FunctionFile] = field(default_factory=list)
    flows: list[FlowFolder] = field(default_factory=list)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    default_variant: str | None = None
    sms_templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    handoffs: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether there is a function of the whole project under that name, such as end_function."""
        return any(item.name == name and item.flow is None for item in self.functions)

    def for_child(self) -> dict[str, Any]:
        return {
            "variants": self.variants,
            "default_variant": self.default_variant,
            "sms_templates": self.sms_templates,
            "handoffs": self.handoffs,
            "flow_names": {flow.name: flow.folder for flow in self.flows},
        }


def read(root: Path) -> Layout:
    """Raises InvalidInput (AGENT_NOT_FOUND) for a folder that is no agent project. A file that cannot be read
    becomes a problem, the rest is read all the same."""
    if not root.is_dir():
        raise InvalidInput(f"{root} is no folder", code="AGENT_NOT_FOUND")
    if not any((root / name).exists() for name in ("project.yaml", "functions", "flows")):
        raise InvalidInput(
            f"{root} is no agent project: it has neither project.yaml nor functions/ nor flows/",
            code="AGENT_NOT_FOUND",
        )
    layout = Layout(root)
    told = _yaml(layout, "project.yaml")
    layout.project_id, layout.account_id = _text(told.get("project_id")), _text(told.get("account_id"))
    layout.region, layout.name = _text(told.get("region")), _text(told.get("name"))
    layout.functions += _functions(layout, "functions", None, "function")
    for folder in _folders(root / "flows"):
        layout.flows.append(_flow(layout, folder))
        layout.functions += _functions(layout, f"flows/{folder}/functions", folder, "function")
        layout.functions += _functions(layout, f"flows/{folder}/function_steps", folder, "step")
    _variants(layout)
    for item in _named(_yaml(layout, "config/sms_templates.yaml").get("sms_templates")):
        layout.sms_templates[item["name"]] = {**item, "content": item.get("text") or item.get("content")}
    for item in _named(_yaml(layout, "config/handoffs.yaml").get("handoffs")):
        layout.handoffs[item["name"]] = item
    return layout


def _functions(layout: Layout, folder: str, flow: str | None, kind: str) -> Iterator[FunctionFile]:
    for path in sorted((layout.root / folder).glob("*.py")):
        name = path.stem
        if name.startswith("_") or not path.is_file():
            continue  # helpers, and __init__
        file = f"{folder}/{path.name}"
        if name.isidentifier() and "." not in folder:
            yield FunctionFile(name, file, file.removesuffix(".py").replace("/", "."), flow, kind)
        else:
            message = f"{file.removesuffix('.py')!r} cannot be a module: letters, digits and _ only"
            layout.problems.append(Problem(file, None, "FILE_NAME", "error", message))


def _flow(layout: Layout, folder: str) -> FlowFolder:
    told = _yaml(layout, f"flows/{folder}/flow_config.yaml")
    steps = []
    for path in sorted((layout.root / "flows" / folder / "steps").glob("*.yaml")):
        file = f"flows/{folder}/steps/{path.name}"
        data = _yaml(layout, file)
        steps.append(Step(_text(data.get("name")) or path.stem, file, data))
    for path in sorted((layout.root / "flows" / folder / "function_steps").glob("*.py")):
        if not path.stem.startswith("_"):
            file = f"flows/{folder}/function_steps/{path.name}"
            steps.append(Step(path.stem, file, {"step_type": "function_step"}))
    return FlowFolder(
        folder=folder,
        name=_text(told.get("name")) or folder,
        description=_text(told.get("description")) or "",
        start_step=_text(told.get("start_step")),
        steps=steps,
    )


def _variants(layout: Layout) -> None:
    told = _yaml(layout, "config/variant_attributes.yaml")
    for item in _named(told.get("variants")):
        layout.variants[item["name"]] = {}
        if item.get("is_default") and layout.default_variant is None:
            layout.default_variant = item["name"]
    for item in _named(told.get("attributes")):
        values = item.get("values")
        for variant, value in (values if isinstance(values, dict) else {}).items():
            layout.variants.setdefault(str(variant), {})[item["name"]] = plain(value)


def _named(told: Any) -> Iterator[dict[str, Any]]:
    """The mappings of a list that have a name."""
    for item in told if isinstance(told, list) else []:
        if isinstance(item, dict) and item.get("name") is not None:
            yield {**plain(item), "name": str(item["name"])}


def _folders(parent: Path) -> list[str]:
    if not parent.is_dir():
        return []
    return sorted(p.name for p in parent.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))


def _yaml(layout: Layout, file: str) -> dict[str, Any]:
    path = layout.root / file
    if not path.is_file():
        return {}
    message, line = "", None
    try:
        if path.stat().st_size > MAX_YAML:
            message = f"larger than {MAX_YAML} bytes; not read"
        else:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            if told is None or isinstance(told, dict):
                return {str(key): value for key, value in (told or {}).items()}
            message = "not a mapping of names to values; not read"
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        message = " ".join(str(error).split())[:500]
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
    layout.problems.append(Problem(file, line, "YAML", "error", message))
    return {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
