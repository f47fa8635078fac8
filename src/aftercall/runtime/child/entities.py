"""``conv.utils.validate_entity(value, conv.utils.EmailConfig())``: plain checks, without a model.

A config takes whatever options it is given; those in use are ``options`` (enum), ``min``, ``max`` (numeric)
and ``country_code`` (phone number).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from aftercall.sdk.plain import text_of


@dataclass
class Validation:
    """``value`` and ``normalized_value`` are texts, whatever the kind; None when it is not valid."""

    is_valid: bool
    normalized_value: str | None = None
    error: str | None = None
    country_code: str | None = None
    number: str | None = None

    @property
    def valid(self) -> bool:
        return self.is_valid

    @property
    def value(self) -> str | None:
        return self.normalized_value


class EntityConfig:
    """The kind of an entity, and options."""

    kind = "free_text"

    def __init__(self, *args: Any, **options: Any) -> None:
        self.args = args
        self.options = options

    def option(self, *names: str) -> Any:
        return next((self.options[name] for name in names if self.options.get(name) is not None), None)


def _config(kind: str) -> type[EntityConfig]:
    name = "".join(part.capitalize() for part in kind.split("_")) + "Config"
    return type(name, (EntityConfig,), {"kind": kind})


class Configs:
    """The kinds, as attributes of ``conv.utils``."""

    EntityConfig = EntityConfig
    EmailConfig = _config("email")
    PhoneNumberConfig = _config("phone_number")
    DateConfig = _config("date")
    TimeConfig = _config("time")
    NumericConfig = _config("numeric")
    QuantityConfig = _config("quantity")
    CurrencyConfig = _config("currency")
    NameConfig = _config("name")
    AlphanumericConfig = _config("alphanumeric")
    EnumConfig = _config("enum")
    FreeTextConfig = _config("free_text")


def validate(value: Any, config: Any) -> Validation:
    """Never raises: an unknown kind of config is treated as free text."""
    kind = getattr(config, "kind", "free_text")
    told = config if isinstance(config, EntityConfig) else EntityConfig()
    text = text_of("" if value is None else value).strip()
    if not text:
        return Validation(False, error="there is no value")
    return _CHECKS.get(kind, _free_text)(text, told)


def _free_text(text: str, _config: EntityConfig) -> Validation:
    return Validation(True, text)


def _matching(pattern: str, complaint: str, normal: Callable[[str], str] = str) -> Callable[..., Validation]:
    compiled = re.compile(pattern)

    def check(text: str, _config: EntityConfig) -> Validation:
        fits = compiled.fullmatch(text) is not None
        return Validation(True, normal(text)) if fits else Validation(False, error=complaint)

    return check


def _phone_number(text: str, config: EntityConfig) -> Validation:
    digits = re.sub(r"[\s().\-/]", "", text)
    if not re.fullmatch(r"(\+|00)?[0-9]{6,15}", digits):
        return Validation(False, error="this is no phone number")
    code = text_of(config.option("country_code", "default_country_code") or "").lstrip("+")
    number = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    if digits.startswith(("+", "00")):
        code = code if code and number.startswith(code) else ""
        return Validation(True, f"+{number}", country_code=code or None, number=number[len(code) :])
    local = digits.lstrip("0")
    return Validation(True, f"+{code}{local}" if code else digits, country_code=code or None, number=local)


def _date(text: str, _config: EntityConfig) -> Validation:
    try:
        return Validation(True, date.fromisoformat(text).isoformat())
    except ValueError:
        return Validation(False, error="this is no date: YYYY-MM-DD is")


def _time(text: str, _config: EntityConfig) -> Validation:
    try:
        return Validation(True, time.fromisoformat(text).strftime("%H:%M"))
    except ValueError:
        return Validation(False, error="this is no time: HH:MM is")


def _numeric(text: str, config: EntityConfig) -> Validation:
    plainly = text.replace(",", "").strip("$£€ ")
    if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", plainly):
        return Validation(False, error="this is no number")
    low, high = config.option("min", "min_value"), config.option("max", "max_value")
    if (low is not None and float(plainly) < float(low)) or (
        high is not None and float(plainly) > float(high)
    ):
        return Validation(False, error="the number is out of its range")
    return Validation(True, plainly)


def _enum(text: str, config: EntityConfig) -> Validation:
    options = config.option("options", "values", "choices") or (config.args[0] if config.args else [])
    for option in options:
        if text_of(option).casefold() == text.casefold():
            return Validation(True, text_of(option))
    return Validation(False, error="this is none of the options")


_CHECKS: dict[str, Callable[..., Validation]] = {
    "email": _matching(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", "this is no email address", str.lower),
    "phone_number": _phone_number,
    "date": _date,
    "time": _time,
    "numeric": _numeric,
    "quantity": _numeric,
    "currency": _numeric,
    "name": _matching(r"[^\W\d_][^\d_@]{0,199}", "this is no name"),
    "alphanumeric": _matching(r"[A-Za-z0-9][A-Za-z0-9 \-]*", "only letters and digits are expected"),
    "enum": _enum,
}
