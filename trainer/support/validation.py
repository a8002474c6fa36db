"""One line for a person out of what pydantic raises."""

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from trainer.errors import ConfigError
from trainer.support.text import did_you_mean, shorten

_LONGEST = 80  # characters of a value; what is longer says no more
_ONE_VALUE = ("float_type", "int_type", "bool_type", "string_type", "literal_error")


def brief(value: object) -> str:
    """A value as it stands in a message: its repr, cut off where it is long."""
    return shorten(repr(value), _LONGEST, "...")


def first_error(error: ValidationError) -> ErrorDetails:
    """The error to tell about: an unknown key before all others, since a misspelt key also makes one go missing."""
    errors = error.errors(include_url=False)
    return next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])


def explain(
    error: ValidationError, *, where: str, prefix: str = "", known: Iterable[str] = (), tag_at: int | None = None
) -> ConfigError:
    """Make one line out of a pydantic error: where, which key, the rule, what stood there, the nearest known key.

    ``prefix`` is a dotted path that goes before the key; ``tag_at`` the place of a union's tag in pydantic's path,
    which is no key of the file's and left out.
    """
    first = first_error(error)
    path = [str(part) for place, part in enumerate(first["loc"]) if place != tag_at and part not in ("int", "float")]
    key = ".".join((*([prefix] if prefix else []), *path))
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(str(first["loc"][-1]), known)
        message = "unknown key" + (f" ({hint})" if hint else "")
    elif first["type"] == "missing":
        message = "this key is missing"
    elif first["type"] in _ONE_VALUE and isinstance(first["input"], list | tuple):
        message = f"one value belongs here, not the list {brief(first['input'])}; keep one"
    elif first["type"] == "tuple_type":
        message = f"a list belongs here (got {brief(first['input'])})"
    elif first["type"] != "value_error":
        message += f" (got {brief(first['input'])})"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return ConfigError(": ".join(part for part in (where, key, message + more) if part))
