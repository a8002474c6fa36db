"""Public names of a package that are imported when somebody first asks for them (PEP 562)."""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from trainer.errors import ConfigError
from trainer.support.text import suggest


@contextmanager
def installed(what: str, extra: str) -> Iterator[None]:
    """Tell which of our extras to install where the block imports a package that is missing.

    Raises:
        ConfigError: ``what`` needs a package that is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "search", "studyhall", "trainer"):
            raise
        raise ConfigError(
            f'{what} needs the package {missing}, which is not installed; run: pip install "studyhall[{extra}]"'
        ) from error


def exports(
    package: str, names: Mapping[str, Iterable[str]], extra: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that offers names of some modules, which may need an extra."""
    modules = {name: module for module, offered in names.items() for name in offered}

    def get(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}{suggest(name, sorted(modules))}")
        with installed(f"{package}.{name}", extra):
            value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # the next time it is simply there
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, list_names
