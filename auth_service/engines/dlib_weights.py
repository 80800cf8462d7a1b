"""dlib's face recogniser without dlib's slow way of running it: its weights, written once as an ONNX net.

The `.dat` file comes with the wheel `face-recognition-models`. That package is never imported (it needs a
module that new Pythons lack) and its 68-point and mmod files are never opened (their licence or cost bars them).

source  dlib examples/dnn_face_recognition_ex.cpp (net definition); the tensor layout was read from the file and
        checked against dlib's own recogniser (tests/engines: largest difference on 100+ chips below 1e-5)
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from auth_service.core.errors import WeightsDigestWrong, WeightsMissing

RECOGNISER_FILE = "dlib_face_recognition_resnet_model_v1.dat"
RECOGNISER_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
POINTS_FILE = "shape_predictor_5_face_landmarks.dat"
POINTS_SHA256 = "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
CHIP_PIXELS = 150
"""Side of the chip that the net was trained on."""

_ALLOWED = {RECOGNISER_FILE: RECOGNISER_SHA256, POINTS_FILE: POINTS_SHA256}
_RGB_MEAN = (122.782, 117.001, 104.298)
_INPUT_DIVISOR = 256.0
_STAGES: tuple[tuple[int, bool, int], ...] = (
    (32, False, 3),
    (64, True, 3),
    (128, True, 2),
    (256, True, 2),
    (256, True, 0),
)
"""Per stage: channels, whether it begins with a down block, and plain residual blocks after that."""
_EMBEDDING = 128
_WRITER_VERSION = 1
"""Goes up when the written graph changes, so that an older cached file is not taken for the new one."""

Float32 = NDArray[np.float32]


def wheel_file(name: str) -> Path:
    """Path of one allowed weights file of the wheel. raises WeightsMissing"""
    if name not in _ALLOWED:
        raise WeightsMissing(f"{name} is not a file that this service may load")
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing("the wheel face-recognition-models is not installed")
    path = Path(next(iter(spec.submodule_search_locations))) / "models" / name
    if not path.is_file():
        raise WeightsMissing(f"{name} is missing from the wheel face-recognition-models")
    return path


def verified_wheel_file(name: str) -> tuple[Path, bytes]:
    """Path and content of one allowed file whose digest is the pinned one. raises WeightsMissing, WeightsDigestWrong"""
    path = wheel_file(name)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != _ALLOWED[name]:
        raise WeightsDigestWrong(name)
    return path, data


def recogniser_onnx(cache_dir: Path, data: bytes | None = None) -> bytes:
    """The recogniser as an ONNX file: from the cache when its digest is the recorded one, else written anew.

    data     the recogniser's `.dat` when the caller has verified it already
    returns  serialised net: `chips` float32 (N, 3, 150, 150) RGB 0..255 -> `embeddings` float32 (N, 128)
    raises   WeightsMissing, WeightsDigestWrong
    """
    cached = cache_dir / f"dlib-resnet-{RECOGNISER_SHA256}.onnx"
    sidecar = cached.with_suffix(".sha256")
    known = _read_cached(cached, sidecar)
    if known is not None:
        return known
    if data is None:
        _, data = verified_wheel_file(RECOGNISER_FILE)
    built = build_recogniser(data)
    write_atomically(cached, built)
    write_atomically(sidecar, f"{hashlib.sha256(built).hexdigest()} v{_WRITER_VERSION}\n".encode())
    return built


def _read_cached(cached: Path, sidecar: Path) -> bytes | None:
    """A cached net is used only with its recorded digest; anything else is written again, never trusted."""
    try:
        built, recorded = cached.read_bytes(), sidecar.read_text("ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return built if recorded == f"{hashlib.sha256(built).hexdigest()} v{_WRITER_VERSION}\n" else None


def write_atomically(path: Path, data: bytes) -> None:
    """A reader sees the old file or the whole new one, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class _TensorFile:
    """Reads the float tensors of a dlib file in their order.

    Each is the bytes 01 02 (version 2), four integers (a length byte, then that many bytes, little-endian),
    then raw little-endian float32.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, *shape: int) -> Float32:
        """The next tensor, which must have this shape (padded with ones to four). raises WeightsDigestWrong"""
        four = shape + (1,) * (4 - len(shape))
        header = b"\x01\x02" + b"".join(_dlib_integer(n) for n in four)
        start = self._data.find(header, self._at)
        count = int(np.prod(shape))
        if start < 0 or start + len(header) + 4 * count > len(self._data):
            raise WeightsDigestWrong(f"{RECOGNISER_FILE}: tensor {shape} not found")
        start += len(header)
        self._at = start + 4 * count
        return np.frombuffer(self._data, "<f4", count, start).astype(np.float32)


def _dlib_integer(value: int) -> bytes:
    length = (value.bit_length() + 7) // 8
    return bytes([length]) + value.to_bytes(length, "little")


class _Graph:
    """Collects nodes and weights of the net; method names follow the layers."""

    def __init__(self, tensors: _TensorFile) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []
        self._tensors = tensors

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolution(self, source: str, shape: tuple[int, int, int, int], stride: int, *, stem: bool = False) -> str:
        """Convolution with the affine layer that follows folded in (float64, so that folding loses nothing).

        shape  (out, in, kernel, kernel). dlib pads by half the kernel unless the stride is above 1.
        """
        outs = shape[0]
        count = int(np.prod(shape))
        flat = self._tensors.take(count + outs).astype(np.float64)
        affine = self._tensors.take(2 * outs).astype(np.float64)
        weights, bias = flat[:count].reshape(shape), flat[count:]
        if stem:  # exact, because the stem sees no padding
            weights = weights / _INPUT_DIVISOR
            bias = bias - np.einsum("oikl,i->o", weights, np.array(_RGB_MEAN))
        gamma, beta = affine[:outs], affine[outs:]
        weights, bias = weights * gamma[:, None, None, None], bias * gamma + beta
        pad = 0 if stride > 1 else shape[2] // 2
        names = (self.constant(weights.astype(np.float32)), self.constant(bias.astype(np.float32)))
        return self.node("Conv", (source, *names), kernel_shape=shape[2:], strides=[stride] * 2, pads=[pad] * 4)

    def residual(self, source: str, channels: int) -> str:
        inner = self.node("Relu", [self.convolution(source, (channels, channels, 3, 3), 1)])
        inner = self.convolution(inner, (channels, channels, 3, 3), 1)
        return self.node("Relu", [self.node("Add", (inner, source))])

    def down(self, source: str, before: int, channels: int, side: int) -> tuple[str, int]:
        """Halving block; the smaller of the two branches is padded with zeros at the end, as dlib's add_prev does."""
        inner = self.node("Relu", [self.convolution(source, (channels, before, 3, 3), 2)])
        inner = self.convolution(inner, (channels, channels, 3, 3), 1)
        shortcut = self.node("AveragePool", [source], kernel_shape=[2, 2], strides=[2, 2])
        inner_side, shortcut_side = (side - 3) // 2 + 1, side // 2
        out = max(inner_side, shortcut_side)
        inner = self.pad(inner, 0, out - inner_side)
        shortcut = self.pad(shortcut, channels - before, out - shortcut_side)
        return self.node("Relu", [self.node("Add", (inner, shortcut))]), out

    def pad(self, source: str, channels: int, side: int) -> str:
        if not channels and not side:
            return source
        return self.node("Pad", (source, self.constant(np.array([0, 0, 0, 0, 0, channels, side, side], np.int64))))

    def matrix(self, source: str, before: int) -> str:
        weights = self._tensors.take(before, _EMBEDDING).reshape(before, _EMBEDDING)
        pooled = self.node("Flatten", [self.node("GlobalAveragePool", [source])])
        return self.node("MatMul", (pooled, self.constant(weights)))


def build_recogniser(data: bytes) -> bytes:
    """The 29-layer net of the `.dat` file as serialised ONNX; input and output as in `recogniser_onnx`."""
    graph = _Graph(_TensorFile(data))
    at = graph.node("Relu", [graph.convolution("chips", (32, 3, 7, 7), 2, stem=True)])
    at = graph.node("MaxPool", [at], kernel_shape=[3, 3], strides=[2, 2])
    side, before = ((CHIP_PIXELS - 7) // 2 + 1 - 3) // 2 + 1, 32
    for channels, goes_down, blocks in _STAGES:
        if goes_down:
            at, side = graph.down(at, before, channels, side)
        for _ in range(blocks):
            at = graph.residual(at, channels)
        before = channels
    at = graph.matrix(at, before)
    graph.nodes.append(helper.make_node("Identity", [at], ["embeddings"]))
    net = helper.make_graph(
        graph.nodes,
        "dlib-resnet",
        [helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, CHIP_PIXELS, CHIP_PIXELS])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", _EMBEDDING])],
        graph.weights,
    )
    model = helper.make_model(net, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
