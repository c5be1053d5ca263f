"""The rules in force: read from a folder, and again when it changes; a bad file takes no other with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from alerts.rulebook.last_right import LastRight
from alerts.rulebook.rule_defaults import with_defaults
from alerts.rulebook.rule_faults import faults_between
from alerts.rulebook.rules import Rule, RuleFile
from config.loader import Document, read_folder, read_what_is_right
from config.problems import ConfigError, Problem
from devices.kinds import Kind

_Stamp = Mapping[Path, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What files of rules hold.

    Attributes:
        rules: The rules of every file that is right as a whole, by path.
        problems: Every fault of the others, sorted by file and place.
        documents: Each file that is right, by path.
    """

    rules: Mapping[Path, tuple[Rule, ...]]
    problems: tuple[Problem, ...]
    documents: Mapping[Path, Document[RuleFile]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What reading the folder again changed.

    Attributes:
        added: Ids of rules that are new.
        altered: Ids of rules that say something else now.
        removed: Ids of rules that are gone.
        problems: Every fault of the files as they are now; the rules of a file with one stay as they were.
    """

    added: tuple[str, ...]
    altered: tuple[str, ...]
    removed: tuple[str, ...]
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        counts = f"{len(self.added)} new, {len(self.altered)} changed, {len(self.removed)} gone"
        refused = sorted({problem.path for problem in self.problems})
        return f"rules: {counts}" + (f"; refused as a whole: {', '.join(refused)}" if refused else "")


def read_rules(
    folder: Path, kinds: Mapping[str, Kind], in_force: Mapping[Path, tuple[Rule, ...]] | None = None
) -> Loaded:
    """Return the rules of the files of a folder that are right, and every fault of the others.

    Args:
        folder: Where the files are.
        kinds: The kinds that rules may speak of.
        in_force: The rules that are in force, by file: no other file may claim their ids.

    Raises:
        ConfigError: The folder does not exist.
    """
    documents, problems = read_folder(folder, RuleFile, partly=True)
    return _loaded(documents, problems, kinds, in_force or {})


def read_rule_files(
    paths: Iterable[Path],
    kinds: Mapping[str, Kind],
    in_force: Mapping[Path, tuple[Rule, ...]] = MappingProxyType({}),
) -> Loaded:
    """Return the rules of those files that are right, and every fault of the others.

    Args:
        paths: The files.
        kinds: The kinds that rules may speak of.
        in_force: As for `read_rules`; a file of the same name is what one of the files is to replace.
    """
    documents: list[Document[RuleFile]] = []
    problems: list[Problem] = []
    names = set()
    for path in paths:
        document, faults = read_what_is_right(path, RuleFile)
        documents += [document] if document else []
        problems += faults
        names.add(path.name)
    others = {path: rules for path, rules in in_force.items() if path.name not in names}
    return _loaded(documents, problems, kinds, others)


def _loaded(
    documents: Sequence[Document[RuleFile]],
    problems: Sequence[Problem],
    kinds: Mapping[str, Kind],
    in_force: Mapping[Path, tuple[Rule, ...]],
) -> Loaded:
    refused: list[Problem] = []
    completed = [with_defaults(document, kinds, refused) for document in documents]
    taken = _taken(completed, in_force)
    found = sorted([*problems, *refused, *faults_between(completed, kinds, taken)])
    bad = {problem.path for problem in found}
    right = [doc for doc in completed if str(doc.path) not in bad]
    return Loaded(
        rules={doc.path: doc.value.rules for doc in right},
        problems=tuple(found),
        documents={doc.path: doc for doc in right},
    )


def _taken(
    documents: Iterable[Document[RuleFile]], in_force: Mapping[Path, tuple[Rule, ...]]
) -> dict[str, str]:
    """Return the places of ids that belong to a file: it has them in force, and has not given them up."""
    legible = {document.path: document for document in documents}
    taken: dict[str, str] = {}
    for path, rules in in_force.items():
        ids = {rule.id for rule in rules}
        if path not in legible:
            taken |= dict.fromkeys(ids, str(path))
            continue
        document = legible[path]
        for number, rule in enumerate(document.value.rules):
            if rule.id in ids:
                taken.setdefault(rule.id, f"{path}:{document.line('rules', number, 'id')}")
    return taken


class RuleBook:
    """The rules in force. One thread at a time.

    A file with a fault is refused as a whole, and told in `problems`. The rules that it held when it was last
    right stay in force until it is mended or removed, over every restart: a slip of the pen must not withdraw
    an alarm.

    Args:
        folder: The `rules` folder of a configuration.
        kinds: The kinds that rules may speak of.
        last_right: Where the files as they were when last right are found again; None where nothing is kept.

    Raises:
        ConfigError: The folder does not exist.
    """

    def __init__(self, folder: Path, kinds: Mapping[str, Kind], last_right: LastRight | None = None) -> None:
        self._folder, self._kinds, self._last_right = folder, kinds, last_right
        self._stamp = _stamp(folder)
        self._in_force, self._outlived = self._recalled()
        loaded = read_rules(folder, kinds, self._in_force)
        self._in_force |= loaded.rules
        self._texts = _texts(loaded)
        self._problems = loaded.problems
        self._is_kept = False

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules in force, by id; of an id that two files claim, the first file's."""
        rules: dict[str, Rule] = {}
        for path in sorted(self._in_force):
            for rule in self._in_force[path]:
                rules.setdefault(rule.id, rule)
        return rules

    @property
    def by_file(self) -> Mapping[Path, tuple[Rule, ...]]:
        """The rules in force, by their file."""
        return self._in_force

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault of the files as they were last read, and which of them have no rule in force at all."""
        return tuple(sorted([*self._problems, *self._unarmed()]))

    def refresh(self) -> Changed | None:
        """Read the folder again if a file in it changed; None when none did. Cheap, for every second."""
        stamp = _stamp(self._folder)
        if stamp == self._stamp:
            return None
        self._stamp, self._is_kept = stamp, False
        before, is_gone = self.rules, not self._folder.is_dir()
        kept = {path: rules for path, rules in self._in_force.items() if path in stamp or is_gone}
        try:
            loaded = read_rules(self._folder, self._kinds, kept)
        except ConfigError as error:  # the folder is gone: nothing is known of any file
            loaded = Loaded(rules=self._in_force, problems=error.problems, documents={})
        self._in_force = kept | dict(loaded.rules)
        self._texts |= _texts(loaded)
        self._problems = loaded.problems
        return _difference(before, self.rules, self.problems)

    def keep(self) -> None:
        """Keep the files that are right for the next start; for the one process that judges by them.

        Cheap when there is nothing new to keep. What failed is tried again with the next call.

        Raises:
            OSError: They cannot be written.
        """
        if self._is_kept or self._last_right is None or not self._folder.is_dir():
            return
        texts = {path.name: text for path, text in self._texts.items() if path in self._stamp}
        self._last_right.keep(texts, present={path.name for path in self._stamp})
        self._is_kept = True

    def _recalled(self) -> tuple[dict[Path, tuple[Rule, ...]], dict[Path, Problem]]:
        """Return the rules that files held when they were last right, and why those of others fit no more."""
        if self._last_right is None:
            return {}, {}
        copies = self._last_right.copies({path.name for path in self._stamp})
        loaded = read_rule_files(copies.values(), self._kinds)
        outlived = {self._folder / Path(problem.path).name: problem for problem in reversed(loaded.problems)}
        return {self._folder / copy.name: rules for copy, rules in loaded.rules.items()}, outlived

    def _unarmed(self) -> list[Problem]:
        """Tell which files with a fault have no rule in force, and why."""
        refused = {problem.path for problem in self._problems}
        return [
            Problem(path=str(path), line=0, column=0, message=_why_unarmed(self._outlived.get(path)))
            for path in self._stamp
            if str(path) in refused and path.suffix == ".yaml" and path not in self._in_force
        ]


def _why_unarmed(outlived: Problem | None) -> str:
    why = (
        f"what it held when it was last right fits no more, {outlived}" if outlived else "it was never right"
    )
    return f"none of its rules is in force: {why}"


def _texts(loaded: Loaded) -> dict[Path, str]:
    return {path: document.text for path, document in loaded.documents.items()}


def _stamp(folder: Path) -> _Stamp:
    """Return size and time of change of every file that is read as rules, or that looks as if it were."""
    found = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            stat = path.stat()
        except OSError:  # gone between the two calls
            continue
        found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def _difference(
    before: Mapping[str, Rule], after: Mapping[str, Rule], problems: tuple[Problem, ...]
) -> Changed:
    return Changed(
        added=tuple(id_ for id_ in after if id_ not in before),
        altered=tuple(id_ for id_ in after if id_ in before and after[id_] != before[id_]),
        removed=tuple(id_ for id_ in before if id_ not in after),
        problems=problems,
    )
