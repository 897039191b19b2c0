"""What authors say that they did, as what was done: 'We train BERT on …' -> 'BERT is trained on …'.

A paper's methods stand in such sentences. Turned so, they can be read without its authors, and be asked about in a
question that names the paper.
"""

from __future__ import annotations

import re
from dataclasses import replace

from augment.language.phrases import loose_subject, subject
from augment.language.spelling import Spelling
from augment.language.statements import Statement
from augment.language.words import (
    DETERMINERS,
    FINITE,
    IRREGULAR,
    PAST,
    PREPOSITIONS,
    VERBS,
    is_participle,
    is_plural,
    participle,
)

_LEAD = re.compile(
    r"(?:(?:In|For|Throughout|Within) (?:this|the present|our|the current|all(?: of)? our|these) (?:\w+ )?"
    r"(?:work|paper|study|section|subsection|article|report|experiments?|analysis|implementation|setting|setup"
    r"|evaluation|chapter|reproduction), "
    r"|(?:To (?:this|that) end|For this purpose|To do so|Here|Then|Next|Again|After this|After that|Afterwards"
    r"|Subsequently|As before|For this reason),? |(?:In addition|In turn|By default|For simplicity), )"
)
_FRONT = re.compile(
    r"(?:In|At|By|For|To|When|If|On|During|Under|With|Without|After|Before|Unlike|Given|From|Within|Using|Compared to"
    r"|Once|Across|Throughout|Following|Since|As|While|Due to|Based on|Instead of|Because of|Through)"
    r" [^,;:]{3,90},? (?=we\b)"
)
_WE = re.compile(r"[Ww]e (?:both )?")
_CHOSE = re.compile(
    r"(?:(?:thus|therefore|also|then) )?(?:decided|chose|opted|were(?: (?:thus|also))? able|managed) to "
)
"""What leaves the deed that follows one that was done."""
_ADVERB = re.compile(
    r"(?P<kept>(?:always|automatically|directly|explicitly|independently|jointly|linearly|mainly|manually|never|only"
    r"|randomly|separately|typically|uniformly|usually) )"
    r"|(?:(?!apply|multiply|supply)\w+ly|again|also|first|further|hence|just|next|now|simply|still|then|therefore"
    r"|thus) "
)
_MODALS = frozenset({"can", "could", "may", "might", "must", "should", "will", "would"})
_WORD = re.compile(r"[^\s,;:]+")
_OUR = re.compile(r"\b([Oo])ur (?!own\b)")
_PROPOSED = re.compile(r"(?<=\b[Tt]he )(?:newly )?(?:proposed|presented|suggested) (?=[a-z])")
_SPOKEN = frozenset(
    {"acknowledge", "believe", "demonstrate", "describe", "discuss", "examine", "expect", "explain", "explore", "find"}
    | {"have", "highlight", "hope", "illustrate", "investigate", "know", "let", "mention", "need", "note", "observe"}
    | {"outline", "point", "present", "prove", "provide", "refer", "report", "review", "say", "see", "seek", "show"}
    | {"state", "study", "suggest", "summarise", "summarize", "think", "thank", "try", "verify", "want", "invite"}
    | {"leave", "ask", "conclude", "call", "tend", "help", "go", "get", "give", "obtain", "achieve", "reach", "look"}
    | {"attempt", "aim", "agree", "allow", "confirm", "make", "follow", "focus", "rely", "start", "begin", "face"}
)
"""Verbs of what authors say, find or hope, and not of what they do."""
_NO_NOUN = frozenset({"it", "them", "this", "that", "these", "those", "both", "each", "all", "one", "how", "whether"})
_STOPS = (PREPOSITIONS - {"of"}) | {"to", "so", "because", "while", "if", "when", "where", "whereas", "until", "rather"}
_TWO = re.compile(r" and (?:an?|the) ")
_CONTAINING = frozenset({"comprising", "consisting", "containing", "corresponding", "following", "ranging"})
_RELATIVE = frozenset({"that", "which", "who", "whose"})
_AFTER = frozenset({"using", "directly", "separately", "independently", "jointly"})
"""What says how it was done, behind what it was done to."""
_THEN = frozenset({"then", "also", "thus", "therefore", "subsequently", "finally", "we"})
_NUMBERED = re.compile(
    r"(?P<number>\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|several) (?=[a-zA-Z])"
)
_LISTED = re.compile(r", (?:[\w-]+ ){0,5}(?:[\w-]+,? (?:and|or) |[\w-]+, )(?!we\b)")
_OF_THE_LAST = re.compile(r"[^,;:]* (?:that|which|whose|who) ")
"""A relative clause, which would be torn from its noun."""
_NEXT = re.compile(r",? (?:and|but) (?P<verb>[a-z-]+)(?: (?P<next>[\w-]+))?|; ")
_DETERMINED = DETERMINERS | {"it", "them", "our", "this", "these", "on", "for", "only"}
_SPOKEN_OF = re.compile(r"\b(?:[Ww]e|[Oo]ur)\b|\b[Tt]he (?:newly )?(?:proposed|presented|suggested) ")
_UNTIED = re.compile(r"\b(?:we|us|I|my|ours|ourselves)\b", re.IGNORECASE)

