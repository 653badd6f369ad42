"""What WordNet says about which English words are close in meaning.

Words and synsets form one graph. A word has ties to its senses (as often as WordNet's tagged corpus has them) and to the
synsets whose definition mentions it. A synset has ties to its words, to the synsets that it points to (hypernyms, hyponyms,
parts, derivations, similar adjectives, entailments ...) and to the words of its definition. A short random walk with
restarts from every word finds the words near it. The strength of a pair is the geometric mean of both directions.
Otherwise a very general word, which every walk reaches, would be a neighbour of everything. Direct relations of frequent
senses have a least strength. So have the kinds that a noun belongs to.
"""

import collections
import math
import re

import scipy.sparse

PARTS = ("noun", "verb", "adj", "adv")
PART_OF_LETTER = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}

# The share of a walk's mass that leaves a synset by each kind of tie, and then the same for a word.
TO_WORDS, TO_SYNSETS, TO_DEFINITION = 0.4, 0.35, 0.25
TO_SENSES, TO_MENTIONS = 0.7, 0.3
CONTINUE = 0.65
STEPS = 5
LEAST_MASS = 1e-4
BLOCK = 1000

# The weight of a pointer by its symbol. The others (antonyms, usage domains) say nothing about likeness.
POINTERS = {
    "@": 1.0, "@i": 0.7, "~": 0.8, "~i": 0.4, "+": 1.5, "&": 1.0, "^": 0.6, "$": 1.0, "*": 0.8, ">": 0.8,
    "#m": 0.3, "#s": 0.5, "#p": 0.6, "%m": 0.3, "%s": 0.5, "%p": 0.6, "=": 0.6, "\\": 1.2, "<": 1.0,
    ";c": 0.4, "-c": 0.2,
}

# The most neighbours of a frequent lemma (the first FREQUENT_WORDS) and of any other. The least strength of a neighbour. The
# share of a word's uses that makes a sense frequent.
FREQUENT_WORDS = 6000
MOST_NEIGHBOURS = (14, 8)
LEAST_STRENGTH = 1.5
FREQUENT_SHARE = 0.15
# A noun has ties to the kinds that it belongs to: how many steps up at most, how many synsets such a kind has at most
# (animal is the widest useful one), and how often its word is used at least.
KIND_STEPS, WIDEST_KIND, LEAST_KIND_USES = 8, 5000, 5

# Words that are never neighbours or mentions, because they occur in most definitions.
NOISE = set(
    """a about above after again against all also an and another any are as at be because been before being below
    between both but by can cannot could did do does doing done down during each either especially etc few for from
    further get give had has have having he her here hers him his how i if in into is it its itself just kind less
    like make many may me more most much must my no nor not of off often on one only or other others our out over own
    part particular person same several she should so some someone something sometimes such than that the their them
    then there these they thing things this those through to too type typically under up upon use used usually very
    was we were what when where which while who whom whose why will with within without would you your
    act quality state having relating characterized caused consisting manner way cause become made make
    two three four five ten first second""".split()
)


class Synset:
    def __init__(self, part, words, pointers, definition):
        self.part, self.words, self.pointers, self.definition = part, words, pointers, definition


def read_synsets(folder):
    synsets = {}
    for part in PARTS:
        with open(f"{folder}/data.{part}", encoding="latin-1") as lines:
            for line in lines:
                if line.startswith(" "):
                    continue
                record, _, gloss = line.partition("|")
                fields = record.split()
                count = int(fields[3], 16)
                words = [re.sub(r"\(.*\)", "", w).lower() for w in fields[4 : 4 + 2 * count : 2]]
                at = 4 + 2 * count
                pointers = []
                for i in range(int(fields[at])):
                    symbol, offset, letter, ends = fields[at + 1 + 4 * i : at + 5 + 4 * i]
                    pointers.append((symbol, (PART_OF_LETTER[letter], offset), int(ends[:2], 16), int(ends[2:], 16)))
                synsets[(part, fields[0])] = Synset(part, words, pointers, gloss.split('; "')[0].strip().lower())
    return synsets


def read_senses(folder):
    """The senses of each lemma, and how often the tagged corpus has each."""
    tagged = collections.defaultdict(dict)
    with open(f"{folder}/cntlist.rev") as lines:
        for line in lines:
            key, sense, count = line.split()
            lemma, _, rest = key.partition("%")
            part = {"1": "noun", "2": "verb", "3": "adj", "5": "adj", "4": "adv"}[rest[0]]
            tagged[lemma][(part, int(sense))] = int(count)
    senses = collections.defaultdict(list)
    for part in PARTS:
        with open(f"{folder}/index.{part}") as lines:
            for line in lines:
                if line.startswith(" "):
                    continue
                fields = line.split()
                offsets = fields[-int(fields[2]) :]
                for number, offset in enumerate(offsets, 1):
                    count = tagged[fields[0]].get((part, number), 0) if fields[0] in tagged else 0
                    senses[fields[0]].append(((part, offset), count, number))
    return senses


