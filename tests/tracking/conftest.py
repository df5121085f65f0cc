"""A small model."""

import numpy as np
import pytest

from placement.data.encoding.encoder import Encoder
from placement.model.bundle import write_bundle
from placement.model.figures import figures_document
from placement.model.scorer import CategoryColumn, NumberColumn
from tests.figures import model_figures

COLUMNS = (
    NumberColumn("cgpa", 7.25, 1.5, 4.0, 10.0, 10.0, 0.1),
    NumberColumn("backlogs", 0.5, 1.0, 0.0, 5.0, None, 0.2),
    NumberColumn("hostel", 0.5, 0.5, 0.0, 1.0, None, None),
    CategoryColumn(
        "stream",
        ("CSE", "ECE"),
        rare=True,
        missing=True,
        shares=(0.5, 0.3, 0.1, 0.1),
        numeric=False,
    ),
)
WEIGHTS = np.array([1.2, -0.3, -0.8, 0.1, 0.4, -0.2, -0.5, 0.05])


@pytest.fixture
def bundle(tmp_path):
    """A bundle directory of two kinds of columns."""
    document = {
        "encoder": Encoder(COLUMNS).document,
        "threshold": 0.5,
        "schema": {
            "target": {
                "name": "status",
                "positive": "Placed",
                "negative": "Not Placed",
                "rule": None,
            },
            "features": [],
            "dropped": [],
        },
        "aliased": [],
        "config": {},
        "figures": figures_document(model_figures()),
        "history": [],
    }
    return write_bundle(tmp_path / "bundles" / "small", document, WEIGHTS, -0.4)
