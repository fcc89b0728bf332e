// What there is to ask about: from the page, or where a key is needed from the service.
export class Catalogue {
  constructor(facts) {
    Object.assign(this, facts.catalogue)
    this.dataset = facts.dataset
    this.geometry = facts.geometry ?? null
    this.categories ??= []
    this.statistics = facts.statistics
    this.national ??= this.states.find((state) => state.abbreviation === 'US')?.name ?? 'National'
    this.whole ??= wholeOf(this.categories)
    this.abbreviations = new Map(this.states.map((state) => [state.name, state.abbreviation ?? state.name]))
  }

  get places() {
    return this.states.map((state) => state.name).filter((name) => name !== this.national)
  }

  question(name) {
    return this.questions.find((one) => one.id === name || one.question === name)
  }

  statistic(name) {
    return this.statistics.find((one) => one.name === name)
  }

  strata(category) {
    return byNumber(this.strataAsListed(category))
  }

  strataAsListed(category) {
    const found = this.categories.find((one) => one.name === category || one.aliases?.includes(category))
    return found ? found.strata.map((stratum) => stratum.name) : []
  }

  categoryOf(stratum) {
    return this.categories.find((one) => this.strata(one.name).includes(stratum))?.name
  }

  // The categories that divide the population.
  get divisions() {
    return this.categories.map((one) => one.name).filter((name) => this.strata(name).length > 1)
  }
}

// Bands of ages and incomes in the order of their numbers, what is below all of them first; others as they come.
function byNumber(names) {
  const numberOf = (name) => Number(name.replaceAll(',', '').match(/\d+/)?.[0] ?? Infinity) - /^(less|under|below|<)/i.test(name)
  const numbered = names.filter((name) => numberOf(name) < Infinity).length
  return 2 * numbered > names.length ? [...names].sort((a, b) => (numberOf(a) < numberOf(b) ? -1 : numberOf(a) > numberOf(b) ? 1 : 0)) : names
}

// The category of the whole population has one stratum.
function wholeOf(categories) {
  const single = categories.filter((one) => one.strata.length === 1)
  return single.length === 1 ? { category: single[0].name, stratum: single[0].strata[0].name } : null
}