def read_irregular(folder, usual):
    """Pairs of an irregular form and its base form, if `usual` does not find the base by rule."""
    pairs = set()
    for part in PARTS:
        with open(f"{folder}/{part}.exc") as lines:
            for line in lines:
                form, *bases = line.split()
                for base in bases:
                    if form.isascii() and form.isalpha() and base.isalpha() and base not in usual(form):
                        pairs.add((form, base))
    return pairs


# The endings of regular inflections, each with the ending of the base form. Then the same for degrees and adverbs.
ENDINGS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e"),
    ("er", ""), ("er", "e"), ("ier", "y"), ("est", ""), ("est", "e"), ("iest", "y"), ("ly", ""),
)


def usual_bases(form):
    """The base forms that the search finds by rule. lexicon/forms.rs has the same rules."""
    bases = {form}
    for ending, instead in ENDINGS:
        if form.endswith(ending) and len(form) > len(ending) + 1:
            base = form[: -len(ending)] + instead
            bases.add(base)
            if not instead and len(base) > 2 and base[-1] == base[-2]:
                bases.add(base[:-1])
    return bases


def is_name(synsets, senses):
    """Whether a word only names persons, places and so on: every sense of it is an instance of something."""
    return all(any(symbol == "@i" for symbol, *_ in synsets[key].pointers) for key, _, _ in senses)


def walks(words, from_word, from_synset):
    """The mass that a walk from each word gives to the others, over all steps. Mass of LEAST_MASS or less is dropped."""
    nodes = words + sorted(set(from_word) - set(words)) + sorted(from_synset)
    place = {node: at for at, node in enumerate(nodes)}
    ties = [(place[node], place[target], s) for out in (from_word, from_synset) for node, t in out.items() for target, s in t]
    starts, ends, shares = zip(*ties)
    moves = scipy.sparse.csr_matrix((shares, (starts, ends)), shape=(len(nodes), len(nodes))) * CONTINUE
    start = scipy.sparse.identity(len(nodes), format="csr")
    reach = {}
    for at in range(0, len(words), BLOCK):
        block = words[at : at + BLOCK]
        mass, reached = start[at : at + len(block)], 0
        for _ in range(STEPS):
            mass = mass @ moves
            mass.data[mass.data <= LEAST_MASS] = 0
            mass.eliminate_zeros()
            reached = mass[:, : len(words)] + reached
        for row, word in enumerate(block):
            own = reached.getrow(row)
            reach[word] = {words[i]: float(m) for i, m in zip(own.indices, own.data) if words[i] != word}
    return reach


