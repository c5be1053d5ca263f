"""How far the rules say what the agency itself said, row by row, and why not where they do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.journal.alarms import AlarmEvent
from alerts.rulebook.rules import Rule, SiteLimit
from alerts.trial.disagreement import Cause, Earlier, Gate, LabelledRow
from alerts.trial.timeline import severity_at
from devices.registry import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAgreement:
    """The count of one site.

    Attributes:
        site_id: The site.
        agree: Rows on which the worst active alarm is the agency's level.
        disagree: The other rows by cause.
        unusable: Why this site cannot be compared; "" when it can.
    """

    site_id: str
    agree: int
    disagree: Mapping[Cause, int]
    unusable: str = ""

    @property
    def rows(self) -> int:
        """All rows of the site."""
        return self.agree + sum(self.disagree.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The count of all sites, in the order of their ids."""

    sites: tuple[SiteAgreement, ...]

    @property
    def usable(self) -> tuple[SiteAgreement, ...]:
        """The sites that can be compared."""
        return tuple(site for site in self.sites if not site.unusable)

    @property
    def rows(self) -> int:
        """All rows of the usable sites."""
        return sum(site.rows for site in self.usable)

    @property
    def agree(self) -> int:
        """Rows of the usable sites on which both say the same."""
        return sum(site.agree for site in self.usable)

    @property
    def share(self) -> float | None:
        """Part of the usable sites' rows that agree, 0 to 1; None when there are none."""
        return self.agree / self.rows if self.rows else None


def compare(
    rows: Iterable[LabelledRow],
    events: Iterable[AlarmEvent],
    *,
    rules: Mapping[str, Rule],
    sites: Mapping[str, Site],
    unusable: Mapping[str, str] | None = None,
) -> Agreement:
    """Return how far the journal says what the agency said at each row's observed time.

    Args:
        rows: In the order in which they were sent; a row sent twice counts twice.
        events: The journal's lines, of any rule.
        rules: Rules by id; those that name a site threshold are compared, and their severity is the level.
        sites: Sites by id, with the thresholds that the journal was made with.
        unusable: Site id to the reason why its rows prove nothing. A site without any threshold of these
            rules is unusable by itself: there, silence would always agree with `normal`.
    """
    by_label = {rule.limit.site: rule for rule in rules.values() if isinstance(rule.limit, SiteLimit)}
    ids = {rule.id for rule in by_label.values()}
    site_rows: dict[str, list[LabelledRow]] = defaultdict(list)
    site_events: dict[str, list[AlarmEvent]] = defaultdict(list)
    for row in rows:
        site_rows[row.site_id].append(row)
    for event in events:
        if event.rule_id in ids:
            site_events[event.site_id].append(event)
    lines = []
    for site_id in sorted(site_rows):
        gate = Gate.known_from(sites[site_id], by_label, site_rows[site_id])
        reason = (unusable or {}).get(site_id, "") or ("" if gate.is_watched else "no threshold known")
        lines.append(_count(site_rows[site_id], site_events[site_id], gate, reason))
    return Agreement(sites=tuple(lines))


def _count(
    rows: Sequence[LabelledRow], events: Sequence[AlarmEvent], gate: Gate, unusable: str
) -> SiteAgreement:
    agree, disagree = 0, Counter[Cause]()
    earlier = Earlier()
    for row, said in zip(rows, severity_at(events, [row.observed_at for row in rows]), strict=True):
        cause = gate.cause(row, said, earlier)
        if cause is None:
            agree += 1
        else:
            disagree[cause] += 1
        earlier.add(row)
    return SiteAgreement(site_id=rows[0].site_id, agree=agree, disagree=disagree, unusable=unusable)


def render(agreement: Agreement) -> str:
    """Return the agreement as a plain text table: a line per site, its causes below it, the total last."""
    lines = [f"{'site':<28}{'rows':>8}{'agree':>8}{'share':>9}"]
    for site in agreement.sites:
        lines.append(_line(site.site_id, site.rows, site.agree) + (site.unusable and f"  {site.unusable}"))
        lines += [f"    {count:>6} x {cause}" for cause, count in sorted(site.disagree.items())]
    lines.append(_line(f"usable sites: {len(agreement.usable)}", agreement.rows, agreement.agree))
    return "\n".join(lines)


def _line(name: str, rows: int, agree: int) -> str:
    share = f"{100 * agree / rows:.2f} %" if rows else "-"
    return f"{name:<28}{rows:>8}{agree:>8}{share:>9}"