Characters = list[tuple[str, int]]


def impersonal(told: Statement, spelling: Spelling, *, anything: bool = False) -> Statement | None:
    """`told` without the authors in it; None where it does not speak of them, or not in a way that can be turned.
    Of what was done to `anything`, or only to what a rule can ask about.

    Every character that is taken over keeps its place; 'the' for 'our', and 'is' and the participle of the verb, have
    the place of what they stand for.
    """
    lead = _LEAD.match(told.text)
    if lead is None and not _SPOKEN_OF.search(told.text):
        return None
    characters = list(zip(told.text, told.places, strict=True))
    if lead:
        characters = _opened(characters[lead.end() :])
    turned = _turned(characters, spelling, anything)
    if turned is None:
        return None
    turned = _without_proposed(_without_our(turned))
    text = "".join(character for character, _ in turned)
    if text == told.text or _UNTIED.search(text):
        return None
    return replace(told, text=text, places=tuple(place for _, place in turned), authors=True)


def _turned(characters: Characters, spelling: Spelling, anything: bool) -> Characters | None:
    """'We train BERT on …' -> 'BERT is trained on …', behind what stands before 'we'; what has no 'we' as it is."""
    text = "".join(character for character, _ in characters)
    front = _FRONT.match(text)
    start = front.end() if front else 0
    we = _WE.match(text, start)
    if we is None:
        return characters
    group = _verb_group(text, we.end())
    if group is None:
        return None
    auxiliary, adverb, done, begin = group
    end = _object_end(text, begin)
    stop = _second_verb(text, end)
    thing = text[begin:end]
    many = _are_many(thing, spelling, anything)
    torn = _OF_THE_LAST.match(text, end) and not (anything and text.startswith((" that ", " which "), end))
    if many is None or _LISTED.match(text, end) or torn:
        return None
    if text[end:].startswith(" to ") and text[end + 4 :].split(" ")[0] in ("be", "have"):
        return None
    be = {"present": "are" if many else "is", "past": "were" if many else "was"}.get(auxiliary, auxiliary)
    if auxiliary == "perfect":
        be = "have been" if many else "has been"
    place = characters[we.start()][1]
    verb = [(character, place) for character in f" {be} {adverb}{done}"]
    moved = characters[begin:end] + verb + characters[end:stop]
    if stop < len(characters):
        moved.append((".", characters[stop - 1][1]))
    return characters[: we.start()] + moved if front else _opened(moved)


def _verb_group(text: str, start: int) -> tuple[str, str, str, int] | None:
    """Of 'we then jointly train X' from `start`: tense or modal, the adverb, the participle, and where X begins."""
    adverb = ""
    chose = _CHOSE.match(text, start)
    start = chose.end() if chose else start
    while found := _ADVERB.match(text, start):
        adverb += found["kept"] or ""
        start = found.end()
    words = list(_WORD.finditer(text, start))[:4]
    if len(words) < 2:
        return None
    first = words[0][0]
    tense = "perfect" if first in ("have", "had") else f"{first} be" if first in _MODALS else ""
    if first in ("do", "did") and words[1][0] == "not":
        tense, adverb, words = "present" if first == "do" else "past", "not " + adverb, words[1:]
    if tense:
        place = words[1].start()
        while found := _ADVERB.match(text, place):
            adverb += found["kept"] or ""
            place = found.end()
        verb = _WORD.match(text, place)
        words = [verb, verb] if verb else words
        said = verb[0] if verb else ""
    else:
        verb, said = words[0], first
    if verb is None:
        return None
    if said in VERBS and tense != "perfect":
        base, tense = said, tense or ("past" if chose else "present")
    elif tense == "perfect":
        base = next((known for known in (PAST.get(said, ""), IRREGULAR.get(said, "")) if known), "")
    elif said in PAST and not tense:
        base, tense = PAST[said], "past"
    else:
        return None
    if not base or base in _SPOKEN:
        return None
    return tense, adverb, participle(base), verb.end() + 1


