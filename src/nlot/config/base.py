"""What all sections of a configuration share."""

from collections.abc import Mapping
from typing import Annotated, Any

import pydantic
from pydantic import Field

NonNegative = Annotated[int, Field(ge=0)]
Point = tuple[float, ...]
# A corner of a region may be at infinity; no other number may.
Corner = tuple[Annotated[float, Field(allow_inf_nan=True)], ...]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names key, value and choices."""


class Section(pydantic.BaseModel):
    """Base of all sections: immutable, and every key must be known."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    valid = ", ".join(cls.model_fields)
                    raise ValueError(f"unknown key {key!r}; valid keys: {valid}")
        return data


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the entries of `override`, mappings merged level by level."""
    merged = dict(base)
    for key, value in override.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            value = merge(merged[key], value)
        merged[key] = value
    return merged


def describe(error: pydantic.ValidationError, prefix: str = "") -> str:
    """One line for all faults: key, what is wrong, and the value found."""
    lines = []
    for item in error.errors():
        # Pydantic adds the kind chosen from a union, which is no key in YAML.
        parts = [str(part) for part in item["loc"]]
        key = ".".join(filter(None, [prefix, *parts]))
        message = item["msg"].removeprefix("Value error, ")
        found = "" if item["type"] in {"value_error", "missing"} else _found(item)
        lines.append(f"{key}: {message}{found}" if key else message)
    return "; ".join(lines)


def _found(item: Any) -> str:
    return f" (found {item['input']!r})"
