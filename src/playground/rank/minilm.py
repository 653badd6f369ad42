"""The sentence encoder all-MiniLM-L6-v2 in plain numpy: mean of the last layer over the tokens, of length 1."""

import numpy
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

LAYERS, HEADS, HEAD_WIDTH, BATCH = 6, 12, 32, 256


def encode(folder, texts):
    """One row per text."""
    tensors = load_file(f"{folder}/model.safetensors")
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    tokens = [tokenizer.encode(text).ids for text in texts]
    # Texts of like length go together, so that little of a batch is padding.
    order = sorted(range(len(texts)), key=lambda at: len(tokens[at]))
    rows = [None] * len(texts)
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        for at, row in zip(batch, encode_batch(tensors, [tokens[at] for at in batch])):
            rows[at] = row
    return numpy.array(rows)


def encode_batch(tensors, tokens):
    width = max(map(len, tokens))
    ids = numpy.zeros((len(tokens), width), int)
    present = numpy.zeros((len(tokens), width), numpy.float32)
    for row, own in enumerate(tokens):
        ids[row, : len(own)] = own
        present[row, : len(own)] = 1

    def linear(x, name):
        return x @ tensors[name + ".weight"].T + tensors[name + ".bias"]

    def normalised(x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= numpy.sqrt((x**2).mean(-1, keepdims=True) + 1e-12)
        return x * tensors[name + ".weight"] + tensors[name + ".bias"]

    def heads(x):
        return x.reshape(len(tokens), width, HEADS, HEAD_WIDTH).transpose(0, 2, 1, 3)

    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][:width] + tensors["embeddings.token_type_embeddings.weight"][0]
    x = normalised(x, "embeddings.LayerNorm")
    hidden = (present[:, None, None, :] - 1) * 1e9
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        query, key, value = (heads(linear(x, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value"))
        weights = query @ key.transpose(0, 1, 3, 2) / numpy.sqrt(HEAD_WIDTH) + hidden
        weights = numpy.exp(weights - weights.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        seen = (weights @ value).transpose(0, 2, 1, 3).reshape(len(tokens), width, HEADS * HEAD_WIDTH)
        x = normalised(x + linear(seen, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = linear(x, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / numpy.sqrt(2)))
        x = normalised(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = (x * present[:, :, None]).sum(1) / present.sum(1, keepdims=True)
    return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)
