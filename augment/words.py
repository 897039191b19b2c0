"""Closed classes of English words, and the shapes by which the open ones are told apart.

There is no tagger: whatever these lists cannot decide is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WORD = re.compile(r"[^\W_](?:[\w'’./+&-]*[^\W_]|[+#])?")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ARTICLES = _set("a an the")
PREPOSITIONS = _set(
    "about above across after against along among around as at before behind below beneath beside between beyond by"
    " despite down during except for from in inside into like near of off on onto out outside over per since through"
    " throughout to toward towards under until up upon via with within without"
)
PRONOUNS = _set(
    "i we you he she it they them him her us me my our your his its their this that these those one ones who whom whose"
    " which what itself themselves himself herself ourselves someone something anything everything nothing none"
    " here there each both either neither another other others such same former latter ours theirs"
)
CONJUNCTIONS = _set(
    "and or but nor yet so because although though while whereas if unless when whenever where wherever how why whether"
    " than then once"
)
AUXILIARIES = _set(
    "am is are was were be been being do does did done has have had having can could may might must shall should will"
    " would cannot"
)
ADVERBS = _set(
    "again ago almost already also always even ever first hence however indeed instead just later less likewise more"
    " most much moreover nevertheless never not nowadays now often only otherwise perhaps quite rather really seldom"
    " sometimes soon still therefore thus today together too usually very well yet elsewhere furthermore further"
    " typically generally commonly mostly mainly finally currently recently simply namely specifically especially"
    " easily directly slowly quickly hardly nearly exactly roughly approximately actually merely"
)
QUANTIFIERS = _set("all any every few many most much no several some various enough half twice numerous certain")
NUMBERS = _set(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen eighteen twenty"
    " thirty forty fifty sixty hundred thousand million billion trillion"
)
FUNCTION_WORDS = ARTICLES | PREPOSITIONS | PRONOUNS | CONJUNCTIONS | AUXILIARIES | ADVERBS | QUANTIFIERS | NUMBERS
QUESTION_WORDS = _set("what who whom whose which when where why how")

UNSETTLED = _set(
    "above actual additional adequate alternative analogous appropriate aforementioned basic best better big common"
    " comparable complete concrete corresponding crucial current desired different easy entire equal equivalent essential"
    " exact existing extra famous few final first following former frequent full fundamental further future general given"
    " good great helpful ideal immediate important initial intended interesting key last latest latter little main major"
    " mentioned minor modified more most natural necessary new newer next obvious older only opposite original other"
    " overall own particular popular positive possible potential preceding present previous primary principal prior"
    " proper proposed real recent relevant remaining required respective rest resulting right same second secondary"
    " selected separate similar simple simpler simplest single small special specific straightforward subsequent such"
    " suitable third total true typical underlying unique useful usual various vital whole widespread worse worst wrong"
    " bad considered presented discussed described obtained used chosen so-called said said aforesaid"
)
"""Adjectives that lean on what was said before, or that judge: 'the previous layer', 'a good choice'."""

RELATIONAL = _set(
    "advantage aim alternative analogy answer approach argument aspect assumption attempt author benefit caveat cause"
    " challenge choice claim comparison concern conclusion condition consequence consideration contrast contribution"
    " criterion danger detail difference difficulty disadvantage discussion drawback effect example exception exercise"
    " experience explanation expression extent fact factor finding focus goal hint idea illustration implication"
    " importance insight intuition issue key lesson limitation matter meaning merit motivation need note objection"
    " observation objective obstacle option outcome part point possibility practice problem promise proof property"
    " purpose question rationale reason recommendation relation remark remedy requirement rest result risk role"
    " section side sign situation solution step strength success suggestion summary thing tip topic trade-off tradeoff"
    " trick trouble truth upside downside use value variant version view way weakness work"
)
"""Nouns that mean little without a complement: 'the advantage' of what?"""

CONTEXTUAL = _set(
    "accuracy activation algorithm analysis answer application architecture array article author baseline batch"
    " benchmark bias bit block book box branch bucket byte calculation candidate case category cell change channel"
    " character chart checkpoint class claim client cluster code coefficient collection column community company"
    " competition component computation computer condition configuration connection constant content context"
    " contribution copy corpus correlation cost count criterion curve cycle data database dataset decision decoder"
    " default definition derivative design device dimension direction distance distribution document domain edge"
    " effort element embedding encoder engine entry environment epoch equation error estimate estimation evaluation"
    " event evidence examination example execution experiment expert explanation expression feature field figure file"
    " filter finding fold folder form formula fraction framework frequency function game gap gate generator goal"
    " gradient graph group growth guess head hyperparameter hyper-parameter image implementation improvement increase"
    " index individual inference information input instance instruction integer interaction interface interpretation"
    " interval item iteration job kernel key label language layer learner length lesson letter level library likelihood"
    " limit line link list literature loop loss machine majority map mask material matrix maximum mean measure measurement"
    " mechanism median member memory message method metric minimum mistake mode model module name network neuron node"
    " norm notation notebook number object objective observation operation operator optimiser optimizer optimum order"
    " organisation outcome output package page pair panel paper paragraph parameter parser part participant passage"
    " path pattern people performance period person phase phrase picture piece pipeline pixel place plan plot point"
    " policy population position post practice practitioner prediction predictor principle probability problem procedure"
    " process processor product professional program programmer progress project prompt property proportion proposal"
    " pruning publication purpose quality quantity query question range rank rate ratio reader reason record reference region"
    " relation relationship report representation request research researcher resource response result review"
    " rise role row rule run sample scale scenario scheme science scientist score search section segment sentence sequence"
    " series server service session set setting setup shape share shift sign signal similarity site situation size slice"
    " software solution sort source space span speed stage standard state statement statistic step story strategy"
    " structure student study style subset success sum summary support symbol system table tag target task teacher team"
    " technique technology tensor term test testing text theory thing threshold throughput time title token tokeniser"
    " tokenizer tool toolkit topic trainer training transition translation tree trend trial tutorial type unit update"
    " user validation value variable variance variation vector version vertex video view vocabulary volume weight window"
    " winner word worker work workflow world writer year author line program part world web area reality life"
    " child adult man woman humans human patient animal city country government law school university street product"
    " customer company market price money day week month hour minute second morning night"
)
"""Nouns that point back when they stand with a bare 'the', or bare in the plural: 'the model', 'results'."""

CLASS_NOUNS = _set(
    "abbreviation ability accelerator action activity agent agreement algorithm annotation approach approximation"
    " architecture area arrangement artefact artifact assistant association assumption attack average backend bag"
    " benchmark bias block body branch buffer cache calculation category cell challenge chip class classifier cluster"
    " code codebase coefficient collection combination committee community company compiler component compression"
    " computer concept condition conference constraint construct construction container corpus course crawl criterion"
    " database dataset decoder decomposition dependency device diagram dictionary difference dimension directory"
    " discipline distance distribution document domain effect embedding encoder encoding encyclopaedia encyclopedia"
    " engine ensemble entity environment error estimate estimator event expression extension factor family feature"
    " field file filter form format formula foundation fraction framework function game generalisation generalization"
    " generator grammar graph group guideline hardware hash heuristic hierarchy hyper-parameter hyperparameter"
    " hypothesis identifier index inequality initiative institute instruction integer interface interpreter interval"
    " kernel kind label language law layer ledger library limit list loop loss machine manifold map mapping mask matrix"
    " measure measurement mechanism message metric mixture model modification module name network neuron non-profit norm"
    " notation number object operation operator optimiser optimizer optimisation optimization organisation organization"
    " outcome pair paper paradigm parameter parser part partition path pattern penalty period phase phenomenon phrase"
    " piece pipeline plan platform plot plug-in plugin point policy polynomial position practice prediction predictor"
    " principle prior probability procedure process processor product program programme project prompt property"
    " protocol quantity quotient rate ratio recipe record recurrence region regression regulariser regularizer relation"
    " replacement report repository representation resource rule sample sampler scale schedule scheme scientist score"
    " script sequence series server service set share shortcut signal site space specification stage standard state"
    " statement statistic storage strategy string structure study sub-field subfield subset subspace subtask suite sum"
    " symbol system table tag target task taxonomy team technique technology template tensor term test text theorem"
    " theory threshold token tokeniser tokenizer tool toolbox toolkit transformation transformer transform translation"
    " tree trick tuple type unit utility value variable variant variation vector version vocabulary wave website"
    " weight window word workflow wrapper"
)
"""Nouns that open a definition: 'a method that …', 'a family of …'."""

_NO_PLURAL = re.compile(r"(?:ss|us|is|ics|ias|ens|[A-Z0-9])$")
_PLURALS = {
    "indices": "index", "vertices": "vertex", "matrices": "matrix", "criteria": "criterion", "axes": "axis",
    "phenomena": "phenomenon", "hypotheses": "hypothesis", "analyses": "analysis", "bases": "basis",
    "corpora": "corpus", "people": "person", "children": "child", "men": "man", "women": "woman",
    "formulae": "formula", "biases": "bias", "classes": "class", "losses": "loss", "processes": "process",
    "indexes": "index", "datasets": "dataset", "lives": "life", "series": "series", "crises": "crisis",
    "parentheses": "parenthesis", "syntheses": "synthesis", "theses": "thesis", "media": "medium",
    "leaves": "leaf", "halves": "half", "optima": "optimum", "maxima": "maximum", "minima": "minimum",
    "heuristics": "heuristic", "metrics": "metric", "statistics": "statistic", "topics": "topic",
    "characteristics": "characteristic", "basics": "basic", "critics": "critic", "graphics": "graphic",
    "lenses": "lens", "tokens": "token", "caches": "cache", "lists": "list", "databases": "database", "cases": "case",
    "phases": "phase", "sizes": "size", "uses": "use", "phrases": "phrase", "responses": "response",
    "purposes": "purpose", "axioms": "axiom", "licenses": "license", "licences": "licence", "houses": "house",
}  # fmt: skip


def singular(noun: str) -> str:
    """The singular of a plural noun, by shape; a noun that is none is returned as it is."""
    word = noun.lower()
    if word in _PLURALS:
        return _PLURALS[word]
    if _NO_PLURAL.search(noun) or len(noun) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz)es$", word):
        return word[:-2]
    return word[:-1]


def is_plural(noun: str) -> bool:
    """Whether `noun` is a plural, by shape."""
    return noun.lower() == "data" or singular(noun) != noun.lower() or noun.lower() == "series"


def third_person(verb: str) -> str:
    """'reduce' -> 'reduces'."""
    if verb == "have":
        return "has"
    if re.search(r"(?:s|sh|ch|x|z|[^aeiou]o)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


@cache
def verbs() -> dict[str, bool]:
    """The verbs of verbs.txt by base form, and whether each can be a noun as well."""
    lines = (files("augment") / "verbs.txt").read_text(encoding="utf-8").splitlines()
    return {line.rstrip("*"): line.endswith("*") for line in lines if line and not line.startswith("#")}


@cache
def finite_verbs() -> dict[str, str]:
    """Base form of every verb of verbs.txt by its form in the third person."""
    return {third_person(verb): verb for verb in verbs()}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a document writes its words within sentences: `small` what it writes small, `large` what it only writes large,
    `names` its runs of words written large."""

    small: frozenset[str]
    large: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Spelling:
        small: set[str] = set()
        large: set[str] = set()
        names: set[str] = set()
        for text in texts:
            small.update(word for word in WORD.findall(text) if word[0].islower())
            for run in _WITHIN.finditer(text):
                names.add(run[0])
                large.update(run[0].split())
        return cls(frozenset(small), frozenset(w for w in large if w.lower() not in small), frozenset(names))

    def within(self, phrase: str) -> str | None:
        """A phrase that opens a sentence as it is written within one; None where that is not sure."""
        word = phrase.split(maxsplit=1)[0] if phrase.split() else ""
        if not word or not word[0].isupper():
            return phrase or None
        small = word[0].lower() + word[1:] + phrase[len(word) :]
        if word.lower() in ARTICLES:
            return small
        run = _RUN.match(phrase)
        stem = word.split("-")[0]
        if is_name(stem) or {word, stem} & self.large or (run and run[0] in self.names):
            return phrase
        if run and " " in run[0]:
            return phrase if run[0].count(" ") > 1 else None
        lower = word.lower()
        known = {lower, singular(lower), lower + "s", stem.lower()}
        if known & self.small or _COMMON.search(stem):
            return small
        return None


_RUN = re.compile(r"[A-ZÀ-Ž][\w’'-]*(?: [A-ZÀ-Ž][a-zà-ž’'-]+)*")
_WITHIN = re.compile(r"(?<=[a-z0-9,)] )[A-ZÀ-Ž][\w’'-]*(?: [A-ZÀ-Ž][a-zà-ž’'-]+)*")
_COMMON = re.compile(
    r"(?:tions?|sions?|ings?|ity|ities|ments?|ness|ances?|ences?|isms?|cy|cies|ology|ics|ed|ive|ous|ful|less|able|ible"
    r"|ary|al|ally|ised|ized|gression|entropy)$"
)


def is_name(word: str) -> bool:
    """Whether a word shows by its shape that it is a name or an acronym: 'BERT', 'GPT-2', 'AdaGrad', 'C4'."""
    return bool(re.search(r"[A-Z].*[A-Z]|\d.*[A-Z]|[A-Z].*\d|[a-z][A-Z]", word))