def _object_end(text: str, start: int) -> int:
    """Where the plain object that begins at `start` ends."""
    end, described = start, 0
    words = list(_WORD.finditer(text, start))
    for at, word in enumerate(words):
        following, after = (words[place][0] if place < len(words) else "" for place in (at + 1, at + 2))
        joins = word[0] in ("and", "or") and (
            following in _THEN | _STOPS or following.endswith("ly") or _is_verb(following, after)
        )
        if at and following in PREPOSITIONS and (is_participle(word[0]) or word[0] in _CONTAINING):
            described = at + 1
        elif at and (word[0] in _AFTER or joins or (word[0] in _STOPS | _RELATIVE and at != described)):
            break
        end = word.end()
        if text[end : end + 1] in (",", ";", ":", "") or text[end:] == ".":
            break
    if text[:end].endswith(".") and end == len(text):
        end -= 1
    return end


def _second_verb(text: str, start: int) -> int:
    """Where a second thing that the authors did begins, or what ends the sentence otherwise."""
    for found in _NEXT.finditer(text, start):
        verb, following = found["verb"] or "", found["next"] or ""
        listed = found[0].startswith(",") and verb in VERBS
        if found[0] == "; " or listed or verb in _THEN or verb.endswith("ly") or _is_verb(verb, following):
            return found.start()
    return len(text)


def _is_verb(word: str, following: str) -> bool:
    """Whether `word` is a form of a verb and no noun: of 'report' what follows decides."""
    base = PAST.get(word, word)
    noun = "*" in VERBS.get(base, "") and word == base and following not in _DETERMINED
    return word in FINITE or (base in VERBS and not noun)


def _are_many(thing: str, spelling: Spelling, anything: bool) -> bool | None:
    """Whether what was done something to is plural; None where it is no noun phrase that names something in its
    document, or with `anything` none that could be told."""
    if not thing or thing.split()[0].lower() in _NO_NOUN:
        return None
    thing = _OUR.sub(lambda found: f"{'T' if found[1] == 'O' else 't'}he ", thing)
    numbered = _NUMBERED.match(thing)
    core = thing[numbered.end() :] if numbered else thing
    for words in (core, *([core.split(" and ")[-1]] if core.count(" and ") == 1 else [])):
        found = subject(words, spelling, opens=False) or loose_subject(words, spelling, opens=False, own=True)
        if found is not None:
            return found.plural or words != core or _TWO.search(thing) is not None
    head = re.split(r" (?:of|in|on|with|for|from|to|by|that|which|using|based) ", core)[0].split()[-1:]
    if not anything or not head or head[0] in PREPOSITIONS or core.split()[0].lower() in PREPOSITIONS:
        return None
    return is_plural(head[0]) or _TWO.search(thing) is not None


def _without_our(characters: Characters) -> Characters:
    """'our encoder' -> 'the encoder'."""
    text = "".join(character for character, _ in characters)
    for found in reversed(list(_OUR.finditer(text))):
        place = found.start()
        letters = zip("The" if found[1] == "O" else "the", characters[place : place + 3], strict=True)
        characters = [*characters[:place], *((letter, at) for letter, (_, at) in letters), *characters[place + 3 :]]
    return characters


def _without_proposed(characters: Characters) -> Characters:
    """'the proposed encoder' -> 'the encoder'."""
    text = "".join(character for character, _ in characters)
    for found in reversed(list(_PROPOSED.finditer(text))):
        characters = [*characters[: found.start()], *characters[found.end() :]]
    return characters


def _opened(characters: Characters) -> Characters:
    """The same with its first letter large."""
    return [(characters[0][0].upper(), characters[0][1]), *characters[1:]] if characters else characters
