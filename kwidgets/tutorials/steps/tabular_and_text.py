"""Defines the steps of 05_tabular_and_text: train on a table, classify texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from kwidgets.tutorials.check_values import finite_array, finite_float, is_close, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed


def _check_baseline(user_ns: UserNamespace) -> Iterator[CheckResult]:
    value = finite_float(user_ns.baseline)
    expected = 1 - float(np.mean(user_ns.y_test))
    if value is None:
        yield failed(f"`baseline` should be a number; it is {short_repr(user_ns.baseline)}.")
    elif is_close(value, 1 - expected, 0.005):
        yield failed(f"{value:.3f} is the share of the malignant ones.")
    elif is_close(value, 100 * expected, 0.5):
        yield failed("That is right in percent; a number from 0 to 1 is asked for.")
    else:
        yield expect(
            is_close(value, expected, 0.005),
            f"{expected:.1%} are right without any model",
            f"{value:.3f} is not the share of the benign ones in `y_test`.",
        )


def _check_leak(user_ns: UserNamespace) -> Iterator[CheckResult]:
    mean = getattr(user_ns.normalization, "mean", None)
    if mean is None:
        yield failed(
            "`normalization` should be a `Normalization` layer that has adapted; it is "
            f"{short_repr(user_ns.normalization)}."
        )
        return
    seen = np.asarray(mean, dtype=float).ravel()

    def is_mean_of(rows: object) -> bool:
        expected = np.asarray(rows, dtype=float).mean(axis=0)
        return seen.shape == expected.shape and bool(np.allclose(seen, expected, rtol=1e-3))

    if is_mean_of(user_ns.x):
        yield failed("The layer has seen all rows, those for the test among them.")
    elif is_mean_of(user_ns.x_rest):
        yield failed("The layer has not seen the test rows, but those that you choose with.")
    else:
        yield expect(
            is_mean_of(user_ns.x_train),
            "the layer knows the training rows and no others",
            "What the layer has seen are not the rows to train on.",
        )


def _check_confusion(user_ns: UserNamespace) -> Iterator[CheckResult]:
    truth = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    answer = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1])
    expected = np.array([[4, 1], [2, 2]])
    value = user_ns.confusion(truth, answer)
    counts = finite_array(value, (2, 2))
    if counts is None:
        yield failed(f"`confusion` should give 2 × 2 numbers; it gives {short_repr(value)}.")
    elif counts.sum() != len(truth):
        yield failed(
            f"Of {len(truth)} tumours it counts {counts.sum():g}; each belongs into one of the "
            "four fields."
        )
    elif is_close(counts.T, expected):
        yield failed("Rows and columns are exchanged: the truth chooses the row.")
    else:
        yield expect(
            is_close(counts, expected),
            "all four cases are counted",
            f"For the truth {truth.tolist()} and the answers {answer.tolist()} it gives "
            f"{counts.astype(int).tolist()}: the sum is right, the fields are not.",
        )
    yield expect(
        is_close(user_ns.confusion(truth.astype("float32"), answer == 1), expected),
        "it takes floats and booleans too",
        "With floats for the truth and booleans for the answers, as in this notebook, it counts "
        "something else.",
    )


def _check_threshold(user_ns: UserNamespace) -> Iterator[CheckResult]:
    threshold = finite_float(user_ns.threshold)
    if threshold is None or not 0 <= threshold <= 1:
        yield failed(f"`threshold` should be a number from 0 to 1; it is {user_ns.threshold!r}.")
        return
    alarm = np.asarray(user_ns.risk_val) >= threshold
    found = alarm[np.asarray(user_ns.y_val) == 1]
    recall, precision = found.mean(), found.sum() / max(1, alarm.sum())
    yield expect(
        recall >= 0.95,
        f"recall {recall:.0%}",
        f"Only {recall:.0%} of the malignant tumours are found: the line is too high.",
    )
    yield expect(
        precision >= 0.8,
        f"precision {precision:.0%}",
        f"Only {precision:.0%} of the alarms are right: the line is too low.",
    )


def _check_new_words(user_ns: UserNamespace) -> Iterator[CheckResult]:
    words = user_ns.new_words
    if isinstance(words, str) or not hasattr(words, "__iter__"):
        yield failed(f"`new_words` should be a list or a set of words; it is {short_repr(words)}.")
        return
    named = [str(word) for word in words]
    known = set(user_ns.vectorize.get_vocabulary())
    used = {word for sentence in user_ns.test_sentences for word in sentence.split()}
    expected = used - known
    lacking, wrong = expected - set(named), set(named) - expected
    yield expect(
        not lacking,
        f"all {len(expected)} new words are named",
        f"{len(lacking)} of {len(expected)} new words are not named yet.",
    )
    yield expect(
        not wrong,
        "no word is named that the layer knows",
        f"“{min(wrong, default='')}” is no new word of the test sentences.",
    )
    if len(named) != len(set(named)):
        yield failed("Some words are named more than once.")


def _check_mask(user_ns: UserNamespace) -> Iterator[CheckResult]:
    compute_mask = getattr(user_ns.embedding, "compute_mask", None)
    if compute_mask is None:
        yield failed(
            f"`embedding` should be an Embedding layer; it is {short_repr(user_ns.embedding)}."
        )
        return
    mask = compute_mask(np.array([[5, 7, 0, 0]]))
    yield expect(
        mask is not None and np.asarray(mask).tolist() == [[True, True, False, False]],
        "the layer tells which places are padding",
        "The layer does not tell which places are padding: the LSTM reads the zeros as words.",
    )
    probability = user_ns.forgetful.predict(user_ns.x_text[:200], verbose=0)[:, 0]
    accuracy = float(np.mean((probability >= 0.5) == user_ns.says[:200]))
    yield expect(
        accuracy >= 0.75,
        f"the LSTM reads {accuracy:.0%} of the sentences",
        f"The LSTM reads {accuracy:.0%} of the sentences it has learned from: guessing.",
    )


def _check_tricky(user_ns: UserNamespace) -> Iterator[CheckResult]:
    tricky = user_ns.tricky
    if not isinstance(tricky, Mapping):
        yield failed(f"`tricky` should be a dict of sentences; it is {short_repr(tricky)}.")
        return
    strange = [v for v in tricky.values() if finite_float(v) not in (0, 1)]
    if strange:
        yield failed(f"Each sentence should say 0 or 1; one says {short_repr(strange[0])}.")
        return
    yield expect(
        len(tricky) >= 3,
        f"{len(tricky)} sentences",
        f"There are {len(tricky)} sentences; write at least three.",
    )
    if not tricky:
        return
    known = set(user_ns.sentences) & set(tricky)
    if known:
        yield failed(f"“{min(known)}” is one of the training sentences.")
    says = np.array([finite_float(value) for value in tricky.values()])
    wrong = int(np.sum((user_ns.praise(list(tricky)) >= 0.5) != says))
    yield expect(
        wrong > 0,
        f"the model gets {wrong} of them wrong",
        "The model gets all of them right. What do the patterns not have?",
    )


STEPS = [
    Step(
        key="baseline",
        title="the accuracy of no model",
        cell_id="your-baseline",
        check=_check_baseline,
        hints=(
            "Who calls all of them benign is right for the benign ones: what is their share?",
            "`y_test` is 1 for a malignant tumour, so its mean is the share of those.",
        ),
        solution="""baseline = (y_test == 0).mean()

