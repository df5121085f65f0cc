import numpy as np
import pytest

from placement.data.encoding.chunks import ArrayChunks
from placement.data.encoding.design_matrix import DesignMatrix


def draw(rows=400, columns=3, seed=0, scale=1.0, chunk_rows=4096):
    """Rows of a known perceptron whose classes overlap."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns)) * scale
    truth = rng.normal(size=columns) * 0.8 / scale
    y = (rng.random(rows) < 1 / (1 + np.exp(-(x @ truth - 0.4)))) * 1.0
    return ArrayChunks(DesignMatrix.of(x), y, np.ones(rows), chunk_rows)


@pytest.fixture
def make():
    return draw


@pytest.fixture
def outlier():
    """400 rows that a cut-off decides, and one mislabelled far away from it."""
    x = np.append(np.linspace(-1.6128, 1.6128, 400), 9.415)
    y = np.append((x[:400] > 0) * 1.0, 0.0)
    return ArrayChunks(DesignMatrix.of(x[:, None]), y, np.ones(401))
