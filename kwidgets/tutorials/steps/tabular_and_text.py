"""Define the steps of 05_tabular_and_text: train on a table, classify text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from kwidgets.tutorials.check_values import finite_array, finite_float, is_close, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed


def _check_baseline(user_ns: UserNamespace) -> Iterator[CheckResult]:
    value = finite_float(user_ns.baseline)
    expected = 1 - float(np.mean(user_ns.y_test))
    if value is None:
        yield failed(f"`baseline` should be a number, not {short_repr(user_ns.baseline)}.")
    elif is_close(value, 1 - expected, 0.005):
        yield failed(
            f"{value:.3f} is the fraction of malignant tumors. Compute that of the benign ones."
        )
    elif is_close(value, 100 * expected, 0.5):
        yield failed("This is correct in percent. Use a number from 0 to 1.")
    else:
        yield expect(
            is_close(value, expected, 0.005),
            f"{expected:.1%} are correct without a model.",
            f"{value:.3f} is not the fraction of benign tumors in `y_test`.",
        )


def _check_leak(user_ns: UserNamespace) -> Iterator[CheckResult]:
    mean = getattr(user_ns.normalization, "mean", None)
    if mean is None:
        yield failed(
            "`normalization` should be an adapted `Normalization` layer, not "
            f"{short_repr(user_ns.normalization)}."
        )
        return
    seen = np.asarray(mean, dtype=float).ravel()

    def is_mean_of(rows: object) -> bool:
        expected = np.asarray(rows, dtype=float).mean(axis=0)
        return seen.shape == expected.shape and bool(np.allclose(seen, expected, rtol=1e-3))

    if is_mean_of(user_ns.x):
        yield failed(
            "The layer is adapted to all rows, including the test rows. Use the training rows."
        )
    elif is_mean_of(user_ns.x_rest):
        yield failed("The layer is adapted to the validation rows too. Use only the training rows.")
    else:
        yield expect(
            is_mean_of(user_ns.x_train),
            "The layer is adapted to the training rows only.",
            "The layer is not adapted to the training rows.",
        )


def _check_confusion(user_ns: UserNamespace) -> Iterator[CheckResult]:
    truth = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    answer = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1])
    expected = np.array([[4, 1], [2, 2]])
    value = user_ns.confusion(truth, answer)
    counts = finite_array(value, (2, 2))
    if counts is None:
        yield failed(f"`confusion` should return 2 × 2 numbers, not {short_repr(value)}.")
    elif counts.sum() != len(truth):
        yield failed(
            f"The counts add up to {counts.sum():g}, but there are {len(truth)} tumors. Count each "
            "of them once."
        )
    elif is_close(counts.T, expected):
        yield failed("Rows and columns are swapped. Use a row for each true class.")
    else:
        yield expect(
            is_close(counts, expected),
            "All four cases are counted.",
            f"For the true classes {truth.tolist()} and the predictions {answer.tolist()}, it "
            f"returns {counts.astype(int).tolist()}, which is wrong.",
        )
    yield expect(
        is_close(user_ns.confusion(truth.astype("float32"), answer == 1), expected),
        "Floats and booleans are accepted too.",
        "The counts are wrong if the true classes are floats and the predictions booleans, as in "
        "this notebook.",
    )


def _check_threshold(user_ns: UserNamespace) -> Iterator[CheckResult]:
    threshold = finite_float(user_ns.threshold)
    if threshold is None or not 0 <= threshold <= 1:
        yield failed(f"`threshold` should be a number from 0 to 1, not {user_ns.threshold!r}.")
        return
    alarm = np.asarray(user_ns.risk_val) >= threshold
    found = alarm[np.asarray(user_ns.y_val) == 1]
    recall, precision = found.mean(), found.sum() / max(1, alarm.sum())
    yield expect(
        recall >= 0.95,
        f"The recall is {recall:.0%}.",
        f"Only {recall:.0%} of the malignant tumors are found. Lower the threshold.",
    )
    yield expect(
        precision >= 0.8,
        f"The precision is {precision:.0%}.",
        f"Only {precision:.0%} of the alarms are correct. Raise the threshold.",
    )


def _check_new_words(user_ns: UserNamespace) -> Iterator[CheckResult]:
    words = user_ns.new_words
    if isinstance(words, str) or not hasattr(words, "__iter__"):
        yield failed(f"`new_words` should be a list or set of words, not {short_repr(words)}.")
        return
    named = [str(word) for word in words]
    known = set(user_ns.vectorize.get_vocabulary())
    used = {word for sentence in user_ns.test_sentences for word in sentence.split()}
    expected = used - known
    lacking, wrong = expected - set(named), set(named) - expected
    yield expect(
        not lacking,
        f"All {len(expected)} unknown words are listed.",
        f"{len(lacking)} of {len(expected)} unknown words are missing.",
    )
    yield expect(
        not wrong,
        "No known word is listed.",
        f"“{min(wrong, default='')}” is not an unknown word of the test sentences.",
    )
    if len(named) != len(set(named)):
        yield failed("Some words are listed more than once. Use a set.")


def _check_mask(user_ns: UserNamespace) -> Iterator[CheckResult]:
    compute_mask = getattr(user_ns.embedding, "compute_mask", None)
    if compute_mask is None:
        yield failed(
            f"`embedding` should be an Embedding layer, not {short_repr(user_ns.embedding)}."
        )
        return
    mask = compute_mask(np.array([[5, 7, 0, 0]]))
    yield expect(
        mask is not None and np.asarray(mask).tolist() == [[True, True, False, False]],
        "The layer marks which positions are padding.",
        "The layer does not mark which positions are padding, so the LSTM processes the zeros.",
    )
    probability = user_ns.forgetful.predict(user_ns.x_text[:200], verbose=0)[:, 0]
    accuracy = float(np.mean((probability >= 0.5) == user_ns.says[:200]))
    yield expect(
        accuracy >= 0.75,
        f"The training accuracy of the LSTM is {accuracy:.0%}.",
        f"The training accuracy of the LSTM is {accuracy:.0%}. It should be at least 75 %.",
    )


def _check_tricky(user_ns: UserNamespace) -> Iterator[CheckResult]:
    tricky = user_ns.tricky
    if not isinstance(tricky, Mapping):
        yield failed(
            f"`tricky` should be a dict of sentences and labels, not {short_repr(tricky)}."
        )
        return
    strange = [v for v in tricky.values() if finite_float(v) not in (0, 1)]
    if strange:
        yield failed(f"Each label should be 0 or 1, not {short_repr(strange[0])}.")
        return
    yield expect(
        len(tricky) >= 3,
        f"There are {len(tricky)} sentences.",
        f"There are {len(tricky)} sentences. Write at least three.",
    )
    if not tricky:
        return
    known = set(user_ns.sentences) & set(tricky)
    if known:
        yield failed(f"“{min(known)}” is a training sentence. Write one of your own.")
    says = np.array([finite_float(value) for value in tricky.values()])
    wrong = int(np.sum((user_ns.praise(list(tricky)) >= 0.5) != says))
    yield expect(
        wrong > 0,
        f"The model gets {wrong} of them wrong.",
        "The model gets all of them right. Use something that the patterns do not contain.",
    )


STEPS = [
    Step(
        key="baseline",
        title="compute the baseline",
        cell_id="your-baseline",
        check=_check_baseline,
        hints=(
            "Predicting that all tumors are benign is correct for the benign ones. What is their "
            "fraction?",
            "`y_test` is 1 for a malignant tumor, so its mean is the fraction of malignant tumors.",
        ),
        solution="""baseline = (y_test == 0).mean()