print(f"baseline: {baseline}")
""",
    ),
    Step(
        key="leak",
        title="a scale without a leak",
        cell_id="your-normalization",
        check=_check_leak,
        hints=(
            "There are three parts of the rows. From which one may a model learn?",
            "`x` are all rows; use another name in `adapt`.",
        ),
        solution="""normalization = keras.layers.Normalization()
normalization.adapt(x_train)
""",
    ),
    Step(
        key="confusion",
        title="the confusion matrix",
        cell_id="your-confusion",
        check=_check_confusion,
        hints=(
            "Each field counts the places where the truth is one thing and the answer another.",
            "`((truth == 1) & (answer == 0)).sum()` counts those that were missed.",
            "Two comprehensions: over the truth for the rows, over the answer for the columns.",
        ),
        solution='''def confusion(truth, answer):
    """The confusion matrix [[right, false alarm], [missed, found]]."""
    return np.array([
        [((truth == row) & (answer == column)).sum() for column in (0, 1)] for row in (0, 1)
    ])


risk_val = builder.predict(x_val, verbose=0)[:, 0]
print(confusion(y_val, risk_val >= 0.5))
''',
    ),
    Step(
        key="threshold",
        title="where to draw the line",
        cell_id="your-threshold",
        check=_check_threshold,
        hints=(
            "Try a few values from 0.1 to 0.9 and read the printed line.",
            "To miss fewer tumours, the line must go down.",
            "A value between 0.2 and 0.5 meets both goals.",
        ),
        solution="""threshold = 0.35

alarm = risk_val >= threshold
found = alarm[y_val == 1]
print(f"recall {found.mean():.0%}, precision {found.sum() / max(1, alarm.sum()):.0%}")
""",
    ),
    Step(
        key="new-words",
        title="which words are new",
        cell_id="your-new-words",
        check=_check_new_words,
        hints=(
            "`vectorize.get_vocabulary()` are the words that the layer knows.",
            "`sentence.split()` gives the words of a sentence; a set keeps each once.",
            "Sets can be subtracted: all words of the test sentences, less those that are known.",
        ),
        solution="""known = set(vectorize.get_vocabulary())
new_words = {word for sentence in test_sentences for word in sentence.split()} - known

print(f"{len(new_words)} words of the test sentences are new: {sorted(new_words)[:20]}")
""",
    ),
    Step(
        key="mask",
        title="padding that is not read",
        cell_id="your-embedding",
        check=_check_mask,
        hints=(
            "The number of padding is 0. One argument of `Embedding` has “zero” in its name.",
            "`mask_zero=True`; then run the cell again, so that the model trains anew.",
        ),
        solution="""embedding = keras.layers.Embedding(len(vocabulary), 16, mask_zero=True)

forgetful = build_reader(embedding, keras.layers.LSTM(24))
forgetful.fit(x_text, says, epochs=EPOCHS, batch_size=32)
""",
    ),
    Step(
        key="tricky",
        title="sentences that it gets wrong",
        cell_id="your-tricky",
        check=_check_tricky,
        hints=(
            "It has never seen irony, nor two negations in one sentence.",
            "It knows “not” only right before the word that it turns round, or a word earlier.",
            "Try a word it does not know, such as “masterpiece” or “rubbish”, once with 1 and once "
            "with 0 in sentences that are otherwise the same.",
        ),
        solution='''def praise(texts):
    """The probability of praise for each sentence."""
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
    print(f"{sentence!r}: {probability:.0%} praise")
''',
    ),
]
