"""Embedding: a text as a unit vector, near to texts of like meaning; for topics, stories, search by likeness."""

import numpy as np

from models.weights import Weights


def embed(weights: Weights, vectors: np.ndarray) -> np.ndarray:
    """Unit vectors, shape (texts, 384), from the vectors of the text pass."""
    turned = vectors @ weights.heads["embedding.weight"].T + weights.heads["embedding.bias"]
    return turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
