"""What every part of a scenario has in common."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

Point = tuple[float, float]
"""Coordinates in the city's CRS, m."""


class Section(BaseModel):
    """A part of a scenario: immutable, and without room for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OneOf(Section):
    """A part of which exactly one key must be given, such as one kind of rain."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"expected exactly one of {', '.join(type(self).model_fields)}"
            raise ValueError(msg)
        return self

    @property
    def chosen_name(self) -> str:
        """The key that was given."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def chosen(self) -> Any:
        """Its value."""
        return getattr(self, self.chosen_name)
