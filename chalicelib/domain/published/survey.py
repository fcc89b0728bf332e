"""The published cells of one question, and what a request chooses among them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey, Measure
from chalicelib.domain.published.figure import Figure, figure_of
from chalicelib.domain.published.selection import (
    Population,
    Selection,
    check_any_value,
    check_unambiguous,
    spans,
)
from chalicelib.domain.published.unit import Unit
from chalicelib.domain.years import LATEST, parse_years
from chalicelib.errors import BadInput, NeedsInput, NoRows, RuleNotApplicable, listed, shown

RULES = ("nchs", "brfss", "none")
AREAS = ("states", "all")
NO_YEAR = 0  # of every cell of a data set without years


class Survey:
    """A question of a data set, as one request sees it."""

    def __init__(self, data: DataIngestor, inputs: Mapping[str, str]) -> None:
        self.data, self.description, self.inputs = data, data.description, inputs
        self.question = data.question(inputs["question"])
        self.measures = data.measures(self.question)
        self.unit = Unit.of(data.description, data.scale)
        self.rule = self._rule()

    def choice(self, name: str, texts: Sequence[str], default: str) -> str:
        """Return an input that takes one of some texts. Raises BadInput."""
        text = self.inputs.get(name, default)
        if text not in texts:
            raise BadInput(name, text, listed(texts))
        return text

    @property
    def assessable(self) -> bool:
        """Whether a presentation standard applies: it needs proportions with sample sizes."""
        return self.unit.whole is not None and "sample_size" in self.data.cube.measured

    def _rule(self) -> str:
        rule = self.choice("rule", RULES, "nchs" if self.assessable else "none")
        if rule != "none" and not self.assessable:
            raise RuleNotApplicable(
                f'"rule" is {shown(rule)}, which needs percentages or proportions with sample sizes; '
                'this data set does not have both, so it takes "none"'
            )
        return rule

    @property
    def has_limits(self) -> bool:
        return "low" in self.data.cube.measured

    @property
    def has_years(self) -> bool:
        return "year" in self.data.cube.measured

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The years of the question."""
        return self.data.years(self.question) if self.has_years else (NO_YEAR,)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The places of the question, the nation and territories too."""
        return tuple(sorted({key.location for key in self.measures if key.location}))

    @cached_property
    def areas(self) -> tuple[str, ...]:
        """The places that the input `areas` means: the states, or the territories too; never the nation."""
        with_territories = self.choice("areas", AREAS, "states") == "all"
        return tuple(
            place
            for place in self.places
            if place != self.description.national and (with_territories or not self.is_territory(place))
        )

    @property
    def state(self) -> str | None:
        return self.data.state(self.inputs["state"]) if "state" in self.inputs else None

    @property
    def places_asked(self) -> tuple[str, ...]:
        """The state that is named, else the areas."""
        return self.areas if self.state is None else (self.state,)

    def is_territory(self, place: str) -> bool:
        return not self.names(place).isdisjoint(self.description.territories)

    def names(self, place: str) -> frozenset[str]:
        """Return the name and the ids of a place."""
        return self.data.cube.location_ids.get(place, frozenset()) | {place}

    @cached_property
    def whole(self) -> Population:
        """The whole population. Raises MissingRole where the description does not say which cells that is."""
        if "category" not in self.description.roles:
            return Population()
        wholes = self.description.wholes
        if not wholes:
            self.data.require("whole")
        there = {(key.category, key.segment) for key in self.measures}
        return Population(*next((whole for whole in wholes if whole in there), wholes[0]))

    def is_whole(self, population: Population) -> bool:
        """Whether a population is the whole one, as far as the description says."""
        return population == Population() or population in self.description.wholes

    @property
    def whole_categories(self) -> frozenset[str]:
        """The categories that have no group but everybody."""
        wholes, strata = self.description.wholes, self.data.strata
        return frozenset(name for name, whole in wholes if {*strata.get(name, ())} <= {whole})

    def is_by_age(self, population: Population) -> bool:
        """Whether a population is an age group."""
        return bool(self.description.age) and population.category == self.description.age["category"]

    @property
    def population(self) -> Population:
        """The population that `category` and `stratum` mean; without both the whole one."""
        category, stratum = self.inputs.get("category"), self.inputs.get("stratum")
        if stratum is not None:
            return Population(*self.data.stratum(category, stratum))
        if category is None or self.data.category(category) in self.whole_categories:
            return self.whole
        strata = listed(self.data.strata[self.data.category(category)])
        raise NeedsInput("stratum", f'the category {shown(category)} needs a "stratum": one of {strata}')

    def select(
        self,
        places: Sequence[str],
        populations: Sequence[Population],
        years: str | None = None,
        needs_value: bool = True,
    ) -> Selection:
        """Return the cells of some places and populations in the years that a text means.

        Raises BadYears, MissingRole, NoRows, AmbiguousCell, or Suppressed where no cell has a value.
        """
        if years is not None and not self.has_years:
            self.data.require("year")
        chosen = parse_years(LATEST if years is None else years)
        rows = self._rows(places, populations)
        there = {key.year for key in rows}
        valued = [key.year for key, cell in rows.items() if cell.value is not None]
        resolved = chosen.resolve(there, max(valued, default=None)) if rows else ()
        cells = {key: rows[key] for key in sorted(key for key in rows if key.year in resolved)}
        if not cells:
            raise self._no_rows(places, populations, (years or "") if chosen.asked else "", sorted(there))
        if needs_value or chosen.latest:
            check_any_value(rows if chosen.latest else cells)
        check_unambiguous(cells)
        return Selection(
            tuple(places),
            tuple(populations),
            cells,
            years=resolved,
            missing=chosen.missing(there),
            asked=resolved if chosen.latest else chosen.asked or self.years,
            older=chosen.latest and resolved[-1] < self.years[-1],
        )

    def _rows(self, places: Sequence[str], populations: Sequence[Population]) -> dict[CellKey, Measure]:
        """Return the cells of all years."""
        measures = self.measures
        if len(places) * len(self.years) * len(populations) > len(measures) / 4:
            # A look at every cell is quicker than a search for as many.
            wanted, groups = frozenset(places), frozenset(populations)
            return {key: cell for key, cell in measures.items() if key[0] in wanted and key[2:] in groups}
        keys = (
            CellKey(place, year, *each) for place in places for year in self.years for each in populations
        )
        return {key: measures[key] for key in keys if key in measures}

    def _no_rows(
        self, places: Sequence[str], populations: Sequence[Population], asked: str, years: Sequence[int]
    ) -> NoRows:
        """Return the error that names the years of a selection or, if it has none, the groups there are."""
        about = f"no published row for {places[0] if len(places) == 1 else 'these areas'}"
        if len(populations) == 1 and populations[0].category:
            about += f", {populations[0].category}: {populations[0].stratum}"
        about += asked and f" in {asked}"
        if years:
            return NoRows(f"{about}; there is {spans(years)}")
        found = {key.segment for key in self.measures if key.location in places and key.segment}
        return NoRows(f"{about}; there is {listed(sorted(found))}" if found else f"{about} in any year")

    def figures(self, selection: Selection) -> dict[CellKey, Figure]:
        """Return the figures of the cells with a value."""
        return {key: figure_of(self.unit, self.rule, key, cell) for key, cell in selection.published.items()}
