"""Weights of a network: which are the head's, and the backbone's from a file."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from trainer.errors import WeightsError
from trainer.support.text import describe_error, shorten


def head_parameters(model: nn.Module) -> frozenset[str]:
    """Names of the parameters of the head, which is always new; all others are the backbone's."""
    prefixes = _head_prefixes(model)
    return frozenset(name for name, _ in model.named_parameters() if name.startswith(prefixes))


def _head_prefixes(model: nn.Module) -> tuple[str, ...]:
    heads = model.pretrained_cfg["classifier"]  # type: ignore[index]
    return tuple(f"{head}." for head in ([heads] if isinstance(heads, str) else heads))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a .safetensors file.

    Raises:
        WeightsError: It is missing or damaged.
    """
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise WeightsError(
            f"weights file {path} does not exist; name one that does, or 'imagenet' or 'none'"
        ) from error
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights file {path} cannot be read as safetensors: {short_error(error)}") from error


def load_backbone(model: nn.Module, backbone: str, path: Path) -> None:
    """Load all weights but the head's from a .safetensors file.

    Raises:
        WeightsError: The file is missing, damaged or of another backbone.
    """
    prefixes = _head_prefixes(model)
    state = {key: value for key, value in read_weights(path).items() if not key.startswith(prefixes)}
    wanted = {key: value for key, value in model.state_dict().items() if not key.startswith(prefixes)}
    problems = [f"{key} is missing" for key in wanted if key not in state]
    problems += [f"{key} is not part of it" for key in state if key not in wanted]
    problems += [
        f"{key} has shape {tuple(state[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in wanted
        if key in state and state[key].shape != wanted[key].shape
    ]
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise WeightsError(
            f"weights file {path} does not fit backbone {backbone!r}: {problems[0]}{more}; "
            f"name the file of that backbone (keys as timm names them)"
        )
    model.load_state_dict(state, strict=False)


def short_error(error: BaseException) -> str:
    """An error in one line of at most 200 characters."""
    return shorten(describe_error(error), 200)
