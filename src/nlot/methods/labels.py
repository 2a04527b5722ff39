"""How the rows of methods are called in print."""

from nlot.config.kinds import target


def row_label(kind: str, variant: str = "") -> str:
    """The printed name of a row of tables and figures.

    **Arguments:** the kind of a method, and one of the `variants` of its settings.

    **Returns:** the method's `LABEL`, or for a variant what its `VARIANTS` say, if
    anything: else the label and the variant's own name, as "NLSB (expected)".

    Raises `ValueError` for an unknown kind.
    """
    method = target("method", kind)
    if not variant:
        return method.LABEL
    words = variant.replace("_", " ")
    return getattr(method, "VARIANTS", {}).get(variant, f"{method.LABEL} ({words})")
