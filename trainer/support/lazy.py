"""Public names of a package that are imported when somebody first asks for them (PEP 562)."""

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trainer.support.text import suggest


def exports(package: str, names: Mapping[str, Iterable[str]]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that offers names of some modules."""
    modules = {name: module for module, offered in names.items() for name in offered}

    def get(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}{suggest(name, sorted(modules))}")
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # the next time it is simply there
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, list_names