print(f"baseline: {baseline}")
""",
    ),
    Step(
        key="leak",
        title="avoid the leak",
        cell_id="your-normalization",
        check=_check_leak,
        hints=(
            "The rows are split into three parts. Which one may the model learn from?",
            "`x` contains all rows. Pass another array to `adapt`.",
        ),
        solution="""normalization = keras.layers.Normalization()
normalization.adapt(x_train)
""",
    ),
    Step(
        key="confusion",
        title="count the four cases",
        cell_id="your-confusion",
        check=_check_confusion,
        hints=(
            "Each value counts the positions with one true class and one prediction.",
            "`((truth == 1) & (answer == 0)).sum()` counts the missed ones.",
            "Use two comprehensions: over the true class for the rows, over the prediction for the "
            "columns.",
        ),
        solution='''def confusion(truth, answer):
    """Return the confusion matrix [[correct, false alarm], [missed, found]]."""
    return np.array([
        [((truth == row) & (answer == column)).sum() for column in (0, 1)] for row in (0, 1)
    ])


risk_val = builder.predict(x_val, verbose=0)[:, 0]
print(confusion(y_val, risk_val >= 0.5))
''',
    ),
    Step(
        key="threshold",
        title="choose a threshold",
        cell_id="your-threshold",
        check=_check_threshold,
        hints=(
            "Try a few values from 0.1 to 0.9 and read the printed line.",
            "To miss fewer tumors, lower the threshold.",
            "Values between 0.2 and 0.5 meet both conditions.",
        ),
        solution="""threshold = 0.35

