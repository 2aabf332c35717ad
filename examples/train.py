"""Trains the example models on January's customers and on tickets that people have labelled.

Of some customers, it also writes down what the first model says of them, as a notebook would.

Run by hand, from the root of the checkout, with the scikit-learn that Howdah runs:

    .venv/bin/python examples/train.py
"""

from pathlib import Path
from zipfile import ZIP_DEFLATED

import joblib
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skops.io import dump

HERE = Path(__file__).parent
NUMBERS, TEXTS = ["age", "income"], ["city"]


def churn(customers: pandas.DataFrame) -> Pipeline:
    """The model in use: a logistic regression."""
    columns = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), TEXTS))
    model = make_pipeline(columns, LogisticRegression())
    return model.fit(customers[NUMBERS + TEXTS], customers["churned"])


def churn2(customers: pandas.DataFrame) -> Pipeline:
    """The one that may replace it: boosted trees."""
    columns = make_column_transformer(("passthrough", NUMBERS), (OneHotEncoder(), TEXTS))
    trees = GradientBoostingClassifier(n_estimators=40, max_depth=3, random_state=0)
    return make_pipeline(columns, trees).fit(customers[NUMBERS + TEXTS], customers["churned"])


def urgency(tickets: pandas.DataFrame) -> Pipeline:
    """How urgent a ticket is, by its words."""
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
    return model.fit(tickets["text"], tickets["urgency"])


def main(folder: Path) -> None:
    """Train all of them, and save them in ``folder``: trees with joblib, which skops won't load."""
    customers = pandas.read_csv(folder / "customers.csv", dtype={"city": "str"})
    model, some = churn(customers), customers.head(50)
    answers = some.assign(answer=model.predict(some), chance=model.predict_proba(some)[:, 0])
    answers.to_csv(folder / "answers.csv", index=False)
    dump(model, folder / "churn.skops", compression=ZIP_DEFLATED)
    joblib.dump(churn2(customers), folder / "churn2.joblib", compress=9)
    tickets = pandas.read_csv(folder / "tickets.csv")
    dump(urgency(tickets), folder / "urgency.skops", compression=ZIP_DEFLATED)


if __name__ == "__main__":
    main(HERE)
