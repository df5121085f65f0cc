"""What a user of pandas and scikit-learn writes to score a CSV: FILE MODEL OUT."""

import sys

import joblib
import pandas as pd

file, model, out = sys.argv[1:]
frame = pd.read_csv(file)
p = joblib.load(model).predict_proba(frame.drop(columns="status"))[:, 1]
frame["probability"] = p
frame["prediction"] = (p >= 0.5).astype(int)
frame.to_csv(out, index=False)
