"""The catalog's models as source code, one text for Keras and one for PyTorch.

Both are written from one description, so that they cannot differ; a test
compares the Keras text with the models that train here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.catalog import DatasetInfo


@dataclass(frozen=True)
class Convolution:
    """An activation after a convolution of ``filters`` square kernels."""

    filters: int
    size: int
    stride: int = 1
    padding: str = "same"
    activation: str = "relu"


@dataclass(frozen=True)
class Pool:
    """The maximum over square windows."""

    size: int
    stride: int


@dataclass(frozen=True)
class Dense:
    """An activation after a dense layer, on flattened inputs."""

    units: int
    activation: str = "relu"


Layer = Convolution | Pool | Dense

_SMALL_POOL = Pool(2, 2)


def _tutorial_cnn(activation: str) -> tuple[Layer, ...]:
    return (
        Convolution(16, 8, stride=2, activation=activation),
        Pool(2, 1),
        Convolution(32, 4, stride=2, padding="valid", activation=activation),
        Pool(2, 1),
        Dense(32, activation=activation),
    )


LAYERS: Mapping[str, tuple[Layer, ...]] = {
    "tutorial_cnn": _tutorial_cnn("relu"),
    "tanh_cnn": _tutorial_cnn("tanh"),
    "wide_cnn": (Convolution(8, 3), _SMALL_POOL, Convolution(16, 3), _SMALL_POOL, Dense(128)),
    "digits_cnn": (Convolution(16, 3), _SMALL_POOL, Convolution(32, 3), _SMALL_POOL, Dense(32)),
    "mlp": (Dense(128),),
    "small_mlp": (Dense(64),),
    "toy_mlp": (Dense(16),),
    "logistic": (),
}


def keras_model(name: str, dataset: DatasetInfo) -> str:
    """Return the model as a Keras expression that answers logits."""
    lines = [f"tf.keras.Input({dataset.input_shape}),"]
    flat = False
    for layer in LAYERS[name]:
        if isinstance(layer, Dense) and not flat:
            lines.append("tf.keras.layers.Flatten(),")
            flat = True
        lines.append(f"tf.keras.layers.{_KERAS[type(layer)](layer)},")
    if not flat:
        lines.append("tf.keras.layers.Flatten(),")
    lines.append(f"tf.keras.layers.Dense({dataset.classes}),")
    return _indented("tf.keras.Sequential([", lines, "])")


def torch_model(name: str, dataset: DatasetInfo) -> str:
    """Return the model as a PyTorch expression that answers logits, for inputs [batch, channels, ...]."""
    lines: list[str] = []
    channels, side = _channels_and_side(dataset)
    width = channels * side * side if side else dataset.input_shape[0]
    flat = False
    for layer in LAYERS[name]:
        match layer:
            case Convolution():
                lines += _torch_convolution(layer, channels, side)
                channels, side = layer.filters, _side_after(layer, side)
            case Pool():
                lines.append(f"torch.nn.MaxPool2d({layer.size}, {layer.stride}),")
                side = (side - layer.size) // layer.stride + 1
            case Dense():
                if not flat:
                    lines.append("torch.nn.Flatten(),")
                    width = channels * side * side if side else width
                    flat = True
                lines += [f"torch.nn.Linear({width}, {layer.units}),", _TORCH_ACTIVATION[layer.activation]]
                width = layer.units
    if not flat:
        lines.append("torch.nn.Flatten(),")
    lines.append(f"torch.nn.Linear({width}, {dataset.classes}),")
    return _indented("torch.nn.Sequential(", lines, ")")


def _indented(opening: str, lines: list[str], closing: str) -> str:
    return "\n".join([opening, *(f"    {line}" for line in lines), closing])


def _keras_convolution(layer: Convolution) -> str:
    stride = f"strides={layer.stride}, " if layer.stride != 1 else ""
    options = f'{stride}padding="{layer.padding}", activation="{layer.activation}"'
    return f"Conv2D({layer.filters}, {layer.size}, {options})"


_KERAS: Mapping[type, Callable[..., str]] = {
    Convolution: _keras_convolution,
    Pool: lambda layer: f"MaxPooling2D({layer.size}, {layer.stride})",
    Dense: lambda layer: f'Dense({layer.units}, activation="{layer.activation}")',
}
_TORCH_ACTIVATION: Mapping[str, str] = {"relu": "torch.nn.ReLU(),", "tanh": "torch.nn.Tanh(),"}


def _channels_and_side(dataset: DatasetInfo) -> tuple[int, int]:
    """Return (channels, pixels a side); a side of 0 stands for plain inputs."""
    if len(dataset.input_shape) == 3:
        return dataset.input_shape[2], dataset.input_shape[0]
    return 1, 0


def _torch_convolution(layer: Convolution, channels: int, side: int) -> list[str]:
    before, after = same_padding(layer, side)
    lines = []
    if before or after:  # Keras pads the end more, which torch's own padding cannot
        lines.append(f"torch.nn.ZeroPad2d(({before}, {after}, {before}, {after})),")
    stride = f", stride={layer.stride}" if layer.stride != 1 else ""
    lines.append(f"torch.nn.Conv2d({channels}, {layer.filters}, {layer.size}{stride}),")
    return [*lines, _TORCH_ACTIVATION[layer.activation]]


def same_padding(layer: Convolution, side: int) -> tuple[int, int]:
    """Return the zeros before and after a side that Keras' padding "same" adds."""
    if layer.padding != "same":
        return 0, 0
    outputs = -(-side // layer.stride)
    total = max((outputs - 1) * layer.stride + layer.size - side, 0)
    return total // 2, total - total // 2


def _side_after(layer: Convolution, side: int) -> int:
    before, after = same_padding(layer, side)
    return (side + before + after - layer.size) // layer.stride + 1
