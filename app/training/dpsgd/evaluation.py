"""Classification of a whole test set in one call, without Keras' own loop."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from app.training.dpsgd.data import Data, model_inputs
from app.training.dpsgd.results import Evaluation

CHUNK = 250


def classify(model: Any, data: Data, *, classes: int, parallel: int) -> tuple[Any, Any, Any]:
    """Return correctly classified and present examples of each class [classes], and the summed loss.

    Chunks run side by side, up to ``parallel`` at a time, and are added in order.
    """
    count = tf.shape(data.labels)[0]

    def body(start: Any, correct: Any, loss_sum: Any) -> Any:
        labels = data.labels[start : start + CHUNK]
        logits = model(model_inputs(data.images[start : start + CHUNK]), training=False)
        hits = tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == labels, tf.int32)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        correct += tf.math.unsorted_segment_sum(hits, labels, classes)
        return start + CHUNK, correct, loss_sum + tf.reduce_sum(losses)

    start = (tf.constant(0), tf.zeros([classes], tf.int32), tf.constant(0.0))
    _, correct, loss_sum = tf.while_loop(
        lambda position, *_: position < count, body, start, parallel_iterations=parallel
    )
    return correct, tf.math.unsorted_segment_sum(tf.ones_like(data.labels), data.labels, classes), loss_sum


def summarised(correct: Any, present: Any, loss_sum: Any) -> Evaluation:
    """Return accuracy and mean loss from the tensors of :func:`classify`."""
    correct, present, loss_sum = correct.numpy(), present.numpy(), loss_sum.numpy()
    total = int(present.sum())
    return Evaluation(
        accuracy=int(correct.sum()) / total,
        loss=float(loss_sum) / total,
        per_class_accuracy=[
            int(right) / int(count) if count else float("nan")
            for right, count in zip(correct, present, strict=True)
        ],
    )
