// What a state of the page asks for: the answer itself, and the published figures around it.
import { classOf, aboutZero, quintiles } from '../figures/classes.js'
import { figuresOf } from '../figures/areas.js'
import { labelOfMean } from '../figures/labels.js'
import { Problem } from './api.js'
import { DEFAULTS, inputsOf, missing } from './state.js'

export const MOST_RANKED = 400
const MOST_CELLS = 5000
// They take a category whose groups they show; the others need one group.
const OF_ALL_GROUPS = ['cells', 'disparity']
const NAMED = { state: 'an area', category: 'a category, such as Income', question: 'a question' }

export class Questions {
  constructor(catalogue, service, known) {
    Object.assign(this, { catalogue, service })
    this.answers = new Map()
    if (known?.document) this.answers.set(keyOf(known.statistic, known.inputs), Promise.resolve(known))
  }

  // Return a state with what it leaves open: the first question, the first group of a category.
  completed(state) {
    const { catalogue } = this
    const first = catalogue.questions[0]
    const question = state.question ?? first?.id ?? first?.question
    const statistic = catalogue.statistic(state.statistic) ? state.statistic : DEFAULTS.statistic
    const strata = catalogue.strataAsListed(state.category)
    const needed = !OF_ALL_GROUPS.includes(statistic) && !catalogue.statistic(statistic).is_mean
    const stratum = state.stratum ?? (needed && strata.length > 1 ? strata[0] : undefined)
    return { ...state, question, statistic, stratum }
  }

  async ask(state, options) {
    const { catalogue } = this
    const areas = catalogue.places.length
    const ranked = !(state.statistic === 'ranking' && areas > MOST_RANKED)
    const statistic = catalogue.statistic(ranked ? state.statistic : 'cells')
    const without = missing(state, statistic)
    if (without.length) throw new Problem(0, `${statistic.title} needs ${without.map((name) => NAMED[name] ?? name).join(' and ')}: choose it above.`)
    const inputs = ranked ? inputsOf(state, statistic) : this.population(state, state.years ?? 'latest')
    const [answer, context] = await Promise.all([
      this.answer(statistic.name, inputs, options),
      this.published(state, { ...options, report: () => {} }),
    ])
    const figures = figuresOf(answer, context, catalogue, state)
    figures.scale = scaleOf(figures, context, catalogue)
    return { state, answer, context, figures, title: titleOf(answer, statistic), isRanked: ranked, areas, options }
  }

  // The published figures of the population over the years; none where the data cannot give them.
  async published(state, options) {
    const { years = [] } = this.catalogue.question(state.question) ?? {}
    const few = this.catalogue.states.length * Math.max(1, years.length) <= MOST_CELLS
    const span = years.length ? (few ? 'all' : state.years ?? 'latest') : undefined
    if (!this.hasPopulation(state)) return []
    try {
      return (await this.answer('cells', this.population(state, span), options)).document.rows
    } catch (error) {
      if (error instanceof Problem && error.status < 500) return []
      throw error
    }
  }

  // Without a whole population each group is one of its own, and has to be chosen.
  hasPopulation({ category, stratum }) {
    return Boolean(category || stratum || this.catalogue.whole || !this.catalogue.categories.length)
  }

  population({ question, category, stratum }, years) {
    const whole = this.catalogue.whole ?? {}
    const strata = this.catalogue.strataAsListed(category)
    const group = category || stratum ? { category, stratum: stratum ?? strata[0] } : whole
    return Object.fromEntries(Object.entries({ question, years, ...group }).filter(([, value]) => value))
  }

  // The cells of all groups of a category, for one year.
  async groups(state, category, year, options) {
    const inputs = { question: state.question, category, ...(year ? { years: String(year) } : {}) }
    return (await this.answer('cells', inputs, options)).document.rows
  }

  answer(statistic, inputs, options) {
    const key = keyOf(statistic, inputs)
    if (!this.answers.has(key)) {
      const asked = this.service.ask(statistic, inputs, options)
      this.answers.set(key, asked)
      const forget = () => this.answers.get(key) === asked && this.answers.delete(key)
      options.signal?.addEventListener('abort', forget)
      asked.then(() => options.signal?.removeEventListener('abort', forget), forget)
    }
    return this.answers.get(key)
  }
}

const keyOf = (statistic, inputs) => JSON.stringify([statistic, Object.entries(inputs).sort()])

const titleOf = ({ document, inputs }, statistic) => document.statement ?? `${statistic.title}. ${labelOfMean(statistic.name, inputs)}`

// One legend holds for every year: its classes are of all years, without the nation.
function scaleOf(figures, context, catalogue) {
  const own = figures.rows.filter((row) => row.status === 'value').map((row) => row.value)
  const published = context.filter((row) => !row.suppressed && row.state !== catalogue.national).map((row) => row.value)
  const values = figures.measure === 'value' && published.length ? published : own
  const scale = figures.diverging ? aboutZero(own) : quintiles(values)
  return { ...scale, of: (value) => classOf(value, scale) }
}