alarm = risk_val >= threshold
found = alarm[y_val == 1]
print(f"recall {found.mean():.0%}, precision {found.sum() / max(1, alarm.sum()):.0%}")
""",
    ),
    Step(
        key="new-words",
        title="find the unknown words",
        cell_id="your-new-words",
        check=_check_new_words,
        hints=(
            "`vectorize.get_vocabulary()` returns the words that the layer knows.",
            "`sentence.split()` returns the words of a sentence. A set has no duplicates.",
            "Subtract sets: all words of the test sentences minus the known words.",
        ),
        solution="""known = set(vectorize.get_vocabulary())
new_words = {word for sentence in test_sentences for word in sentence.split()} - known

print(f"{len(new_words)} words of the test sentences are unknown: {sorted(new_words)[:20]}")
""",
    ),
    Step(
        key="mask",
        title="add the missing mask",
        cell_id="your-embedding",
        check=_check_mask,
        hints=(
            "The value of the padding is 0. One argument of `Embedding` has “zero” in its name.",
            "Set `mask_zero=True`, then run the cell again to train the model.",
        ),
        solution="""embedding = keras.layers.Embedding(len(vocabulary), 16, mask_zero=True)

forgetful = build_reader(embedding, keras.layers.LSTM(24))
forgetful.fit(x_text, says, epochs=EPOCHS, batch_size=32)
""",
    ),
    Step(
        key="tricky",
        title="find sentences that the model gets wrong",
        cell_id="your-tricky",
        check=_check_tricky,
        hints=(
            "The patterns contain neither irony nor double negation.",
            "They contain “not” only close to the word that it negates.",
            "Use two unknown words, such as “masterpiece” and “rubbish”, with the labels 1 and 0, "
            "in sentences that are otherwise the same.",
        ),
        solution='''def praise(texts):
    """Return the probability that each sentence is positive."""
    return reader.predict(np.array(vectorize(np.array(texts)))[:, :PLACES], verbose=0)[:, 0]


tricky = {
    "the film was a masterpiece": 1,
    "the film was a catastrophe": 0,
    "i would watch it again tomorrow": 1,
    "i want my money back": 0,
    "nobody could call this film anything but great": 1,
    "if this is a great film then i am a kettle": 0,
}

for sentence, probability in zip(tricky, praise(list(tricky)) if tricky else [], strict=True):
    print(f"{sentence!r}: {probability:.0%} positive")
''',
    ),
]
