"""What a user of pandas and scikit-learn writes to train on a CSV: FILE MODEL."""

import json
import sys

import joblib
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

file, out = sys.argv[1:]
frame = pd.read_csv(file)
x, y = frame.drop(columns="status"), (frame["status"] == "Placed").astype(int)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x_train, y_train)
p = model.predict_proba(x_test)[:, 1]
said = (p >= 0.5).astype(int)
true, predicted = calibration_curve(y_test, p, n_bins=10, strategy="quantile")
found = {
    "log_loss": metrics.log_loss(y_test, p),
    "brier": metrics.brier_score_loss(y_test, p),
    "roc_auc": metrics.roc_auc_score(y_test, p),
    "average_precision": metrics.average_precision_score(y_test, p),
    "accuracy": metrics.accuracy_score(y_test, said),
    "precision": metrics.precision_score(y_test, said),
    "recall": metrics.recall_score(y_test, said),
    "f1": metrics.f1_score(y_test, said),
    "ece": float(np.abs(true - predicted).mean()),
}
print(json.dumps(found))
joblib.dump(model, out)
