"""A network of a model folder that computes with ONNX Runtime, without torch."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.errors import ConfigError, DataError
from trainer.predict.combine import Compute, Probabilities
from trainer.saved_model.manifest import ModelInfo, check_file
from trainer.saved_model.network import ONNX_FILE
from trainer.support.cpu import compute_threads

INPUT: Final = "images"
OUTPUT: Final = "probabilities"
_MEND: Final = "install studyhall[onnx] and finalize the study again with force, or predict without ONNX"


def start_onnx(folder: Path, info: ModelInfo) -> Compute:
    """Load the ONNX model of a model folder.

    Raises:
        ConfigError: ONNX Runtime is not installed.
        DataError: The folder has no ONNX model, or it is not the one that was written.
    """
    if info.onnx_sha256 is None:
        raise DataError(f"{folder} holds no {ONNX_FILE}; {_MEND}")
    check_file(folder / ONNX_FILE, info.onnx_sha256, _MEND)
    return onnx_compute(folder / ONNX_FILE)


def onnx_compute(model: Path | bytes) -> Compute:
    """Compute with an ONNX model, a file or its content, on all cores that this process may use.

    Raises:
        ConfigError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError('ONNX Runtime is not installed; pip install "studyhall[onnx]"') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute_threads()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def compute(images: NDArray[np.uint8]) -> Probabilities:
        (shares,) = session.run([OUTPUT], {INPUT: images})
        doubles: Probabilities = shares.astype(np.float64)
        return doubles

    return compute
