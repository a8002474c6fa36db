"""``model.onnx`` beside the weights of each network of a model folder, seen to say what torch says.

Whoever uses the file hands over pixels and gets probabilities: normalisation, heads and temperature are inside.

=================  ======================  =============================================================
input              uint8 [N, H, W, 3]      upright RGB, resized to the network's size; any number of images
output             float32 [N, C]          probabilities of the classes, in the order of ``model.json``
=================  ======================  =============================================================
"""

import contextlib
import importlib.util
import io
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.errors import ConfigError, DataError, ExportError
from trainer.imaging.crop import height_width
from trainer.imaging.decode import resize
from trainer.predict.combine import Compute
from trainer.predict.onnx_backend import INPUT, OUTPUT, onnx_compute
from trainer.predict.torch_backend import start_torch
from trainer.saved_model.manifest import FORMATS, ModelInfo, file_checksum, write_info
from trainer.saved_model.network import ONNX_FILE, read_model
from trainer.saved_model.tree import read_tree
from trainer.saved_model.versions import find_model_folder
from trainer.support.atomic import saving, write_whole
from trainer.support.text import first_line

LARGEST_DIFFERENCE: Final = 1e-4
"""Between probabilities by ONNX Runtime and by torch."""
_MEND: Final = "predict with torch, or search another backbone"


def export_onnx(folder: Path, images: NDArray[np.uint8]) -> float:
    """Write ``model.onnx`` beside the weights of each network of a model folder, and compare it with torch.

    Args:
        folder: Of a model of any kind.
        images: Real ones, uint8 [N, H, W, 3] of any size; each network gets them at its own.

    Returns:
        The largest difference of a probability between ONNX Runtime and torch.

    Raises:
        ConfigError: The packages are not installed.
        DataError: It is no model folder, or there are no images to compare with.
        ExportError: A network cannot be exported, or its file says something else than torch.
        SaveError: The folder cannot be written to.
    """
    if missing := [name for name in ("onnx", "onnxruntime", "onnxscript") if importlib.util.find_spec(name) is None]:
        raise ConfigError(f'writing ONNX needs {" and ".join(missing)}; pip install "studyhall[onnx]"')
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not len(images):
        raise DataError(
            f"images to compare ONNX with are {images.dtype} {list(images.shape)}; hand over uint8 [N, H, W, 3], N >= 1"
        )
    return max(_export(place, info, images) for place, info in read_tree(find_model_folder(folder)).networks())


def _export(folder: Path, info: ModelInfo, images: NDArray[np.uint8]) -> float:
    own = np.stack([resize(image, info.preprocessing.image_size) for image in images])
    model = _as_onnx(folder)
    largest = _difference(onnx_compute(model), start_torch(folder, "cpu"), own, folder)
    path = folder / ONNX_FILE
    write_whole(path, model, synced=True)
    with saving(path):
        known = info.model_copy(update={"format": FORMATS[-1], "onnx_sha256": file_checksum(path)})
    write_info(folder, known)
    return largest


class _PixelsToProbabilities(nn.Module):
    def __init__(self, network: nn.Module, info: ModelInfo) -> None:
        super().__init__()
        self.network = network
        self.heads = info.heads
        self.temperature = info.temperature
        self.mean = nn.Buffer(torch.tensor(info.preprocessing.mean) * 255)
        self.std = nn.Buffer(torch.tensor(info.preprocessing.std) * 255)

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities, float32 [N, C], of uint8 [N, H, W, 3]."""
        pixels = (images.float() - self.mean) / self.std
        scores = self.heads.scores(self.network(pixels.permute(0, 3, 1, 2)))
        return torch.softmax(scores / self.temperature, dim=1)


def _as_onnx(folder: Path) -> bytes:
    network, info = read_model(folder)
    example = torch.zeros(2, *height_width(info.preprocessing.image_size), 3, dtype=torch.uint8)
    # The exporter tells its steps and its dependencies' deprecations; what matters here is what the file says.
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                _PixelsToProbabilities(network, info).eval(),
                (example,),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # whatever is unusual about a backbone shows as another exception
        raise ExportError(
            f"backbone {info.config.backbone!r} cannot be written as ONNX ({_first_line(error)}); {_MEND}"
        ) from error
    if program is None:
        raise ExportError(f"backbone {info.config.backbone!r} cannot be written as ONNX; {_MEND}")
    return bytes(program.model_proto.SerializeToString())


def _difference(by_onnx: Compute, by_torch: Compute, images: NDArray[np.uint8], folder: Path) -> float:
    """The largest difference between both, with batches of several sizes."""
    expected = by_torch(images)
    differences = []
    for size in (1, 2, 7, len(images)):
        places = np.arange(size) % len(images)
        try:
            found = by_onnx(images[places])
        except Exception as error:  # ONNX Runtime's own, of which there are many
            raise ExportError(
                f"{folder}: as ONNX the network takes no batch of {size} ({_first_line(error)}); {_MEND}"
            ) from error
        differences.append(np.abs(found - expected[places]).max())
    largest = float(np.max(differences))
    if not largest <= LARGEST_DIFFERENCE:  # nor not a number
        raise ExportError(
            f"{folder}: as ONNX the network differs from torch by {largest:.2g} in a probability, more than "
            f"{LARGEST_DIFFERENCE:g}; {_MEND}"
        )
    return largest


def _first_line(error: BaseException) -> str:
    return (first_line(error) or type(error).__name__)[:200]
