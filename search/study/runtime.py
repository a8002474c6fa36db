"""The runtime of work that is done before there are several workers: one process with the whole machine."""

from trainer.config.runtime import Runtime
from trainer.support.cpu import available_cores


def whole_machine(runtime: Runtime) -> Runtime:
    """For what is done before there are several workers."""
    return runtime.model_copy(update={"threads": available_cores(), "loader_workers": 0})
