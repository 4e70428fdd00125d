"""A classifier that names the writer of a text: logistic regression over character n-grams.

Only for tests and benchmarks. N-grams of one to four characters with the edges of the text marked,
weighted by log frequency times inverse document frequency, rows of length 1; softmax regression
with L2, full batch. Terms of address are blanked in whatever it reads, in training too: the pair of
a conversation decides them, they are no style, and they would give a writer away.
"""

import re
from collections import Counter

import numpy as np

from modules.persona.style.tokens import is_term

SIZES = range(1, 5)
LEAST_TEXTS = 2
L2 = 1e-4
STEPS, RATE = 400, 4.0
WORD = re.compile(r"[^\W\d_]+")


def blanked(text):
    """Return a text with "x" for every term of address."""
    return WORD.sub(lambda match: "x" if is_term(match[0].lower()) else match[0], text)


def grams(text):
    marked = f"\x02{blanked(text)}\x03"
    return Counter(marked[at : at + n] for n in SIZES for at in range(len(marked) - n + 1))


class Judge:
    """Learns from {name: texts}."""

    def __init__(self, texts):
        self.names = sorted(texts)
        rows = [grams(text) for name in self.names for text in texts[name]]
        labels = np.repeat(range(len(self.names)), [len(texts[name]) for name in self.names])
        seen = Counter(gram for row in rows for gram in row)
        kept = sorted(gram for gram, count in seen.items() if count >= LEAST_TEXTS)
        self.places = {gram: place for place, gram in enumerate(kept)}
        self.idf = np.log(len(rows) / np.array([seen[gram] for gram in kept])) + 1.0
        x = np.stack([self.vector(row) for row in rows])
        y = np.eye(len(self.names))[labels]
        self.weights = np.zeros((x.shape[1], len(self.names)))
        self.bias = np.zeros(len(self.names))
        for _ in range(STEPS):
            error = (self._softmax(x) - y) / len(x)
            self.weights -= RATE * (x.T @ error + L2 * self.weights)
            self.bias -= RATE * error.sum(axis=0)

    def calibrate(self, neutral):
        """Make texts that are nobody's style favour nobody: their mean score becomes 0.

        Whatever is said in the spelling of books resembles the one writer who spells so; without
        this the classifier tells that apart, and not how a text differs from its plain wording.
        """
        rows = np.stack([self.vector(grams(text)) for text in neutral])
        self.bias = -(rows @ self.weights).mean(axis=0)
        return self

    def vector(self, counted):
        row = np.zeros(len(self.places))
        for gram, count in counted.items():
            place = self.places.get(gram)
            if place is not None:
                row[place] = (1.0 + np.log(count)) * self.idf[place]
        return row / (np.linalg.norm(row) or 1.0)

    def _softmax(self, x):
        scores = x @ self.weights + self.bias
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def name(self, text):
        return self.names[int(np.argmax(self._softmax(self.vector(grams(text))[None])))]
