"""The encoder as an ONNX graph, node by node, in fp32 or int8, with the operators ONNX Runtime has for BERT.

Written out rather than traced, for three reasons. Traced graphs keep attention in a dozen small operators. The usual
dynamic int8 takes one scale from the whole batch, so that a row changes its neighbours' answers (cosine 0.988 to the
same text alone). Here each activation has fixed scales, measured once on texts: as fast, and a text's vector does not
depend on its company. Each channel has its own scale, shared out between activation and weight (SmoothQuant,
arXiv 2211.10438), and weights use 7 of 8 bits, because 8 overflow on processors without VNNI.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUTS = ("ids", "types", "mask", "pool")
FUSED = "com.microsoft"
WEIGHT_STEPS = 63
# How much of the difficulty moves from activations to weights: 0.5 gave a cosine of 0.915 to fp32, 0.8 gave 0.995.
SHIFT = 0.8

Weights = Mapping[str, np.ndarray]
# The largest size of each input channel of each linear layer, by the layer's name: shape (channels,).
Reach = Mapping[str, np.ndarray]


class Graph:
    """Collects nodes and constants; `node` and `constant` return the name of what they put out."""

    def __init__(self, weights: Weights, reach: Reach | None) -> None:
        self.weights = weights
        self.reach = reach
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray) -> str:
        """A value of the graph itself."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name: str) -> str:
        """A weight kept as it is."""
        return self.constant(name, self.weights[name])

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: object) -> str:
        """One operator with one output."""
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, domain=domain, **attributes))
        return output


def build(weights: Weights, layers: int, heads: int, epsilon: float, reach: Reach | None = None) -> onnx.ModelProto:
    """The graph of a BERT with these weights (names as in transformers' BertModel): INPUTS in, `vectors` out.

    INPUTS are int32 of shape (rows, tokens); `vectors` are float32 of shape (rows, width): the mean over `pool`.
    With `reach` the linear layers are in int8, without it in fp32. The table of words is in int8 either way.
    """
    graph = Graph(weights, reach)
    state = _embed(graph, epsilon)
    for layer in range(layers):
        state = _layer(graph, f"encoder.layer.{layer}.", state, heads, epsilon)
    _pool(graph, state)
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, ["rows", "tokens"]) for name in INPUTS]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["rows", width])]
    whole = helper.make_graph(graph.nodes, "encoder", inputs, outputs, list(graph.constants.values()))
    return helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)], ir_version=9
    )


def _embed(graph: Graph, epsilon: float) -> str:
    words = graph.weights["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(words).max(axis=1, keepdims=True) / 127, 1e-8).astype(np.float32)
    graph.constant("words", np.round(words / scale).astype(np.int8))
    graph.constant("words.scale", scale)
    graph.constant("first", np.array([0], np.int64))
    graph.constant("second", np.array([1], np.int64))
    graph.node("Cast", [graph.node("Gather", ["words", "ids"], "words.int8")], "words.float", to=TensorProto.FLOAT)
    graph.node("Mul", ["words.float", graph.node("Gather", ["words.scale", "ids"], "words.scales")], "words.of.ids")
    graph.node("Gather", [graph.node("Shape", ["ids"], "shape"), "second"], "tokens", axis=0)
    places = graph.weight("embeddings.position_embeddings.weight")
    graph.node("Slice", [places, "first", "tokens", "first"], "places.of.ids")
    graph.node("Gather", [graph.weight("embeddings.token_type_embeddings.weight"), "types"], "types.of.ids")
    graph.node("Add", ["words.of.ids", "places.of.ids"], "words.placed")
    scale_and_shift = [graph.weight("embeddings.LayerNorm.weight"), graph.weight("embeddings.LayerNorm.bias")]
    graph.node("Add", ["words.placed", "types.of.ids"], "embedded")
    return graph.node("LayerNormalization", ["embedded", *scale_and_shift], "embedded.normed", epsilon=epsilon)


def _layer(graph: Graph, at: str, state: str, heads: int, epsilon: float) -> str:
    asked = _linear(graph, at, ["attention.self.query.", "attention.self.key.", "attention.self.value."], state)
    heard = graph.node("MultiHeadAttention", [*asked, "", "mask"], at + "heard", domain=FUSED, num_heads=heads)
    (heard,) = _linear(graph, at, ["attention.output.dense."], heard)
    state = _add_and_norm(graph, at + "attention.output.LayerNorm.", heard, state, epsilon)
    (wide,) = _linear(graph, at, ["intermediate.dense."], state)
    wide = graph.node("Gelu", [wide], at + "gelu", domain=FUSED)
    (narrow,) = _linear(graph, at, ["output.dense."], wide)
    return _add_and_norm(graph, at + "output.LayerNorm.", narrow, state, epsilon)


def _linear(graph: Graph, at: str, parts: Sequence[str], state: str) -> list[str]:
    """One state through one or more linear layers that share their input."""
    names = [at + part for part in parts]
    if graph.reach is None:
        return [_linear_fp32(graph, name, state) for name in names]
    reach = np.maximum(graph.reach[names[0]], 1e-6)
    weights = {name: graph.weights[name + "weight"].T for name in names}
    need = np.maximum(np.max([np.abs(weight).max(axis=1) for weight in weights.values()], axis=0), 1e-6)
    smooth = reach**SHIFT / need ** (1 - SHIFT)
    step = smooth * (reach / smooth).max() / 127
    scaled = graph.node(
        "Mul", [state, graph.constant(names[0] + "steps", (1 / step).astype(np.float32))], state + ".steps"
    )
    unit = graph.constant("unit", np.array(1, np.float32))
    middle = graph.constant("middle", np.array(128, np.uint8))
    whole = graph.node("QuantizeLinear", [scaled, unit, middle], state + ".uint8")
    products = []
    for name, weight in weights.items():
        weight = weight * step[:, None]
        column = np.maximum(np.abs(weight).max(axis=0) / WEIGHT_STEPS, 1e-12).astype(np.float32)
        small = graph.constant(name + "weight", np.round(weight / column).astype(np.int8))
        scale = graph.constant(name + "scale", column)
        inputs = [whole, small, unit, scale, middle, "", graph.weight(name + "bias")]
        products.append(graph.node("MatMulIntegerToFloat", inputs, name + "out", domain=FUSED))
    return products


def _linear_fp32(graph: Graph, name: str, state: str) -> str:
    product = graph.node(
        "MatMul", [state, graph.constant(name + "weight", graph.weights[name + "weight"].T)], name + "product"
    )
    return graph.node("Add", [product, graph.weight(name + "bias")], name + "out")


def _add_and_norm(graph: Graph, at: str, new: str, state: str, epsilon: float) -> str:
    inputs = [new, state, graph.weight(at + "weight"), graph.weight(at + "bias")]
    return graph.node("SkipLayerNormalization", inputs, at + "out", domain=FUSED, epsilon=epsilon)


def _pool(graph: Graph, state: str) -> None:
    graph.constant("last", np.array([-1], np.int64))
    graph.constant("least", np.array(1, np.float32))
    weight = graph.node(
        "Unsqueeze", [graph.node("Cast", ["pool"], "pool.float", to=TensorProto.FLOAT), "last"], "pool.weight"
    )
    total = graph.node(
        "ReduceSum", [graph.node("Mul", [state, weight], "pooled.tokens"), "second"], "pooled.sum", keepdims=0
    )
    count = graph.node("ReduceSum", [weight, "second"], "pooled.count", keepdims=0)
    graph.node("Div", [total, graph.node("Max", [count, "least"], "pooled.least")], "vectors")
