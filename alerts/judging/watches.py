"""Which rules watch which sites, and whose values each of them needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from alerts.judging.conditions import Band, condition_at
from alerts.judging.tree_building import Surroundings, inputs_of, tree_at
from alerts.judging.trees import Input, Leaf, Memories, Node, SilentLeaf
from alerts.rulebook.rules import Rule
from devices.kinds import Kind
from devices.registry import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One rule at one site.

    Attributes:
        key: `<rule_id>/<site_id>`, the name of its state.
        rule: The rule.
        site_id: The site.
        overdue_after: Age at which a value no longer tells the present.
        condition: A plain rule's limits in this site's numbers; None for one that has a tree.
        tree: The condition of a rule that needs a memory; None for a plain one.
    """

    key: str
    rule: Rule
    site_id: str
    overdue_after: timedelta
    condition: Band | None = None
    tree: Tree | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Kind, metric and site id of everything that it looks at."""
        if self.tree is None:
            return ((self.rule.kind, self.rule.metric, self.site_id),)
        return tuple(self.tree.leaves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A condition with what the engine asks of it again and again.

    Attributes:
        root: All of it.
        measured: What of it is known by values alone.
        leaves: What looks at values, by kind, metric and site; each memory once.
        silences: What begins to hold by the passing of time.
    """

    root: Node
    measured: Node | None
    leaves: Mapping[tuple[str, str, str], tuple[Leaf, ...]]
    silences: tuple[SilentLeaf, ...]

    @classmethod
    def of(cls, root: Node) -> Tree:
        """Sort the leaves of a condition."""
        by_source: dict[tuple[str, str, str], dict[str, Leaf]] = defaultdict(dict)
        for leaf in root.leaves():
            by_source[leaf.source].setdefault(leaf.name, leaf)
        leaves = {source: tuple(named.values()) for source, named in by_source.items()}
        silences = tuple(leaf for leaf in root.leaves() if isinstance(leaf, SilentLeaf))
        return cls(root=root, measured=root.measured(), leaves=leaves, silences=silences)

    @property
    def names(self) -> set[str]:
        """The names of its memories."""
        return {leaf.name for leaves in self.leaves.values() for leaf in leaves}

    def silent_since(self, memories: Memories) -> list[int]:
        """Return when each silence begins, or began, to hold unless a value comes; µs since the epoch."""
        return [due for leaf in self.silences if (due := leaf.due_at(memories)) is not None]


class Feed(NamedTuple):
    """A watch whose condition remembers values, and what of it wants those of one metric at one site."""

    watch: Watch
    leaves: tuple[Leaf, ...]


class Fed(NamedTuple):
    """What the values of one metric at one site concern.

    Attributes:
        key: `<kind>/<metric>/<site_id>`, the name of what is remembered once for all plain rules.
        plain: Rules to which the newest value is all that matters.
        grown: Conditions that remember values, each for itself.
    """

    key: str
    plain: tuple[Watch, ...]
    grown: tuple[Feed, ...]


class Audience(NamedTuple):
    """What the readings of one kind at one site concern.

    Attributes:
        overdue_after: Age at which a value of the kind no longer tells the present.
        fed: What each metric concerns; a metric that nothing looks at is not among them.
    """

    overdue_after: timedelta
    fed: Mapping[str, Fed]


class Watches:
    """Rules at sites, found quickly; immutable as to rules, sites and kinds, made anew when those change.

    Args:
        rules: Rules by id.
        sites: Sites by id; only these are watched.
        kinds: Kinds by name, among them those of all rules.
    """

    def __init__(
        self, rules: Mapping[str, Rule], sites: Mapping[str, Site], kinds: Mapping[str, Kind]
    ) -> None:
        self._rules = rules
        self._around = Surroundings(sites=sites, kinds=kinds)
        self._known: dict[str, Watch | None] = {}
        self._audiences: dict[tuple[str, str], Audience] = {}
        self._plain: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        self._grown: dict[tuple[str, str], list[tuple[Rule, str | None]]] = defaultdict(list)
        for rule in rules.values():
            if rule.is_plain:
                self._plain[rule.kind, rule.metric].append(rule)
                continue
            for kind, metric, at in inputs_of(rule, kinds):
                self._grown[kind, metric].append((rule, at))

    def at(self, key: str) -> Watch | None:
        """Return the watch of that key; None when its rule does not watch its site, or is gone."""
        if key not in self._known:
            self._known[key] = self._made(key)
        return self._known[key]

    def behind(self, key: str) -> Sequence[Watch]:
        """Return the watches that a state is kept for: one, or all plain ones that share a newest value."""
        kind, *metric_and_site = key.split("/")
        if len(metric_and_site) < 2:
            watch = self.at(key)
            return () if watch is None else (watch,)
        metric, site_id = metric_and_site
        fed = self.audience_of(kind, site_id).fed.get(metric)
        return () if fed is None else fed.plain

    def audience_of(self, kind: str, site_id: str) -> Audience:
        """Return what the readings of a kind at a site concern."""
        audience = self._audiences.get((kind, site_id))
        if audience is None:
            metrics = {metric for of_kind, metric in (*self._plain, *self._grown) if of_kind == kind}
            fed = {metric: self._fed_by(kind, metric, site_id) for metric in sorted(metrics)}
            audience = Audience(
                overdue_after=self._around.kinds[kind].overdue_after if metrics else timedelta(0),
                fed={
                    metric: concerned
                    for metric, concerned in fed.items()
                    if concerned.plain or concerned.grown
                },
            )
            self._audiences[kind, site_id] = audience
        return audience

    def _fed_by(self, kind: str, metric: str, site_id: str) -> Fed:
        plain = (self.at(f"{rule.id}/{site_id}") for rule in self._plain.get((kind, metric), ()))
        keys = dict.fromkeys(self._keys(kind, metric, site_id))
        source = kind, metric, site_id
        grown = (
            Feed(watch, watch.tree.leaves[source])
            for key in keys
            if (watch := self.at(key)) is not None and watch.tree and source in watch.tree.leaves
        )
        return Fed("/".join(source), tuple(watch for watch in plain if watch is not None), tuple(grown))

    def _keys(self, kind: str, metric: str, site_id: str) -> Iterator[str]:
        """Yield the keys of the watches that may want a value, by rules whose conditions look at it."""
        for rule, at in self._grown.get((kind, metric), ()):
            counted = rule.condition.count
            if counted is not None:
                first = self._around.first_of(rule, counted.by, site_id)
                targets = [] if first is None else [first]
            elif at is None:
                targets = [site_id]
            else:
                targets = list(rule.sites or ()) if at == site_id else []
            yield from (f"{rule.id}/{target}" for target in targets)

    def _made(self, key: str) -> Watch | None:
        rule_id, site_id = key.split("/")
        rule, site = self._rules.get(rule_id), self._around.sites.get(site_id)
        if rule is None or site is None:
            return None
        overdue_after = self._around.kinds[rule.kind].overdue_after
        if rule.is_plain:
            band = condition_at(rule, site)
            if band is None:
                return None
            return Watch(key=key, rule=rule, site_id=site_id, overdue_after=overdue_after, condition=band)
        root = tree_at(rule, site, self._around)
        if root is None:
            return None
        return Watch(key=key, rule=rule, site_id=site_id, overdue_after=overdue_after, tree=Tree.of(root))
