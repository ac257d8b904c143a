"""What the fields of a law, an observable or a material are in a spec."""

import dataclasses
from dataclasses import dataclass
from typing import Any

_KEY = "spec"


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """How a spec gives a field; exactly one of the first three is set.

    Parameters
    ----------
    kind
        A physical kind of :data:`tlsmc.units.KINDS`: a number or a quantity with a unit of that kind.  In a law also
        "quantity" (of the kind of the parameter that the law is of), "rows" (a table of numbers), "path" (a file
        beside the spec) and "text".
    options
        The names that the field can take.
    material
        The entry of ``[material]`` that the field is.
    meaning
        What it is in words, for the manual.
    """

    kind: str = ""
    options: tuple[str, ...] = ()
    material: str = ""
    meaning: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the field of a law is a number, with or without a unit."""
        return self.kind in ("quantity", "number")

    def field(self, **kwargs: Any) -> Any:
        """A field of a dataclass that is described so; the arguments are those of :func:`dataclasses.field`."""
        return dataclasses.field(metadata={_KEY: self}, **kwargs)


def described(owner: Any) -> list[tuple[dataclasses.Field[Any], FieldInfo]]:
    """The fields of a law, an observable or a material, class or instance, that a spec gives."""
    return [(field, field.metadata[_KEY]) for field in dataclasses.fields(owner) if _KEY in field.metadata]
