"""What a tutorial of torch and MLflow has one write: FILE."""

import sys

import mlflow
import pandas as pd
import torch
from sklearn import metrics
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

STEPS = 200

frame = pd.read_csv(sys.argv[1])
x, y = frame.drop(columns="status"), (frame["status"] == "Placed").astype(int)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
scaler = StandardScaler().fit(x_train)
inputs = torch.tensor(scaler.transform(x_train), dtype=torch.float32)
wanted = torch.tensor(y_train.to_numpy(), dtype=torch.float32).reshape(-1, 1)
model = torch.nn.Sequential(torch.nn.Linear(inputs.shape[1], 1), torch.nn.Sigmoid())
optimizer, loss_of = torch.optim.SGD(model.parameters(), lr=0.5), torch.nn.BCELoss()

mlflow.set_experiment("placement")
with mlflow.start_run():
    mlflow.log_params({"lr": 0.5, "steps": STEPS})
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(inputs), wanted)
        loss.backward()
        optimizer.step()
        mlflow.log_metric("loss", loss.item(), step=step)
    tests = torch.tensor(scaler.transform(x_test), dtype=torch.float32)
    with torch.no_grad():
        p = model(tests).numpy().ravel()
    mlflow.log_metric("roc_auc", metrics.roc_auc_score(y_test, p))
    mlflow.log_metric("accuracy", metrics.accuracy_score(y_test, p >= 0.5))
    mlflow.pytorch.log_model(model, name="model", input_example=tests[:5].numpy())
