"""Runs the sentence encoder all-MiniLM-L6-v2, an int8 ONNX file. A vector is the mean of the last layer over the tokens,
scaled to length 1."""

import numpy
import onnxruntime
from tokenizers import Tokenizer

# How many texts are sorted by length together, and how many are encoded together. The rounding of the model depends on the
# batch, so other sizes give slightly different vectors.
CHUNK, BATCH = 4096, 64
THREADS = 2


class Encoder:
    def __init__(self, model, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def encode(self, texts):
        """One row per text."""
        chunks = [self.encode_chunk(texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
        return numpy.concatenate(chunks)

    def encode_chunk(self, texts):
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        # Texts of similar length are encoded together, so that a batch has little padding.
        order = sorted(range(len(texts)), key=lambda at: len(tokens[at]))
        rows = numpy.zeros((len(texts), 384), numpy.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            width = max(len(tokens[at]) for at in batch)
            ids = numpy.zeros((len(batch), width), numpy.int64)
            present = numpy.zeros_like(ids)
            for row, at in enumerate(batch):
                ids[row, : len(tokens[at])] = tokens[at]
                present[row, : len(tokens[at])] = 1
            given = {"input_ids": ids, "attention_mask": present, "token_type_ids": numpy.zeros_like(ids)}
            layer = self.session.run(None, given)[0]
            mean = (layer * present[:, :, None]).sum(1) / present.sum(1, keepdims=True)
            rows[batch] = mean / numpy.linalg.norm(mean, axis=1, keepdims=True)
        return rows
