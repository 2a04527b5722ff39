"""Parts of a problem given as Python objects, where settings would name them."""

from typing import Any, Literal, get_args

from pydantic import Field, PrivateAttr

from nlot.config.base import Part


class Given(Part):
    """A measure, Lagrangian or domain that only Python can give, by name.

    Settings without the object describe a stored run; it must be given again.
    """

    kind: Literal["given"] = "given"
    name: str = Field(description="of the function or the class")
    dimension: int | None = Field(None, description="of its space; none: any")
    like: str | None = Field(None, description="kind of the settings of its class")
    code: str | None = Field(None, description="hash of the function or object, if any")
    _value: Any = PrivateAttr(None)

    @classmethod
    def of(
        cls,
        value: Any,
        shown: Any = None,
        dimension: int | None = None,
        code: str | None = None,
    ) -> "Given":
        """Settings that stand for `value`; `shown` has its name, `code` is its hash."""
        shown = value if shown is None else shown
        named = shown if hasattr(shown, "__name__") else type(shown)
        settings = getattr(type(value), "Config", None)
        like = settings and get_args(settings.model_fields["kind"].annotation)[0]
        about = {"dimension": dimension, "like": like, "code": code}
        part = cls(name=named.__name__, **about)
        return part.holding(value)

    def holding(self, value: Any) -> "Given":
        """These settings with the object that they stand for."""
        part = self.model_copy()
        part._value = value
        return part

    @property
    def files(self) -> tuple[str, ...]:
        """The files from which it is read: none."""
        return ()

    def build(self) -> Any:
        """The object itself."""
        return self._value