def neighbours_of(wanted, synsets, senses, irregular):
    """The neighbours of each wanted word with their strength, 1 to 9. The neighbours are wanted words too."""
    base_of = {}
    for form, base in sorted(irregular):
        base_of.setdefault(form, base)

    def plain(word):
        return word.isascii() and word.isalpha() and len(word) > 1

    def lemma_of(token):
        if token in senses:
            return token
        if token in base_of:
            return base_of[token]
        found = [b for b in usual_bases(token) if b in senses]
        return max(found, key=lambda b: (sum(c for _, c, _ in senses[b]), b)) if found else None

    # Which words a definition mentions, and the parts of compound words.
    mentions = {}
    mentioned = collections.Counter()
    for key, synset in synsets.items():
        tokens = re.findall(r"[a-z]+", synset.definition)
        for word in synset.words:
            if "_" in word or "-" in word:
                tokens += re.split(r"[_-]", word)
        found = {lemma_of(t) for t in tokens if t not in NOISE and plain(t)} - {None} - NOISE
        mentions[key] = sorted(w for w in found if plain(w))
        mentioned.update(mentions[key])

    uses = {w: sum(c for _, c, _ in s) for w, s in senses.items() if plain(w) and w not in NOISE}
    for word in [w for w in uses if len(w) > 16 or len(w) < 3 and uses[w] < 5]:
        del uses[word]
    ranked = sorted(uses, key=lambda w: (-(2 * uses[w] + mentioned[w]), w))
    ranked = [w for w in ranked if w in wanted]
    chosen = set(ranked)
    frequent = set(ranked[:FREQUENT_WORDS])

    # Transitions of the walk.
    total = len(synsets)
    from_word, from_synset = {}, {}
    noun_bonus = {"noun": 0.6, "verb": 0.5, "adj": 0.4, "adv": 0.3}
    share = {}
    for word in uses:
        weights = [(key, count + noun_bonus[key[0]] / number) for key, count, number in senses[word]]
        whole = sum(w for _, w in weights)
        share[word] = {key: w / whole for key, w in weights}
    mentioned_in = collections.defaultdict(list)
    for key, words in mentions.items():
        for word in words:
            mentioned_in[word].append(key)
    for word in uses:
        out = [(key, TO_SENSES * s) for key, s in share[word].items()]
        if mentioned_in[word]:
            each = TO_MENTIONS / max(len(mentioned_in[word]), 8)
            out += [(key, each) for key in mentioned_in[word]]
        from_word[word] = out
    for key, synset in synsets.items():
        out = []
        words = [(w, share[w][key] + 0.05) for w in synset.words if w in share and key in share[w]]
        whole = sum(s for _, s in words)
        out += [(w, TO_WORDS * s / whole) for w, s in words]
        ties = [(target, POINTERS[symbol]) for symbol, target, _, _ in synset.pointers if symbol in POINTERS]
        whole = max(sum(s for _, s in ties), 2.0)
        out += [(target, TO_SYNSETS * s / whole) for target, s in ties]
        rare = [(w, math.log(total / (1 + mentioned[w]))) for w in mentions[key] if w in uses]
        whole = sum(s for _, s in rare)
        out += [(w, TO_DEFINITION * s / whole) for w, s in rare]
        from_synset[key] = out

    # Words of one derivation family: robber and robbery, by way of rob.
    derived = collections.defaultdict(set)
    for synset in synsets.values():
        for symbol, target, source, end in synset.pointers:
            if symbol in ("+", "\\", "<") and source:
                derived[synset.words[source - 1]].add(synsets[target].words[end - 1])

    order = sorted(chosen)
    reach = walks(order, from_word, from_synset)

    def direct(word):
        """The least strengths of the direct relations of the frequent senses."""
        least = collections.defaultdict(float)

        def raise_to(other, value):
            if other != word and other in chosen:
                least[other] = max(least[other], value)

        for near in derived[word]:
            for other in derived[near]:
                if other[:3] == word[:3]:
                    raise_to(other, 6.0)
        for key, s in share[word].items():
            for symbol, target, source, end in synsets[key].pointers:
                if symbol in ("+", "\\", "<") and source and synsets[key].words[source - 1] == word:
                    raise_to(synsets[target].words[end - 1], 8.0 if s >= FREQUENT_SHARE else 6.0)
            if s < FREQUENT_SHARE:
                continue
            for other in synsets[key].words:
                raise_to(other, 8.0 if s > 0.5 else 7.0)
            for symbol, target, _, _ in synsets[key].pointers:
                if symbol in ("@", "&", "$"):
                    for other in synsets[target].words:
                        raise_to(other, 5.0 if s > 0.4 else 4.0)
                if symbol == "~":
                    for other in synsets[target].words:
                        if other in share and share[other].get(target, 0) > 0.3:
                            raise_to(other, 4.0)
        return least

    narrower = collections.defaultdict(list)
    for key, synset in synsets.items():
        for symbol, target, _, _ in synset.pointers:
            if symbol in ("@", "@i"):
                narrower[target].append(key)

    def width(key):
        """How many synsets a synset has below it, counted up to WIDEST_KIND."""
        seen, waiting = {key}, [key]
        while waiting and len(seen) <= WIDEST_KIND:
            fresh = [k for k in narrower[waiting.pop()] if k not in seen]
            seen.update(fresh)
            waiting += fresh
        return len(seen)

    kind_words = {}

    def words_of_kind(key):
        if key not in kind_words:
            kind_words[key] = []
            if key[0] == "noun" and width(key) <= WIDEST_KIND:
                kind_words[key] = [
                    w for w in synsets[key].words
                    if w in chosen and uses[w] >= LEAST_KIND_USES and share[w].get(key, 0) > 0.3
                ]
        return kind_words[key]

    def kinds(word):
        """The kinds of a noun's main sense with their strength. Each step up makes it weaker."""
        found = {}
        main, s = max(share[word].items(), key=lambda p: (p[1], p[0]))
        level = [main] if main[0] == "noun" and s > 0.4 else []
        for step in range(1, KIND_STEPS + 1):
            level = [t for key in level for symbol, t, _, _ in synsets[key].pointers if symbol in ("@", "@i")]
            for kind in (w for key in level for w in words_of_kind(key)):
                if kind != word:
                    found.setdefault(kind, 5 if step == 1 else 4 if step < 4 else 3)
        return found

    neighbours = {}
    for word in order:
        strengths = {}
        for other, m in reach[word].items():
            back = reach[other].get(word, LEAST_MASS)
            # A mass of 0.1 both ways means a synonym, 0.001 a loose relation.
            strengths[other] = max(0.0, min(8.0, 8.0 + 3.2 * math.log10(math.sqrt(m * back) / 0.05)))
        for other, value in direct(word).items():
            walked = strengths.get(other, 0.0)
            strengths[other] = max(value, walked) + min(walked, value) / 20
        # The search finds an inflection of the word or of a better neighbour by its stem anyway.
        best, stems = [], usual_bases(word)
        for other, value in sorted(strengths.items(), key=lambda p: (-p[1], p[0])):
            bases = usual_bases(other)
            if value < LEAST_STRENGTH or len(best) == MOST_NEIGHBOURS[word not in frequent]:
                break
            if bases & stems == set() or other in derived[word] and word not in bases:
                best.append((other, min(9.0, value)))
                stems.add(other)
        neighbours[word] = best + [p for p in kinds(word).items() if p[0] not in stems]

    return neighbours
